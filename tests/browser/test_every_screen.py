"""Every screen of ours, with some weeks of history behind it: pictures of it, and no barrier in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import time_machine
from playwright.sync_api import Browser, Frame, Page

from tests.browser.conftest import clean_windows
from tests.browser.screens import look_at
from tests.browser.windows import Windows
from tests.databases import fresh_database
from tests.devhost import demo_story
from tests.running import Rapport, running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-screens")]

SETTINGS = "/projects/{}/settings/apps/rapport-jira/project-settings"
PAGE = "/plugins/servlet/ac/rapport-jira/{}"


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
    with clean_windows(browser, lived) as windows:
        yield windows


def app_frame(page: Page) -> Frame:
    """The app's frame in a page of Jira, once its screen stands."""
    frame = page.locator(".app-frame iframe").element_handle().content_frame()
    assert frame is not None
    frame.locator("main h1").first.wait_for(state="attached")
    return frame


def test_the_settings_of_a_project(windows: Windows) -> None:
    page = windows.open("Pia Lead")
    page.goto(SETTINGS.format("DEMO"))
    frame = app_frame(page)
    look_at(page, "checkpoints", frame=frame)
