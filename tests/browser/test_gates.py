"""Rules of a workflow, from its editor to the transition: one asks the customer, another holds until there is an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.jira import ADMINISTRATION, app_frame, framed
from tests.browser.screens import look_at, settle
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
def test_a_rule_asks_and_a_gate_holds_the_next_transition_until_the_customer_answers(
    framed: Rapport, windows: Windows
) -> None:
    rapport = framed
    cast.add_contact(
        rapport,
        cast.add_customer(rapport, "Nordlicht Handels GmbH"),
        "Greta Probe",
        GRETA,
        account_id=rapport.account("Pia Lead"),
    )
    admin = windows.open("Ada Admin")
    put_ask(admin)
    put_gate(admin)
    team = windows.open("Tom Team")
    see_who_would_be_asked(team)
    move(team, "In review")
    expect(team.get_by_text("DEMO-7 is now In review.")).to_be_visible()
    rapport.settle()
    be_refused_by_the_budget(admin)
    move(team, "Done")
    expect(team.get_by_text(TEXT)).to_be_visible()

    answer_in_jira(windows.open("Pia Lead"))
    rapport.settle()
    move(team, "Done")
    expect(team.get_by_text("DEMO-7 is now Done.")).to_be_visible()


def see_who_would_be_asked(page: Page) -> None:
    frame = framed(page, "/browse/DEMO-7")
    frame.get_by_role("button", name="Ask the customer now").click()
    expect(frame.get_by_role("button", name="Ask 1 person")).to_be_visible()
    look_at(page, "panel-ask", frame)


def be_refused_by_the_budget(page: Page) -> None:
    frame = framed(page, "/browse/DEMO-7")
    frame.get_by_role("button", name="Ask the customer now").click()
    expect(frame.get_by_text("Too soon after, or before, another survey. Next free date:")).to_be_visible()
    expect(frame.get_by_role("button", name="Ask 1 person")).to_have_count(0)
    look_at(page, "panel-ask-refused", frame)
    frame.get_by_role("button", name="Cancel").click()
    expect(frame.get_by_role("button", name="Ask the customer now")).to_be_visible()


def answer_in_jira(page: Page) -> None:
    """The customer has an account here, and was asked by mail as well."""
    frame = framed(page, "/browse/DEMO-7")
    frame.get_by_label("4 Satisfied").check()
    look_at(page, "panel-answer", frame)
    frame.get_by_role("button", name="Send answer").click()
    expect(frame.get_by_text("Thank you, your answer has arrived")).to_be_visible()
    expect(frame.get_by_role("img", name="Score 4 of 5")).to_be_visible()
    look_at(page, "panel-answered-here", frame)


def put_ask(page: Page) -> None:
    """On the way to In review, for key users and sponsors first; then for everybody."""
    page.goto("/projects/DEMO/workflow")
    review = page.get_by_role("region", name="Ready for review")
    review.get_by_label("Rule").select_option("ask-the-customer")
    review.get_by_role("button", name="Add rule").click()
    frame = app_frame(page)
    frame.get_by_label("What to ask").select_option("review")
    frame.get_by_label("Sponsors").check()
    frame.get_by_label("Key users").check()
    look_at(page, "ask-rule-edit", frame)
    settle(frame)
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_text("The rule was saved.")).to_be_visible()
    frame = app_frame(page)
    expect(frame.get_by_text("Asks the sponsors and key users of the issue’s customer:")).to_be_visible()
    look_at(page, "ask-rule-view", frame)
    review.get_by_role("link", name="Edit rule").click()
    expect(page.get_by_role("button", name="Save rule")).to_be_visible()
    frame = app_frame(page)
    expect(frame.get_by_label("What to ask")).to_have_value("review")
    frame.get_by_label("Sponsors").uncheck()
    frame.get_by_label("Key users").uncheck()
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_text("The rule was saved.")).to_be_visible()
    expect(app_frame(page).get_by_text("Asks the contacts of the issue’s customer:")).to_be_visible()


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
    frame = app_frame(done)
    expect(frame.get_by_text("The customer’s score is at least 3 of 5")).to_be_visible()
    look_at(page, "gate-view", frame)
    frame = framed(page, ADMINISTRATION)
    expect(frame.get_by_role("cell", name="Done")).to_be_visible()
    look_at(page, "gates-in-use", frame)


def move(page: Page, status: str) -> None:
    page.goto("/boards/DEMO")
    page.get_by_label("Move DEMO-7 to").select_option(status)
