"""Setting up in under ten minutes: read the history, look over the suggestions, try them, switch them on; then it asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, expect

from tests.browser.conftest import working
from tests.browser.jira import SETTINGS, framed
from tests.browser.screens import look_at, settle
from tests.browser.windows import Windows, clean_windows
from tests.databases import fresh_database
from tests.flow.cast import add_contact, add_customer, move
from tests.running import Rapport, running

pytestmark = pytest.mark.browser
GRETA = "greta@nordlicht.example"


@pytest.fixture
def rapport(tmp_path: Path, edge: str) -> Iterator[Rapport]:
    """Installed, and at work; nothing is set up."""
    with fresh_database("sqlite", tmp_path) as url, running(url, edge=edge) as rapport:
        yield rapport


@pytest.fixture
def windows(browser: Browser, rapport: Rapport) -> Iterator[Windows]:
    with clean_windows(browser, rapport.site) as windows:
        yield windows


def press(frame: Frame, name: str) -> None:
    """Once the screen stands still: htmx knows new buttons, and Jira gives the frame its height, a moment later."""
    settle(frame)
    expect(frame.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
    frame.get_by_role("button", name=name, exact=True).first.click()


def test_from_suggestions_to_the_first_ask(rapport: Rapport, windows: Windows) -> None:
    add_contact(rapport, add_customer(rapport, "Nordlicht Handels GmbH"), "Greta Probe", GRETA, role="sponsor")
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    look_at(page, "set-up-none", frame)
    press(frame, "Suggest checkpoints")
    expect(frame.get_by_role("heading", name="Suggested checkpoints")).to_be_visible()
    look_at(page, "set-up-begin", frame)
    with working(rapport):
        press(frame, "Read the last 90 days")
        expect(frame.get_by_text("Read on")).to_be_visible()
    look_at(page, "set-up-suggestions", frame)

    press(frame, "Edit In review")
    expect(frame.get_by_role("heading", name="Edit checkpoint")).to_be_visible()
    frame.get_by_label("Name").fill("Shown to the customer")
    frame.get_by_label("Story", exact=True).check()
    press(frame, "Try it on the last 90 days")
    expect(frame.get_by_role("heading", name="If it had been on since")).to_be_visible()
    frame.locator(".person summary").first.click()
    look_at(page, "set-up-edit", frame)
    press(frame, "Save checkpoint")
    expect(frame.get_by_text("The suggestion was saved.")).to_be_visible()

    press(frame, "Leave out In between")
    expect(frame.get_by_text("“In between” is left out.")).to_be_visible()
    press(frame, "Who would have been asked?")
    expect(frame.get_by_text("Greta Probe").first).to_be_visible()
    frame.locator(".person summary").first.click()
    look_at(page, "set-up-trial", frame)

    press(frame, "Switch on 3 checkpoints")
    expect(frame.get_by_text("3 checkpoints are on.")).to_be_visible()
    look_at(page, "set-up-done", frame)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1


def test_reading_can_be_stopped_and_goes_on_and_says_when_jira_is_away(rapport: Rapport, windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Suggest checkpoints")
    press(frame, "Read the last 90 days")
    expect(frame.get_by_text("Asking Jira how much there is …")).to_be_visible()
    look_at(page, "set-up-reading", frame)
    rapport.site.faults.jira_status, rapport.site.faults.jira_path = 503, "/search"
    rapport.settle()
    expect(frame.get_by_text("Jira cannot be reached or is busy. Nothing is lost")).to_be_visible()
    look_at(page, "set-up-jira-away", frame)
    press(frame, "Stop")
    expect(frame.get_by_text("You stopped the reading")).to_be_visible()
    look_at(page, "set-up-stopped", frame)
    rapport.site.faults.jira_status = None
    press(frame, "Go on")
    expect(frame.get_by_role("button", name="Stop")).to_be_visible()
    rapport.clock.advance(minutes=1)
    rapport.settle()
    expect(frame.get_by_text("Read on")).to_be_visible()


def test_a_checkpoint_of_ones_own_loses_nothing_on_the_way(rapport: Rapport, windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Add checkpoint")
    expect(frame.get_by_label("When an issue goes to")).to_have_value("")
    frame.get_by_label("Name").fill("Kept all the way")
    press(frame, "Save checkpoint")
    expect(frame.get_by_text("Choose a status.")).to_be_visible()
    frame.get_by_label("When an issue goes to").select_option("Done")
    frame.get_by_text("Only in certain cases").click()
    condition = frame.get_by_label("Only issues that meet this JQL")
    condition.fill("colour = red")
    press(frame, "Save checkpoint")
    expect(frame.get_by_text("Jira says: Field 'colour' does not exist")).to_be_visible()
    expect(condition).to_have_value("colour = red")
    look_at(page, "checkpoint-condition", frame)
    windows.expect_answer_in_frame(422)

    condition.fill("")
    press(frame, "Try it on the last 90 days")
    expect(frame.get_by_text("The last 90 days are not read yet")).to_be_visible()
    look_at(page, "trial-unread", frame)
    with working(rapport):
        press(frame, "Read the last 90 days")
        expect(frame.get_by_text("Now you can try it.")).to_be_visible()
    press(frame, "Try it on the last 90 days")
    expect(frame.get_by_text("times the project had no customer")).to_be_visible()
    expect(frame.get_by_label("Name")).to_have_value("Kept all the way")
    look_at(page, "trial-nobody", frame)
    press(frame, "Save checkpoint")
    expect(frame.get_by_text("The checkpoint is on.")).to_be_visible()
    press(frame, "Remove Kept all the way")
    press(frame, "Undo")
    expect(frame.get_by_text("The checkpoint is back.")).to_be_visible()

    press(frame, "At the project’s start")
    expect(frame.get_by_role("heading", name="New checkpoint by the calendar")).to_be_visible()
    look_at(page, "calendar-new", frame)
    press(frame, "Save checkpoint")
    expect(frame.get_by_text("It asks on its first day.")).to_be_visible()
