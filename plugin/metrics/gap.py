"""How far the team's own estimate lies from what customers said: pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from plugin.metrics.change import Change, newcombe
from plugin.metrics.csat import SATISFIED_FROM

WIDE = 1.0  # a step of the scale, at two checkpoints running
FEW = 5  # on either side, under which nothing is said of it in words
Counts = Iterable[tuple[int | None, int]]


@dataclass(frozen=True, slots=True)
class Gap:
    """Team less customers, at one checkpoint: `difference` of the means on the scale of 1…5, above 0 where the team thinks
    better of it; `shares` of the shares of 4 and 5, with its interval."""

    team_n: int
    team_mean: float
    customer_n: int
    customer_mean: float
    shares: Change

    @property
    def difference(self) -> float:
        return self.team_mean - self.customer_mean

    @property
    def wide(self) -> bool:
        return abs(self.difference) >= WIDE and min(self.team_n, self.customer_n) >= FEW


def gap(team: Counts, customers: Counts) -> Gap | None:
    """From (score, count) pairs; None while one side has said nothing. Answers without a score are left out."""
    (team_n, team_sum, team_high), (n, total, high) = _summed(team), _summed(customers)
    if not team_n or not n:
        return None
    return Gap(team_n, team_sum / team_n, n, total / n, newcombe((team_high, team_n), (high, n)))


def is_flagged(gaps: Sequence[Gap]) -> bool:
    """Wide in the same direction at two checkpoints running; `gaps` in the order of the project's course."""
    return any(one.wide and other.wide and one.difference * other.difference > 0 for one, other in pairwise(gaps))


def _summed(counts: Counts) -> tuple[int, int, int]:
    """How many, the sum of their scores, and how many of them satisfied."""
    counted = [(score, count) for score, count in counts if score is not None]
    return (
        sum(count for _, count in counted),
        sum(score * count for score, count in counted),
        sum(count for score, count in counted if score >= SATISFIED_FROM),
    )
