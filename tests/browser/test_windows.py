"""The windows notice what must not happen: else the other browser tests prove little."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.arriving import until_it_arrives, was_lost
from tests.browser.windows import clean_windows
from tests.devhost.site import Site

pytestmark = pytest.mark.browser

FORBIDDING = "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'\">"


@pytest.mark.parametrize(
    ("page_text", "complaint"),
    [
        ("<img src='https://elsewhere.example/pixel.png'>", "reached out to https://elsewhere.example/pixel.png"),
        ("<script>throw new Error('broken')</script>", "broken"),
        ("<script>console.error('not well')</script>", "not well"),
        (f"{FORBIDDING}<script>1</script>", "Content Security Policy"),
    ],
    ids=["another host", "a script's error", "a line on the console", "a breach of policy"],
)
def test_a_window_complains_of(browser: Browser, page_text: str, complaint: str) -> None:
    with (
        pytest.raises(AssertionError, match=complaint),
        clean_windows(browser, Site("acme", "http://localhost:1")) as windows,
    ):
        windows.open("Somebody").set_content(page_text)


def test_a_press_that_a_frame_hears_nothing_of_is_made_again(browser: Browser) -> None:
    attempts = count()

    def press_beside_it_twice(button: Locator, **options: Any) -> None:
        if next(attempts) >= 2:
            button.focus()
            button.dispatch_event("pointerdown")

    with clean_windows(browser, Site("acme", "http://localhost:1")) as windows:
        page = windows.open("Somebody")
        page.set_content("<iframe srcdoc='<button>Save</button>'></iframe>")
        button = page.frame_locator("iframe").get_by_role("button", name="Save")
        until_it_arrives(press_beside_it_twice, lambda frame: not was_lost(frame))(button)
        expect(button).to_be_focused()
    assert next(attempts) == 3
