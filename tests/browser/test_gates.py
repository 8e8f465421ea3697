"""A gate, from the workflow editor to the transition that it holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.jira import ADMINISTRATION, app_frame, framed
from tests.browser.screens import look_at
from tests.browser.windows import Windows, clean_windows
from tests.devhost.demo_cast import GRETA
from tests.flow import cast
from tests.running import Rapport

pytestmark = pytest.mark.browser
TEXT = "Nobody has asked the customer about this yet."


@pytest.fixture
def windows(browser: Browser, framed: Rapport) -> Iterator[Windows]:
    with clean_windows(browser, framed.site) as windows:
        yield windows


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_gate_holds_a_transition_until_the_customer_answers(framed: Rapport, windows: Windows) -> None:
    rapport = framed
    cast.add_checkpoint(rapport, "In review")
    cast.add_contact(rapport, cast.add_customer(rapport, "Nordlicht Handels GmbH"), "Greta Probe", GRETA)
    put_gate(windows.open("Ada Admin"))
    team = windows.open("Tom Team")
    move(team, "In review")
    expect(team.get_by_text("DEMO-7 is now In review.")).to_be_visible()
    rapport.settle()
    move(team, "Done")
    expect(team.get_by_text(TEXT)).to_be_visible()

    cast.answer(cast.survey_link(rapport.mails_to(GRETA)[-1]), 4)
    rapport.settle()
    move(team, "Done")
    expect(team.get_by_text("DEMO-7 is now Done.")).to_be_visible()


def put_gate(page: Page) -> None:
    """The Jira admin: in the workflow of the project, on the way to Done, and sees it listed afterwards."""
    page.goto("/projects/DEMO/workflow")
    done = page.get_by_role("region", name="Done")
    done.get_by_label("Rule").select_option("satisfaction-validator")
    done.get_by_role("button", name="Add rule").click()
    frame = app_frame(page)
    frame.get_by_label("What must be true").select_option("3")
    frame.get_by_label("What people read when the transition is refused").fill(TEXT)
    look_at(page, "gate-edit", frame)
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_text("The rule was saved.")).to_be_visible()
    frame = app_frame(page)
    expect(frame.get_by_text("The customer’s score is at least 3 of 5")).to_be_visible()
    look_at(page, "gate-view", frame)
    frame = framed(page, ADMINISTRATION)
    expect(frame.get_by_role("cell", name="Done")).to_be_visible()
    look_at(page, "gates-in-use", frame)


def move(page: Page, status: str) -> None:
    page.goto("/boards/DEMO")
    page.get_by_label("Move DEMO-7 to").select_option(status)
