"""Every screen of ours, with some weeks of history behind it: pictures of it, and no barrier in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import time_machine
from playwright.sync_api import Browser, Frame, expect

from plugin.checkpoints import service as checkpoints
from tests.browser import hands
from tests.browser.jira import ADMINISTRATION, POST_MORTEM, SATISFACTION, SETTINGS, framed
from tests.browser.screens import NARROWEST, leave_pictures, look_at, require_narrow, settle
from tests.browser.windows import Windows, clean_windows
from tests.databases import fresh_database
from tests.devhost import demo_story
from tests.devhost.demo_cast import GRETA, HANNES
from tests.flow.cast import move, survey_link
from tests.running import Rapport, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, edge: str) -> Iterator[Rapport]:
    """Rapport after the weeks of the demo."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database("sqlite", tmp_path_factory.mktemp("lived")))
        with time_machine.travel(demo_story.beginning()) as traveller:
            rapport = stack.enter_context(running(url, edge=edge))
            demo_story.tell(rapport, traveller)
        yield rapport


@pytest.fixture
def windows(browser: Browser, lived: Rapport) -> Iterator[Windows]:
    with clean_windows(browser, lived.site) as windows:
        yield windows


def press(frame: Frame, name: str, then: str) -> None:
    """Press the button of that name and wait for the screen with that heading."""
    frame.get_by_role("button", name=name, exact=True).first.click()
    expect(frame.get_by_role("heading", name=then, exact=True)).to_be_visible()


