"""The short form of killing Rapport under load; `make faults` does it 200 times on each engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults import killing

SHORT: dict[str, Any] = {"sites": 5, "longest_seconds": 0.2, "senders": 2}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # on PostgreSQL by `make faults`
def test_what_was_acknowledged_survives_kills_and_nothing_is_done_twice(database_url: str, tmp_path: Path) -> None:
    outcome = killing.run(database_url, 4, 20, tmp_path, **SHORT, RAPPORT_TEST_LEASE="5")
    assert outcome.kills >= 4
    assert outcome.faults() == {}
    assert outcome.answers > 0, "customers answered, each twice"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_acknowledgement_before_the_commit_would_be_noticed(database_url: str, tmp_path: Path) -> None:
    outcome = killing.run(database_url, 3, 20, tmp_path, **SHORT, mutant="acknowledge early")
    assert outcome.lost > 0
