"""The windows notice what must not happen: else the other browser tests prove little."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

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
