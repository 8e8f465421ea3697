"""Net promoter score and its interval: pure rules."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from plugin.metrics.csat import Z_95, Interval

SHOWN_FROM = 30  # answers; with fewer the interval spans most of the scale
PROMOTER_FROM, DETRACTOR_TO = 9, 6  # of 0…10


@dataclass(frozen=True, slots=True)
class Nps:
    """Promoters less detractors on 0…10, in points −100…100. `points` is None when n is 0.

    `estimate` is the centre of the interval: with few answers it lies nearer to 0 than `points`.
    """

    promoters: int
    passives: int
    detractors: int
    points: float | None
    estimate: float | None
    interval: Interval | None

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors


def nps(scores: Iterable[tuple[int | None, int]]) -> Nps:
    """From (score 0…10, count) pairs. Answers without a score leave the denominator."""
    counted = [(score, count) for score, count in scores if score is not None]
    promoters = sum(count for score, count in counted if score >= PROMOTER_FROM)
    detractors = sum(count for score, count in counted if score <= DETRACTOR_TO)
    n = sum(count for _, count in counted)
    if n == 0:
        return Nps(0, 0, 0, None, None, None)
    estimate, interval = adjusted_wald(promoters, n - promoters - detractors, detractors)
    return Nps(
        promoters, n - promoters - detractors, detractors, 100 * (promoters - detractors) / n, estimate, interval
    )


def adjusted_wald(promoters: int, passives: int, detractors: int) -> tuple[float, Interval]:
    """Centre and 95 % interval in points: three answers are added, ¾ promoters, 1½ passives and ¾ detractors.

    Source: B. Rocks, "Interval estimation for the net promoter score", IJMR, 2016.
    """
    n = promoters + passives + detractors + 3
    p, d = (promoters + 0.75) / n, (detractors + 0.75) / n
    half = Z_95 * math.sqrt((p + d - (p - d) ** 2) / n)
    return 100 * (p - d), Interval(100 * max(-1.0, p - d - half), 100 * min(1.0, p - d + half))
