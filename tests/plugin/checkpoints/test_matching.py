"""Which transitions set a checkpoint off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from plugin.checkpoints.matching import matches
from plugin.domain import Checkpoint

STORY_TO_REVIEW = Checkpoint(
    1, "10000", "Review", ("10001",), ("3",), "10001", 1, 2, 14, True, datetime(2026, 1, 1, tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("change", "issue_type", "from_status", "to_status", "expected"),
    [
        ({}, "10001", "3", "10001", True),
        ({}, "10002", "3", "10001", False),
        ({}, "10001", "10000", "10001", False),
        ({}, "10001", "3", "10002", False),
        ({"issue_type_ids": ()}, "10002", "3", "10001", True),
        ({"from_status_ids": ()}, "10001", "10000", "10001", True),
        ({"from_status_ids": ()}, "10001", "10001", "10001", False),
        ({"enabled": False}, "10001", "3", "10001", False),
    ],
)
def test_type_and_both_statuses_must_fit(
    change: dict[str, object], issue_type: str, from_status: str, to_status: str, expected: bool
) -> None:
    assert matches(replace(STORY_TO_REVIEW, **change), issue_type, from_status, to_status) is expected  # type: ignore[arg-type]
