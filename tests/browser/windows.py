"""Windows of the browser, each with one person before it; whatever goes wrong in any of them is remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, ViewportSize, expect

from tests.devhost.site import Site

WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
ELSEWHERE = re.compile(r"^(?:https?|wss?)://(?!(?:localhost|127\.0\.0\.1)[:/])")
PATIENCE_MS = 60_000  # far more than it takes, as test machines are busy
expect.set_options(
    timeout=PATIENCE_MS
)  # its own five seconds are too few for a click that passes through three servers


@dataclass
class Windows:
    """Opens windows. `complaints` holds every error of a script, line on the console (so also each breach of a
    Content-Security-Policy) and attempt to reach anything but this computer: a test must end with none.
    """

    browser: Browser
    site: Site
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, who: str, *, script: bool = True, phone: bool = False, zone: str = "Europe/Berlin") -> Page:
        """A new window without history, on a phone or a desk; in Jira it is signed in as `who`."""
        context = self.browser.new_context(
            base_url=self.site.base_url,
            java_script_enabled=script,
            viewport=PHONE if phone else WIDE,
            has_touch=phone,
            is_mobile=phone,
            locale="en-GB",
            timezone_id=zone,
            color_scheme="light",
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.route(ELSEWHERE, self._refuse)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(f"{error.page and error.page.url}: {error.error}"))
        if any(user.display_name == who for user in self.site.users.values()):
            account = self.site.user_named(who).account_id
            context.add_cookies([{"name": self.site.user_cookie, "value": account, "url": self.site.base_url}])
        return context.new_page()

    def _refuse(self, route: Route) -> None:
        self.complaints.append(f"reached out to {route.request.url}")
        route.abort()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            about = f"{message.page and message.page.url}: {message.location['url']}"
            self.complaints.append(f"{message.type} on {about}: {message.text}")

    def expect_complaint(self, words: str) -> None:
        """Take out the complaints with these words; there must be one."""
        self._take_out(re.escape(words))

    def expect_answer(self, status: int) -> None:
        """Take out what the browser and htmx say of answers with this status, in words that each of them has: the bare
        number may also stand in a port.
        """
        self._take_out(f"(status of|Error Code) {status} ")

    def _take_out(self, pattern: str) -> None:
        rest = [each for each in self.complaints if not re.search(pattern, each)]
        assert len(rest) < len(self.complaints), f"nobody complained of {pattern}: {self.complaints}"
        self.complaints = rest

    def expect_complaint_in_frame(self, words: str) -> None:
        """A complaint of what the app's frame asked of the app. Behind Forge no browser is told how the app answered."""
        if not self._forge():
            self.expect_complaint(words)

    def expect_answer_in_frame(self, status: int) -> None:
        """An answer of the app to its frame, likewise."""
        if not self._forge():
            self.expect_answer(status)

    def _forge(self) -> bool:
        return self.site.app is not None and self.site.app.forge

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@contextmanager
def clean_windows(browser: Browser, site: Site) -> Iterator[Windows]:
    """Windows on a site; fails where anything went wrong in them."""
    windows = Windows(browser, site)
    try:
        yield windows
    finally:
        windows.close()
    assert not windows.complaints, "\n".join(windows.complaints)
