"""A project is looked at every morning, however late the look before was."""

from __future__ import annotations

from datetime import datetime

import pytest

from plugin.warnings.service import next_morning


@pytest.mark.parametrize(
    ("now", "next_look"),
    [
        ("2026-11-22T06:00:00Z", "2026-11-23T06:00:00Z"),
        ("2026-11-22T14:30:00Z", "2026-11-23T06:00:00Z"),
        ("2026-11-22T23:59:59Z", "2026-11-23T06:00:00Z"),
        ("2026-11-23T00:05:00Z", "2026-11-23T06:00:00Z"),
        ("2026-11-23T05:59:59Z", "2026-11-23T06:00:00Z"),
    ],
)
def test_no_morning_is_left_out(now: str, next_look: str) -> None:
    assert next_morning(datetime.fromisoformat(now)) == datetime.fromisoformat(next_look)
