"""Looking at a screen: a picture in light and dark, wide and on a phone, and what axe finds wrong with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Frame, Page, ViewportSize

from tests.browser.windows import PATIENCE_MS, PHONE, WIDE

FOLDER = Path(__file__).parents[2] / "build" / "screens"
THEMES = ("light", "dark")
SIZES: dict[str, ViewportSize] = {"wide": WIDE, "phone": PHONE}
NARROWEST: ViewportSize = {"width": 320, "height": 4000}  # CSS pixels: WCAG 2.2, 1.4.10
HIGHER_THAN_ALL = 4000

# A frame of Jira's is ready when it wears the theme, is as wide as its place, and fits what is in it: to a pixel,
# since a height of 1299.5 is 1299 to the script that sizes the frame and 1300 to the page.
FRAME_READY = """([theme, width, until]) => new Promise((done, fail) => (function look() {
  const root = document.documentElement;
  const is = [getComputedStyle(root).colorScheme, innerWidth, innerHeight];
  if ([is[0], null].includes(theme) && is[1] === width && is[2] >= root.scrollHeight - 1) {
    setTimeout(done, 60); // some frames of painting
  } else if (Date.now() > until) {
    fail(new Error(`The frame stays ${is} where it should be ${[theme, width, root.scrollHeight]}`));
  } else {
    setTimeout(look, 20);
  }
})())"""
QUIETLY = {"resultTypes": ["violations"], "preload": False}  # it would fetch style sheets again, against our policy
# Behind a transparent frame is Jira's surface, which axe cannot see.
SHOW_SURFACE = "() => { document.documentElement.style.background = 'var(--ds-surface)'; }"
HIDE_SURFACE = "() => { document.documentElement.style.background = ''; }"
# Atlassian's own sensor of sizes keeps its last width until an event of its own comes round.
TOO_WIDE = """() => [...document.querySelectorAll('body, body *')]
  .filter(each => !each.closest('.tabs, .scroll, .scrolls, .hidden, .ac-resize-sensor') && each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 120))"""

ONE_LETTER_A_LINE = """() => [...document.querySelectorAll('body *')]
  .filter(each => each.children.length === 0 && each.textContent.trim().length > 6 && !each.closest('.unseen, .hidden'))
  .filter(each => (({ width, height }) => width > 0 && width < 28 && height > 60)(each.getBoundingClientRect()))
  .map(each => each.outerHTML.slice(0, 120))"""


def look_at(page: Page, name: str, frame: Frame | None = None) -> None:
    """Leave pictures of a page, and have our part of it pass: nothing that axe finds, nothing that hangs out.

    `frame` is the app's frame in a page of Jira; without one the whole page is ours.
    """
    ours = frame or page.main_frame
    leave_pictures(page, name, frame, lambda theme: require_accessible(ours, f"{name} in {theme}"))
    before = page.viewport_size
    page.set_viewport_size(NARROWEST)
    settle(frame)
    require_narrow(ours, name)
    page.set_viewport_size(before or WIDE)
    settle(frame)  # a click into a frame that still grows would miss


def leave_pictures(
    page: Page, name: str, frame: Frame | None = None, inspect: Callable[[str], None] = lambda theme: None
) -> None:
    """Pictures as build/screens/<name>-<theme>-<size>.png, and an inspection in each theme. All ends as it began."""
    before = page.viewport_size
    for size, viewport in SIZES.items():
        stretch(page, frame, viewport)
        for theme in THEMES:
            wear(page, frame, theme)
            picture = FOLDER / f"{name}-{theme}-{size}.png"
            page.screenshot(path=picture, caret="initial")  # hiding it would leave traces in the page
            if viewport is PHONE:
                inspect(theme)
        wear(page, frame, THEMES[0])
    page.set_viewport_size(before or WIDE)


def stretch(page: Page, frame: Frame | None, viewport: ViewportSize) -> None:
    """Make the window as high as what it shows: what is out of sight is neither laid out nor painted in time."""
    page.set_viewport_size({"width": viewport["width"], "height": HIGHER_THAN_ALL})
    settle(frame)
    page.set_viewport_size(viewport)
    whole = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": viewport["width"], "height": max(viewport["height"], whole)})


def wear(page: Page, frame: Frame | None, theme: str) -> None:
    """Put on a theme: a page of Jira by its own button, which its frames follow; another page as its system would."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    if page.locator(f'html[data-color-mode]:not([data-color-mode="{theme}"])').count():
        page.locator("#theme-form button").click()
    settle(frame, theme)


def settle(frame: Frame | None, theme: str | None = None) -> None:
    """Wait until a picture would show the frame as it is going to stay."""
    if frame is not None:
        width = frame.frame_element().evaluate("place => place.clientWidth")
        frame.evaluate(FRAME_READY, [theme, width, time.time() * 1000 + PATIENCE_MS])


def require_accessible(frame: Frame, what: str) -> None:
    """No violation of any rule of axe."""
    frame.evaluate(SHOW_SURFACE)
    results = Axe().run(frame, options=QUIETLY)
    frame.evaluate(HIDE_SURFACE)
    assert results.violations_count == 0, f"{what}: {results.generate_report()}"


def require_narrow(frame: Frame, name: str) -> None:
    """On the narrowest phone nothing hangs out; what may scroll sideways does so within itself."""
    outside, squeezed = frame.evaluate(TOO_WIDE), frame.evaluate(ONE_LETTER_A_LINE)
    assert not outside, f"{name} is wider than a narrow phone: {outside}"
    assert not squeezed, f"{name} has no room for words on a narrow phone: {squeezed}"
