"""Where things are in the local Jira, and the app's frame in its pages."""

from __future__ import annotations

from playwright.sync_api import Frame, Locator, Page

SETTINGS = "/projects/{}/settings/apps/rapport-jira/project-settings"
POST_MORTEM = "/plugins/servlet/ac/rapport-jira/post-mortem?project.key={}"
SATISFACTION = "/plugins/servlet/ac/rapport-jira/satisfaction?project.key={}"
ADMINISTRATION = "/plugins/servlet/ac/rapport-jira/administration"


def framed(page: Page, path: str) -> Frame:
    """Open a page of Jira; the app's frame in it, once its screen stands."""
    page.goto(path)
    return app_frame(page)


def app_frame(page: Page | Locator) -> Frame:
    """The app's frame in the page that is open, or in a part of it, once its screen stands."""
    frame = page.locator(".app-frame iframe").element_handle().content_frame()
    assert frame is not None
    frame.locator("main h1").first.wait_for(state="attached")
    return frame
