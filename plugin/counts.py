"""Nouns of counting answers that slices share: what is made into numbers, before it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ScoreCount:
    """How many answers of one checkpoint, in one wording, gave one score (None: anchor left out)."""

    checkpoint_id: int
    questionnaire_id: int
    score: int | None
    count: int


class Reached(StrEnum):
    """How far an ask came."""

    UNSENT = "unsent"
    FAILED = "failed"  # refused, or not sent in time
    OPEN = "open"  # delivered, and there is still time
    SILENT = "silent"  # delivered, and the time is over
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class FunnelCount:
    """How many asks of one checkpoint to one person came that far. `begun`: a hand chose or wrote something."""

    checkpoint_id: int
    contact_id: int
    reached: Reached
    begun: bool
    count: int


@dataclass(frozen=True, slots=True)
class WeekCount:
    """How many answers of one week (from a Monday, UTC) gave one score (None: anchor left out), by what they answered and
    as whom; and when the first of them came."""

    monday: date
    checkpoint_id: int
    questionnaire_id: int
    role: str
    score: int | None
    count: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class MarkCount:
    """How many answers at one checkpoint, in one wording, said the same on the scales of other items (`marks`: as JSON)."""

    checkpoint_id: int
    questionnaire_id: int
    marks: str
    count: int


@dataclass(frozen=True, slots=True)
class Scored:
    """One person's score at one time, in one wording."""

    contact_id: int
    questionnaire_id: int
    score: int


def monday_of(moment: datetime) -> date:
    """Where its week begins, in UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())
