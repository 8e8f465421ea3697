"""On which days a checkpoint asks by the calendar: pure rules. Days are those of UTC; mail leaves at working hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from plugin.domain import Checkpoint


def next_day(checkpoint: Checkpoint, after: date | None) -> date | None:
    """The first day on which it asks, or the first one after a given day; None if there is none (any more)."""
    first = checkpoint.starts_on
    if first is None:
        return None
    day = first
    if after is not None and after >= first:
        if checkpoint.every_weeks is None:
            return None
        period = timedelta(weeks=checkpoint.every_weeks)
        day = first + ((after - first) // period + 1) * period
    return day if checkpoint.ends_on is None or day <= checkpoint.ends_on else None


def last_day(checkpoint: Checkpoint, today: date) -> date | None:
    """The day up to today on which it should have asked last; None if it has not begun. After an outage that is one."""
    if checkpoint.starts_on is None or today < checkpoint.starts_on:
        return None
    if checkpoint.every_weeks is None:
        return checkpoint.starts_on
    end = min(today, checkpoint.ends_on or today)
    period = timedelta(weeks=checkpoint.every_weeks)
    return checkpoint.starts_on + (end - checkpoint.starts_on) // period * period


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
