"""Looking at a screen: a picture in light and dark, wide and on a phone, and what axe finds wrong with it."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page

from tests.browser.windows import PHONE, WIDE

FOLDER = Path(__file__).parents[2] / "build" / "screens"
THEMES = ("light", "dark")
NARROWEST = 320  # CSS pixels: WCAG 2.2, 1.4.10

# A frame of Jira's is ready when it wears the theme, is as wide as its place, and fits what is in it.
FRAME_READY = """([theme, width]) => new Promise(done => (function look() {
  const root = document.documentElement;
  const dressed = getComputedStyle(root).colorScheme === theme;
  const fits = innerWidth === width && innerHeight >= root.scrollHeight;
  dressed && fits ? requestAnimationFrame(() => requestAnimationFrame(done)) : setTimeout(look, 20);
})())"""
QUIETLY = {"resultTypes": ["violations"], "preload": False}  # it would fetch style sheets again, against our policy
# Behind a transparent frame is Jira's surface, which axe cannot see.
SHOW_SURFACE = "() => { document.documentElement.style.background = 'var(--ds-surface)'; }"
HIDE_SURFACE = "() => { document.documentElement.style.background = ''; }"
TOO_WIDE = """() => [...document.querySelectorAll('body, body *')]
  .filter(each => !each.closest('.scroll, .tabs, .hidden') && each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 120))"""


def look_at(
    page: Page, name: str, *, frame: Frame | None = None, sizes: tuple[dict[str, int], ...] = (WIDE, PHONE)
) -> None:
    """Leave pictures of the page as build/screens/<name>-<theme>-<size>.png, and have our part of it pass.

    `frame` is the app's frame in a page of Jira; without one the whole page is ours. The window ends as it began.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for theme in THEMES:
        wear(page, theme)
        for size in sizes:
            page.set_viewport_size(size)  # type: ignore[arg-type]
            ready(page, frame, theme)
            page.screenshot(path=FOLDER / f"{name}-{theme}-{'phone' if size is PHONE else 'wide'}.png", full_page=True)
        require_accessible(frame or page.main_frame, f"{name} in {theme}")
    page.set_viewport_size({"width": NARROWEST, "height": 700})
    ready(page, frame, THEMES[-1])
    require_narrow(frame or page.main_frame, name)
    wear(page, THEMES[0])
    if before is not None:
        page.set_viewport_size(before)


def wear(page: Page, theme: str) -> None:
    """Put on a theme: a page of Jira by its own button, which its frames follow; another page as its system would."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    if page.locator(f'html[data-color-mode]:not([data-color-mode="{theme}"])').count():
        page.locator("#theme-form button").click()


def ready(page: Page, frame: Frame | None, theme: str) -> None:
    """Wait until a picture would show the frame as it is going to stay."""
    if frame is not None:
        place = frame.frame_element()
        place.scroll_into_view_if_needed()
        frame.evaluate(FRAME_READY, [theme, place.evaluate("place => place.clientWidth")])


def require_accessible(frame: Frame, what: str) -> None:
    """No violation of any rule of axe."""
    frame.evaluate(SHOW_SURFACE)
    results = Axe().run(frame, options=QUIETLY)
    frame.evaluate(HIDE_SURFACE)
    assert results.violations_count == 0, f"{what}: {results.generate_report()}"


def require_narrow(frame: Frame, name: str) -> None:
    """On the narrowest phone nothing hangs out; what may scroll sideways does so within itself."""
    outside = frame.evaluate(TOO_WIDE)
    assert not outside, f"{name} is wider than {NARROWEST} px: {outside}"
