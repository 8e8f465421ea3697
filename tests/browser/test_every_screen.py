"""Every screen of ours, with some weeks of history behind it: pictures of it, and no barrier in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import time_machine
from playwright.sync_api import Browser, Frame, expect

from tests.browser.jira import ADMINISTRATION, POST_MORTEM, SETTINGS, framed
from tests.browser.screens import look_at
from tests.browser.windows import Windows, clean_windows
from tests.databases import fresh_database
from tests.devhost import demo_story
from tests.devhost.demo_cast import GRETA, HANNES
from tests.flow.cast import move, survey_link
from tests.running import Rapport, running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-screens")]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rapport]:
    """Rapport after the weeks of the demo."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database("sqlite", tmp_path_factory.mktemp("lived")))
        with time_machine.travel(demo_story.beginning()) as traveller:
            rapport = stack.enter_context(running(url))
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
    look_at(page, "checkpoints", frame=frame)
    press(frame, "Add checkpoint", "New checkpoint")
    look_at(page, "checkpoint-new", frame=frame)
    press(frame, "Checkpoints", "Checkpoints")
    frame.get_by_role("button", name="Pause").first.click()
    expect(frame.get_by_text("The checkpoint is paused. Nobody is asked.")).to_be_visible()
    look_at(page, "checkpoints-paused", frame=frame)
    frame.get_by_role("button", name="Switch on").click()
    expect(frame.get_by_text("The checkpoint asks again.")).to_be_visible()


def test_customers(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Customers", "Customers")
    look_at(page, "customers", frame=frame)
    press(frame, "Add contact", "New contact of Ateliers Fictifs")
    look_at(page, "contact-new", frame=frame)


def test_what_has_to_be_mended_is_said_beside_the_field(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Customers", "Customers")
    press(frame, "Add contact", "New contact of Ateliers Fictifs")
    frame.get_by_label("E-mail").fill("camille at ateliers")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    look_at(page, "contact-mend", frame=frame)
    windows.expect_complaint("422")


def test_the_log(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    press(frame, "Log", "Log")
    look_at(page, "log", frame=frame)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("DEMO-9", "answered"),
        ("DEMO-4", "not-asked"),
        ("DEMO-8", "skipped"),
        ("DEMO-12", "asked"),
        ("DEMO-10", "silent"),
    ],
)
def test_the_panel_of_an_issue(windows: Windows, key: str, name: str) -> None:
    page = windows.open("Pia Lead")
    look_at(page, f"panel-{name}", frame=framed(page, f"/browse/{key}"))


def test_the_panel_for_a_team_member(windows: Windows) -> None:
    page = windows.open("Tom Team")
    look_at(page, "panel-team-member", frame=framed(page, "/browse/DEMO-9"))


def test_the_post_mortem(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    look_at(page, "post-mortem", frame=framed(page, POST_MORTEM.format("DEMO")))


def test_the_administration(windows: Windows) -> None:
    page = windows.open("Ada Admin")
    look_at(page, "administration", frame=framed(page, ADMINISTRATION))


def test_the_survey(windows: Windows, lived: Rapport) -> None:
    move(lived, "DEMO-7", "In review")
    lived.settle()
    page = windows.open("Greta Probe")
    page.goto(survey_link(lived.mails_to(GRETA)[-1], 4))
    look_at(page, "survey")
    page.get_by_role("textbox").fill("Sieht gut aus.")
    page.get_by_role("button").click()
    expect(page.locator(".done")).to_be_visible()
    look_at(page, "survey-thanks")


def test_a_survey_that_is_over(windows: Windows, lived: Rapport) -> None:
    page = windows.open("Hannes Muster")
    page.goto(survey_link(lived.mails_to(HANNES)[0]))
    look_at(page, "survey-over")
    windows.expect_complaint("410")
