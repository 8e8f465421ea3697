"""Fixtures of the browser tests: one Chromium for each test process, windows that must stay clean, a working Rapport."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin.flow import STEPS
from plugin.worker import Worker
from tests.browser.arriving import make_presses_arrive
from tests.databases import fresh_database
from tests.running import Rapport, running

make_presses_arrive()


@pytest.fixture
def uninstalled(tmp_path: Path, edge: str) -> Iterator[Rapport]:
    """Rapport at work beside a Jira that does not know it yet."""
    with (
        fresh_database("sqlite", tmp_path) as url,
        running(url, install=False, edge=edge) as rapport,
        working(rapport),
    ):
        yield rapport


@contextmanager
def working(rapport: Rapport) -> Iterator[None]:
    """The worker beside the app, as `rapport serve` has it."""
    worker = Worker(rapport.ports, STEPS)
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()
