"""Nouns of counting answers that slices share: what is made into numbers, before it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ScoreCount:
    """How many answers of one checkpoint, in one wording, gave one score (None: anchor left out)."""

    checkpoint_id: int
    questionnaire_id: int
    score: int | None
    count: int


@dataclass(frozen=True, slots=True)
class FunnelCount:
    """How far the asks of one checkpoint to one person came.

    delivered = answered + silent + those still open; asked = delivered + failed + those not sent yet. `begun`: by a hand
    that chose or wrote something, whether an answer followed or not.
    """

    checkpoint_id: int
    contact_id: int
    asked: int
    delivered: int
    begun: int
    answered: int
    silent: int
    failed: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many answers of one day (UTC) gave one score (None: anchor left out), by what they answered and as whom.

    `marks`: what they said on the scales of the other items, as JSON, or "".
    """

    day: date
    checkpoint_id: int
    questionnaire_id: int
    role: str
    score: int | None
    count: int
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """One person's score at one time, in one wording."""

    contact_id: int
    questionnaire_id: int
    score: int
