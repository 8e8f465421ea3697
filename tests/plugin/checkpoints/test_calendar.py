"""On which days a checkpoint asks by the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from plugin.checkpoints.calendar import begin_of, last_day, next_day
from plugin.domain import Checkpoint

ONCE = Checkpoint(
    1, "10000", "Start", (), (), "", 1, 2, 14, True, datetime(2026, 1, 1, tzinfo=UTC), starts_on=date(2026, 3, 2)
)
MONTHLY = replace(ONCE, every_weeks=4)
UNTIL_MAY = replace(MONTHLY, ends_on=date(2026, 5, 1))
BY_TRANSITION = replace(ONCE, starts_on=None)


@pytest.mark.parametrize(
    ("checkpoint", "after", "expected"),
    [
        (ONCE, None, date(2026, 3, 2)),
        (ONCE, date(2026, 3, 1), date(2026, 3, 2)),
        (ONCE, date(2026, 3, 2), None),
        (MONTHLY, date(2026, 1, 1), date(2026, 3, 2)),
        (MONTHLY, date(2026, 3, 2), date(2026, 3, 30)),
        (MONTHLY, date(2026, 3, 29), date(2026, 3, 30)),
        (MONTHLY, date(2026, 3, 30), date(2026, 4, 27)),
        (UNTIL_MAY, date(2026, 3, 30), date(2026, 4, 27)),
        (UNTIL_MAY, date(2026, 4, 27), None),
        (BY_TRANSITION, None, None),
    ],
)
def test_the_next_day(checkpoint: Checkpoint, after: date | None, expected: date | None) -> None:
    assert next_day(checkpoint, after) == expected


@pytest.mark.parametrize(
    ("checkpoint", "today", "expected"),
    [
        (ONCE, date(2026, 3, 1), None),
        (ONCE, date(2026, 3, 2), date(2026, 3, 2)),
        (ONCE, date(2026, 9, 9), date(2026, 3, 2)),
        (MONTHLY, date(2026, 3, 29), date(2026, 3, 2)),
        (MONTHLY, date(2026, 3, 30), date(2026, 3, 30)),
        (MONTHLY, date(2026, 6, 1), date(2026, 5, 25)),
        (UNTIL_MAY, date(2026, 9, 9), date(2026, 4, 27)),
        (BY_TRANSITION, date(2026, 9, 9), None),
    ],
)
def test_the_day_on_which_it_should_have_asked_last(checkpoint: Checkpoint, today: date, expected: date | None) -> None:
    assert last_day(checkpoint, today) == expected


def test_a_leap_day_counts_as_a_day() -> None:
    weekly = replace(ONCE, starts_on=date(2028, 2, 22), every_weeks=1)
    assert next_day(weekly, date(2028, 2, 22)) == date(2028, 2, 29)
    assert next_day(weekly, date(2028, 2, 29)) == date(2028, 3, 7)


def test_a_day_begins_at_midnight_in_greenwich() -> None:
    assert begin_of(date(2026, 3, 2)) == datetime(2026, 3, 2, tzinfo=UTC)
