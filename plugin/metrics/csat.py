"""Satisfaction share and its interval: pure rules."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Z_95 = 1.959963984540054  # two-sided 95 % of the normal distribution
SATISFIED_FROM = 4  # of five labelled steps; other scales use another cut, so scales are never pooled
BOUNDS_UP_TO = 30  # panel size up to which worst and best case are shown beside the interval


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends, as shares 0…1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Csat:
    """Share of answers 4 or 5 on the labelled 1…5 scale. `share` and `interval` are None when n is 0."""

    satisfied: int
    n: int
    share: float | None
    interval: Interval | None


def csat(scores: Iterable[tuple[int | None, int]]) -> Csat:
    """From (score, count) pairs. Answers without a score leave the denominator: missing is not 0."""
    counted = [(score, count) for score, count in scores if score is not None]
    n = sum(count for _, count in counted)
    satisfied = sum(count for score, count in counted if score >= SATISFIED_FROM)
    if n == 0:
        return Csat(0, 0, None, None)
    return Csat(satisfied, n, satisfied / n, wilson(satisfied, n))


def wilson(k: int, n: int) -> Interval:
    """95 % interval of the share k/n, n ≥ 1, 0 ≤ k ≤ n.

    Centre (p + z²/2n)/(1 + z²/n), half-width z·√(p(1−p)/n + z²/4n²)/(1 + z²/n).
    Source: E. B. Wilson, "Probable inference", JASA 22, 1927.
    """
    if not (n >= 1 and 0 <= k <= n):
        raise ValueError(f"no share in {k} of {n}")
    p, z2n = k / n, Z_95**2 / n
    centre = (p + z2n / 2) / (1 + z2n)
    half = Z_95 * math.sqrt(p * (1 - p) / n + z2n / (4 * n)) / (1 + z2n)
    return Interval(0.0 if k == 0 else centre - half, 1.0 if k == n else centre + half)


def bounds(satisfied: int, n: int, asked: int) -> Interval | None:
    """Worst and best case if everybody asked had answered; None without anybody asked, or where more than 30 were.

    Source: C. Manski, "Partial identification with missing data", 2005.
    """
    if asked < 1 or asked > BOUNDS_UP_TO or n > asked:
        return None
    return Interval(satisfied / asked, (satisfied + asked - n) / asked)
