"""The system's own Chromium, started so that it does nothing by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")  # ensure_chromium.sh looks at the same places
SWITCHES = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--headless=new",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


def executable() -> str:
    """RAPPORT_CHROMIUM, else the first that is on the PATH. `LookupError` says what to do where there is none."""
    wanted = os.environ.get("RAPPORT_CHROMIUM")
    found = next((path for name in ([wanted] if wanted else NAMES) if (path := shutil.which(name))), None)
    if found is None:
        raise LookupError("No Chromium was found: run `make browser`, which installs it or says how to.")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser without windows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=SWITCHES)
        try:
            yield browser
        finally:
            browser.close()
