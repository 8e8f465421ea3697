"""Presses that arrive. Jira sizes the frame of an app a moment after what is in it has changed; a press that Playwright
makes in that moment goes to where the frame does not reach yet, and nobody hears of it. A person would press again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from playwright.sync_api import Error, Frame, Locator

from tests.browser.windows import PATIENCE_MS

LISTEN = "() => { window.arrived = false; addEventListener('pointerdown', () => { window.arrived = true; }, true); }"
WAS_LOST = "() => window.arrived === false"  # a frame that went to another page since knows of nothing, nor need it


def make_presses_arrive() -> None:
    """From now on, in every frame of every window."""
    Locator.click = until_it_arrives(Locator.click, lambda frame: not was_lost(frame))  # type: ignore[method-assign]
    # These look at the box themselves: it may have been as it should be, so that nothing was pressed.
    Locator.check = until_it_arrives(Locator.check, lambda frame: True)  # type: ignore[method-assign]
    Locator.uncheck = until_it_arrives(Locator.uncheck, lambda frame: True)  # type: ignore[method-assign]


def until_it_arrives(press: Callable[..., None], is_done: Callable[[Frame], bool]) -> Callable[..., None]:
    """The press of a locator, made again until `is_done`, as long as a frame within the page hears nothing of it."""

    @wraps(press)
    def pressed(self: Locator, **options: Any) -> None:
        frame = self.element_handle().owner_frame()
        if frame is None or frame.parent_frame is None:
            return press(self, **options)
        patience = time.monotonic() + PATIENCE_MS / 1000
        frame.evaluate(LISTEN)
        while True:
            try:
                press(self, **options)
            except Error:
                if not was_lost(frame) or time.monotonic() > patience:
                    raise
            else:
                if is_done(frame) or time.monotonic() > patience:
                    return None

    return pressed


def was_lost(frame: Frame) -> bool:
    """Whether no press came to the frame since somebody began to listen."""
    try:
        return bool(frame.evaluate(WAS_LOST))
    except Error:  # it is just going to another page
        return False