def test_checkpoints(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    look_at(page, "checkpoints", frame)
    press(frame, "Add checkpoint", "New checkpoint")
    frame.locator("summary", has_text="Comments on the issue").click()
    look_at(page, "checkpoint-new", frame)
    press(frame, "Checkpoints", "Checkpoints")
    frame.get_by_role("button", name="Pause").first.click()
    expect(frame.get_by_text("The checkpoint is paused. Nobody is asked.")).to_be_visible()
    look_at(page, "checkpoints-paused", frame)
    frame.get_by_role("button", name="Switch on").click()
    expect(frame.get_by_text("The checkpoint asks again.")).to_be_visible()


def test_surveys(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Surveys", "Surveys")
    look_at(page, "surveys", frame)
    press(frame, "Make Delivery your own", "New survey")
    expect(frame.get_by_text("Whole in seven languages, in plain words, 4 items at most.")).to_be_visible()
    frame.get_by_role("textbox", name="English").first.fill("How was the sprint for you?")
    frame.get_by_role("textbox", name="English").first.press("Tab")
    expect(frame.get_by_text("the last two weeks")).to_be_visible()
    look_at(page, "survey-new", frame)
    frame.get_by_label("Name").fill("After each visit")
    frame.locator("summary", has_text="A question of our own").press("Enter")
    frame.get_by_label("Question of our own").select_option("Likelihood, 0 to 10")
    frame.get_by_label("When it is asked").select_option("Always")
    frame.get_by_role("button", name="Save survey").click()
    expect(frame.locator("#reason-error")).to_contain_text("at most 4 are good")
    windows.expect_answer_in_frame(422)
    look_at(page, "survey-mend", frame)
    frame.get_by_label("When it is asked").select_option("In turn")
    frame.get_by_role("textbox", name="English").nth(1).fill("How likely are you to have us again?")
    frame.get_by_role("button", name="Save survey").click()
    expect(frame.get_by_text("After each visit was saved.")).to_be_visible()
    look_at(page, "surveys-own", frame)
    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Preview After each visit in a new tab").click()
    preview = opened.value
    preview.locator("summary").click()
    preview.get_by_role("link", name="العربية").click()
    preview.wait_for_load_state("networkidle")
    look_at(preview, "survey-preview")
    preview.close()
    press(frame, "Edit After each visit", "Edit survey")
    frame.get_by_role("textbox", name="English").first.fill("How was our visit for you?")
    frame.get_by_label("Name").press("Tab")
    expect(frame.get_by_text("A new series begins")).to_be_visible()
    frame.get_by_role("button", name="Save survey").click()
    expect(frame.get_by_text("A new series of numbers begins.")).to_be_visible()
    press(frame, "Edit After each visit", "Edit survey")
    look_at(page, "survey-versions", frame)


def test_customers(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Customers", "Customers")
    look_at(page, "customers", frame)
    press(frame, "Add contact", "New contact of Ateliers Fictifs")
    look_at(page, "contact-new", frame)


def test_what_has_to_be_mended_is_said_beside_the_field(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Customers", "Customers")
    press(frame, "Add contact", "New contact of Ateliers Fictifs")
    frame.get_by_label("E-mail").fill("camille at ateliers")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    look_at(page, "contact-mend", frame)
    windows.expect_answer_in_frame(422)


def test_the_log(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Log", "Log")
    look_at(page, "log", frame)


@pytest.mark.parametrize(
    ("name", "key", "who"),
    [
        ("answered", "DEMO-9", "Pia Lead"),
        ("low", "DEMO-6", "Pia Lead"),
        ("silent", "DEMO-10", "Pia Lead"),
        ("asked", "DEMO-12", "Pia Lead"),
        ("skipped", "DEMO-8", "Pia Lead"),
        ("not-asked", "DEMO-4", "Pia Lead"),
    ],
)
def test_the_panel_of_an_issue(windows: Windows, name: str, key: str, who: str) -> None:
    page = windows.open(who)
    frame = framed(page, f"/browse/{key}")
    expect(frame.locator(".lozenge").first).to_contain_text(name.replace("-", " "), ignore_case=True)
    look_at(page, f"panel-{name}", frame)


def test_what_a_customer_said_is_recorded_in_the_panel(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, "/browse/DEMO-9")
    frame.get_by_text("Record what a customer said").click()
    frame.get_by_role("button", name="Record it").click()
    expect(frame.get_by_text("Enter what was said, or choose a score.")).to_be_visible()
    windows.expect_answer_in_frame(422)
    frame.get_by_label("What was said").fill("The new form saves her an hour a week.")
    frame.get_by_label("Score, if one was named").select_option("5 Very satisfied")
    look_at(page, "panel-record", frame)
    frame.get_by_role("button", name="Record it").click()
    expect(frame.get_by_text("It stays apart from the numbers of surveys.")).to_be_visible()
    look_at(page, "panel-recorded", frame)
    frame.get_by_role("button", name="Remove what").click()
    frame.get_by_role("button", name="Undo").click()
    expect(frame.get_by_text("It is back.")).to_be_visible()
    frame.get_by_role("button", name="Remove what").click()
    expect(frame.get_by_text("It was taken out.")).to_be_visible()


def test_service_desk_ratings(windows: Windows) -> None:
    page = windows.open("Olga Ops")
    frame = framed(page, SETTINGS.format("OPS"))
    expect(frame.get_by_role("button", name="Give scores to requests")).to_be_visible()
    look_at(page, "checkpoints-of-service-desk", frame)
    frame = framed(page, SATISFACTION.format("OPS"))
    expect(frame.get_by_role("heading", name="Service desk rating", exact=True)).to_be_visible()
    look_at(page, "satisfaction-of-service-desk", frame)
    frame = framed(page, "/browse/OPS-3")
    expect(frame.get_by_text("Service desk rating: 3/5")).to_be_visible()
    look_at(page, "panel-of-service-desk", frame)


def test_the_panel_for_a_team_member(windows: Windows) -> None:
    page = windows.open("Tom Team")
    look_at(page, "panel-team-member", framed(page, "/browse/DEMO-9"))


def test_the_post_mortem(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    look_at(page, "post-mortem", framed(page, POST_MORTEM.format("DEMO")))


def test_satisfaction(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SATISFACTION.format("DEMO"))
    look_at(page, "satisfaction", frame)
    frame.get_by_label("How satisfied do you think the customer is?").select_option("5")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_text("Your estimate was taken down.")).to_be_visible()
    frame.get_by_text("The numbers as a table").click()
    frame.get_by_text("How it is made").first.click()
    look_at(page, "satisfaction-open", frame)


def test_a_gadget_on_a_dashboard(windows: Windows) -> None:
    page = windows.open("Ada Admin")
    frame = framed(page, "/dashboard")
    frame.get_by_label("Project").select_option("Demo")
    look_at(page, "gadget-choose", frame)
    frame.get_by_role("button", name="Show", exact=True).click()
    expect(frame.get_by_text("CSAT of the last 90 days")).to_be_visible()
    look_at(page, "gadget", frame)
    lead = framed(windows.open("Pia Lead"), "/dashboard")
    expect(lead.get_by_text("CSAT of the last 90 days")).to_be_visible()
    windows.expect_answer(404)  # nobody had chosen a project yet
    windows.expect_complaint_in_frame("Failed promise")  # which the host library says once more


def test_the_administration(windows: Windows, lived: Rapport) -> None:
    page = windows.open("Ada Admin")
    frame = framed(page, ADMINISTRATION)
    look_at(page, "administration", frame)
    move(lived, "DEMO-1", "In Progress")
    lived.site.faults.jira_status = 403
    move(lived, "DEMO-1", "Done")
    with lived.ports.database.transaction(lived.tenant_id()) as tx:
        checkpoints.watch_soon(tx, lived.clock())
    lived.settle()
    lived.site.faults.jira_status = None
    frame.get_by_role("button", name="Refresh").click()
    expect(frame.get_by_role("button", name="Run again").first).to_be_visible()
    look_at(page, "administration-given-up", frame)
    frame.get_by_role("button", name="Run again").first.click()
    expect(frame.get_by_text("It runs again.")).to_be_visible()


def test_the_survey(windows: Windows, lived: Rapport) -> None:
    move(lived, "DEMO-7", "In review")
    lived.settle()
    mail = lived.mails_to(GRETA)[-1]
    page = windows.open("Greta Probe")
    page.set_content(mail.html)
    leave_pictures(page, "mail")
    page.goto(survey_link(mail, 4))
    look_at(page, "survey")
    page.get_by_role("textbox").fill("Sieht gut aus.")
    hands.press(page.get_by_role("button"))
    expect(page.locator(".done")).to_be_visible()
    look_at(page, "survey-thanks")


def test_a_survey_that_is_over(windows: Windows, lived: Rapport) -> None:
    page = windows.open("Hannes Muster")
    page.goto(survey_link(lived.mails_to(HANNES)[0]))
    look_at(page, "survey-over")
    windows.expect_answer(410)


def test_the_long_words_of_other_languages_fit(windows: Windows, lived: Rapport) -> None:
    lead = lived.site.user_named("Pia Lead")
    page = windows.open("Pia Lead", phone=True)
    try:
        for lead.locale, place in (("de_DE", SETTINGS), ("fr_FR", POST_MORTEM), ("de_DE", SATISFACTION)):
            frame = framed(page, place.format("DEMO"))
            page.set_viewport_size(NARROWEST)
            for number in range(frame.locator(".tabs button").count()):
                frame.locator(".tabs button").nth(number).click()
                expect(frame.locator(".tabs button").nth(number)).to_have_attribute("aria-current", "page")
                settle(frame)
                require_narrow(frame, f"{place}, {number}")
            require_narrow(frame, place)
    finally:
        lead.locale = "en_US"
