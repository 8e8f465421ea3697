"""An issue moves, a customer answers, Jira shows it: clicked through by everybody who takes part."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Frame, Locator, Page, expect

from tests.browser.jira import POST_MORTEM, app_frame, framed
from tests.browser.screens import FOLDER, leave_pictures, look_at
from tests.browser.windows import Windows, clean_windows
from tests.running import Clock, Rapport

pytestmark = pytest.mark.browser

QUESTION = "How satisfied are you with this delivery?"
COMMENT = "Sieht gut aus. Der Sendungsverlauf ist klar."
TRIES = 20


@pytest.fixture
def windows(browser: Browser, uninstalled: Rapport) -> Iterator[Windows]:
    with clean_windows(browser, uninstalled.site) as windows:
        yield windows


def test_an_issue_moves_a_customer_answers_and_jira_shows_it(uninstalled: Rapport, windows: Windows) -> None:
    install(windows.open("Ada Admin"), uninstalled)
    lead = windows.open("Pia Lead")
    set_up(lead)
    move_the_issue(windows.open("Tom Team"))
    uninstalled.jira.mailbox.wait_for("greta@nordlicht.example")
    answer(windows.open("Greta Probe", script=False, phone=True), uninstalled.clock)
    see_the_issue(lead)
    find_the_issue(lead)
    look_back(lead)


def install(page: Page, rapport: Rapport) -> None:
    """The Jira admin: from the descriptor's address, or as an app that was deployed and shared by link."""
    if rapport.edge == "forge":
        rapport.install()
        page.goto("/admin/apps")
    else:
        page.goto("/admin/apps")
        page.get_by_label("App descriptor URL").fill(f"{rapport.settings.base_url}/atlassian-connect.json")
        page.get_by_role("button", name="Install").click()
        expect(page.get_by_text("The app was installed.")).to_be_visible()
    leave_pictures(page, "story-manage-apps")
    page.get_by_role("link", name="Open Rapport settings").click()
    frame = app_frame(page)
    look_at(page, "story-administration", frame)
    frame.get_by_role("button", name="Asking").click()
    frame.get_by_label("Mail leaves from (hour)").fill("0")  # stories are told at night too
    frame.get_by_label("until (hour)").fill("24")
    frame.get_by_label("On working days only").uncheck()
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_text("Saved. It holds from the next ask on.")).to_be_visible()


def set_up(page: Page) -> None:
    """The project admin: a checkpoint, a customer, a German contact."""
    page.goto("/boards/DEMO")
    page.get_by_role("link", name="Project settings").click()
    page.get_by_role("link", name="Rapport", exact=True).click()
    frame = app_frame(page)
    look_at(page, "story-checkpoints-none", frame)
    add_checkpoint(frame)
    look_at(page, "story-checkpoint", frame)
    frame.get_by_role("button", name="Add a customer").click()
    frame.get_by_label("Customer", exact=True).fill("Nordlicht Handels GmbH")
    frame.get_by_role("button", name="Add customer").click()
    frame.get_by_role("button", name="Add contact").click()
    add_contact(frame)
    look_at(page, "story-customers", frame)


def add_checkpoint(frame: Frame) -> None:
    frame.get_by_role("button", name="Add checkpoint").click()
    frame.get_by_label("Story").check()
    frame.get_by_label("When an issue goes to").select_option("In review")
    frame.get_by_label("Ask its customer").select_option(QUESTION)
    frame.get_by_label("Name").fill("Story → In review")
    frame.get_by_role("button", name="Save checkpoint").click()
    expect(frame.get_by_text("The checkpoint is on.")).to_be_visible()


def add_contact(frame: Frame) -> None:
    expect(frame.get_by_role("heading", name="New contact of Nordlicht Handels GmbH")).to_be_visible()
    frame.get_by_label("Name").fill("Greta Probe")
    frame.get_by_label("E-mail").fill("greta@nordlicht.example")
    frame.get_by_label("Language").select_option("Deutsch")
    frame.get_by_label("Time zone").fill("Europe/Berlin")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_text("Greta Probe was added.")).to_be_visible()


def move_the_issue(page: Page) -> None:
    """The team member: on the board, as always."""
    page.goto("/boards/DEMO")
    page.get_by_label("Move DEMO-7 to").select_option("In review")
    expect(page.get_by_text("DEMO-7 is now In review.")).to_be_visible()
    leave_pictures(page, "story-board")


def answer(page: Page, clock: Clock) -> None:
    """The customer, on a phone that runs no script: mail, tap on 4, a comment, send, and one more step."""
    page.goto("/mailbox")
    page.locator(".mail-list a").first.click()
    with page.expect_popup() as opened:  # by key: a press into a mail that is still being laid out may go astray
        page.frame_locator(".mail-frame").get_by_role("link", name="4").press("Enter")
    survey = opened.value
    expect(survey.get_by_role("heading", name="Wie zufrieden sind Sie mit dieser Lieferung?")).to_be_visible()
    expect(survey.get_by_role("radio", name="4")).to_be_checked()
    survey.get_by_role("textbox").fill(COMMENT)
    survey.screenshot(path=FOLDER / "story-survey-light-phone.png", full_page=True)
    survey.get_by_role("button", name="Antwort senden").click()
    survey.get_by_role("checkbox", name="Ich bin ein Mensch").check()
    clock.advance(seconds=3)  # as long as people take, at the least
    survey.get_by_role("button", name="Antwort senden").click()
    expect(survey.get_by_role("heading", name="Vielen Dank, Ihre Antwort ist angekommen")).to_be_visible()


def see_the_issue(page: Page) -> None:
    """Fields and panel, for the project admin."""
    page.goto("/browse/DEMO-7")
    details = page.get_by_role("region", name="Details")
    reload_until(page, details.get_by_text("answered", exact=True))
    expect(details.locator("dt", has_text="Satisfaction score").locator("+ dd")).to_have_text("4")
    expect(details.get_by_text("Nordlicht Handels GmbH")).to_be_visible()
    frame = app_frame(page)
    expect(frame.locator(".score")).to_contain_text("4/5")
    expect(frame.locator(".lozenge").first).to_have_text("Answered")
    expect(frame.get_by_text(COMMENT)).to_be_visible()
    look_at(page, "story-panel", frame)


def reload_until(page: Page, wanted: Locator) -> None:
    """As people do: what the worker writes to Jira appears a moment later."""
    for _ in range(TRIES):
        if wanted.is_visible():
            return
        page.reload()
    raise AssertionError(f"after {TRIES} looks there still is no {wanted}")


def find_the_issue(page: Page) -> None:
    """By the field, in JQL."""
    page.goto("/issues")
    page.get_by_label("Query (JQL)").fill('"Satisfaction score" >= 4')
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 issue", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="DEMO-7")).to_be_visible()
    leave_pictures(page, "story-search")


def look_back(page: Page) -> None:
    """The post-mortem of the project."""
    frame = framed(page, POST_MORTEM.format("DEMO"))
    for name, number in (("Asked", "1"), ("Answered", "1"), ("Silent", "0")):
        tile = frame.locator(".tile", has=frame.get_by_text(name, exact=True))
        expect(tile.locator("dd").first).to_have_text(number)
    expect(frame.get_by_text("100%").first).to_be_visible()
    expect(frame.get_by_text("n = 1 · 95% interval 21% to 100%").first).to_be_visible()
    timeline = frame.get_by_role("region", name="Checkpoints over time")
    expect(timeline.get_by_role("heading", name="Story → In review")).to_be_visible()
    expect(frame.get_by_text(COMMENT)).to_be_visible()
    look_at(page, "story-post-mortem", frame)
