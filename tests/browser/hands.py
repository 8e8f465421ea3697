"""Pressing as people do: the pointer comes from somewhere, and a press takes time."""

from __future__ import annotations

from playwright.sync_api import Locator

LONGER_THAN_A_MACHINE_WAITS = "() => performance.now() > 1000"
PRESS_MS = 70


def press(button: Locator) -> None:
    """With the mouse, or with a finger where the page has touch."""
    page = button.page
    button.scroll_into_view_if_needed()
    page.wait_for_function(LONGER_THAN_A_MACHINE_WAITS)
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(1, 1)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=12)
    button.click(delay=PRESS_MS)


def press_keys(button: Locator) -> None:
    """Tab to the button, and press Enter."""
    page = button.page
    page.wait_for_function(LONGER_THAN_A_MACHINE_WAITS)
    tab_to(button)
    page.keyboard.press("Enter", delay=PRESS_MS)


def tab_to(control: Locator) -> None:
    """Press Tab until the focus is there."""
    for _ in range(60):
        if control.evaluate("control => control === document.activeElement"):
            return
        control.page.keyboard.press("Tab", delay=PRESS_MS)
    raise AssertionError(f"Tab never comes to {control}")
