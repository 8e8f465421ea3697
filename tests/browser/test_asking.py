"""How people are asked, in a real browser: a storm is held and released, the log says why, and a customer leaves and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import hands
from tests.browser.jira import ADMINISTRATION, SETTINGS, framed
from tests.browser.screens import look_at
from tests.browser.windows import Windows, clean_windows
from tests.databases import fresh_database
from tests.flow.cast import add_checkpoint, add_contact, add_customer, move
from tests.running import Rapport, running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-surveys")]

PEOPLE = ("Greta Probe", "Hannes Muster", "Ines Beispiel", "Jan Vorlage")


@pytest.fixture
def rapport(tmp_path: Path, edge: str) -> Iterator[Rapport]:
    """Four people were to be asked about DEMO-7; the site lets one checkpoint ask two in an hour."""
    with fresh_database("sqlite", tmp_path) as url, running(url, edge=edge) as rapport:
        rapport.ask_at_any_hour(storm_cap=2)
        add_checkpoint(rapport, "In review", name="Shown to the customer", reminders=0)
        customer = add_customer(rapport, "Nordlicht")
        for name in PEOPLE:
            add_contact(rapport, customer, name, address(name))
        move(rapport, "DEMO-7", "In review")
        rapport.settle()
        yield rapport


@pytest.fixture
def windows(browser: Browser, rapport: Rapport) -> Iterator[Windows]:
    with clean_windows(browser, rapport.site) as windows:
        yield windows


def address(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@nordlicht.example"


def test_a_storm_is_held_discarded_by_mistake_and_released(windows: Windows, rapport: Rapport) -> None:
    assert len(rapport.jira.mailbox.messages) == 2
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    expect(frame.get_by_text("2 asks wait for your decision.")).to_be_visible()
    look_at(page, "checkpoints-held", frame)
    frame.get_by_role("button", name="Discard the asks of Shown to the customer").click()
    expect(frame.get_by_text("2 asks were discarded.")).to_be_visible()
    frame.get_by_role("button", name="Undo").click()
    expect(frame.get_by_text("They are held again.")).to_be_visible()
    frame.get_by_role("button", name="Log").click()
    expect(frame.get_by_text("Jan Vorlage was not asked yet: too many asks came at once")).to_be_visible()
    expect(frame.get_by_text("DEMO-7 → In review")).to_be_visible()
    look_at(page, "log-held", frame)
    frame.get_by_role("button", name="Checkpoints").click()
    frame.get_by_role("button", name="Release the asks of Shown to the customer").click()
    expect(frame.get_by_text("Released. Each ask is looked at once more")).to_be_visible()
    rapport.settle()
    asked = [mail.recipients for mail in rapport.jira.mailbox.messages]
    assert sorted(asked) == sorted((address(name),) for name in PEOPLE)
    frame.get_by_role("button", name="Customers").click()
    frame.get_by_role("button", name="Asks of Greta Probe").click()
    expect(frame.get_by_text("Greta Probe was asked on")).to_be_visible()
    look_at(page, "contact-asks", frame)
    ask_on_the_issue(windows, rapport)


def ask_on_the_issue(windows: Windows, rapport: Rapport) -> None:
    """Whoever shows no address finds the survey in a comment, answers low, and the team reads of it where customers do not."""
    customer = add_customer(rapport, "Südwind")
    add_contact(rapport, customer, "Ona Ohneadresse", "")
    add_checkpoint(rapport, "Done", by_comment="y", low_comment="y", name="Told on the issue", reminders=0)
    issue = f"/issues/{rapport.site.issue('DEMO-8').id}"
    assert rapport.call("POST", f"{issue}/customer", "Tom Team", customer_id=customer).ok
    move(rapport, "DEMO-8", "Done")
    rapport.settle()
    page = windows.open("Pia Lead")
    page.goto("/browse/DEMO-8")
    page.get_by_role("link", name="1 Very dissatisfied").click()
    hands.press(page.get_by_role("button", name="Send answer"))
    expect(page.get_by_role("heading", name="Thank you, your answer has arrived")).to_be_visible()
    rapport.settle()
    page.goto("/browse/DEMO-8")
    expect(page.get_by_text("Internal note")).to_be_visible()
    expect(
        page.get_by_text("A customer answered 1 of 5 about this issue, at the checkpoint “Told on the issue”.")
    ).to_be_visible()


def test_a_customer_leaves_surveys_and_comes_back_and_the_team_sees_it(windows: Windows, rapport: Rapport) -> None:
    (mail,) = rapport.mails_to(address("Greta Probe"))
    link = next(link for link in mail.links if link.endswith("/unsubscribe"))
    public = windows.open("a customer", phone=True)
    public.goto(link)
    expect(public.get_by_role("heading", name="Do you want no more surveys?")).to_be_visible()
    look_at(public, "consent-leave")
    public.get_by_role("button", name="No more surveys, please").click()
    expect(public.get_by_role("heading", name="You will get no more surveys")).to_be_visible()
    look_at(public, "consent-left")
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    frame.get_by_role("button", name="Customers").click()
    expect(frame.get_by_text("Said so on the page behind a survey mail.")).to_be_visible()
    look_at(page, "customers-left", frame)
    public.get_by_role("button", name="Send me surveys again").click()
    expect(public.get_by_role("heading", name="Do you want no more surveys?")).to_be_visible()
    frame.get_by_role("button", name="Customers").click()
    expect(frame.get_by_text("Said so on the page behind a survey mail.")).to_have_count(0)


def test_how_the_site_asks_is_set_in_jiras_settings(windows: Windows) -> None:
    page = windows.open("Ada Admin")
    frame = framed(page, ADMINISTRATION)
    frame.get_by_role("button", name="Asking").click()
    frame.get_by_label("Most asks in 90 days").fill("0")
    frame.get_by_role("button", name="Save").click()
    expect(frame.locator("#asks_per_quarter-error")).to_be_visible()
    windows.expect_answer_in_frame(422)
    look_at(page, "asking-mend", frame)
    frame.get_by_label("Most asks in 90 days").fill("3")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_text("Saved. It holds from the next ask on.")).to_be_visible()
