"""Effort, and whether people feel informed: pure rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plugin.metrics.csat import Interval, wilson

EASY_FROM = 5  # of 1…7, agreement with "made it easy"
TOO_LITTLE, ABOUT_RIGHT, TOO_MUCH = "too_little", "about_right", "too_much"
BOOST_SHARE, BOOST_PEOPLE = 0.25, 2  # who say "too little", from which more updates are proposed


@dataclass(frozen=True, slots=True)
class Effort:
    """Agreement 1…7 that it was easy: mean and share of 5 to 7. All None when n is 0.

    Never mixed with a 1…5 effort question, which runs the other way.
    """

    easy: int
    n: int
    mean: float | None
    share: float | None
    interval: Interval | None


def effort(scores: Iterable[tuple[int | None, int]]) -> Effort:
    """From (score 1…7, count) pairs. Answers without a score leave the denominator."""
    counted = [(score, count) for score, count in scores if score is not None]
    n = sum(count for _, count in counted)
    if n == 0:
        return Effort(0, 0, None, None, None)
    easy = sum(count for score, count in counted if score >= EASY_FROM)
    return Effort(easy, n, sum(score * count for score, count in counted) / n, easy / n, wilson(easy, n))


@dataclass(frozen=True, slots=True)
class Informed:
    """How people find the amount of news. `share` is of those who say "about right"; None when n is 0."""

    too_little: int
    about_right: int
    too_much: int
    share: float | None
    interval: Interval | None

    @property
    def n(self) -> int:
        return self.too_little + self.about_right + self.too_much

    @property
    def wants_more(self) -> bool:
        """A quarter, or two people, say "too little": then more updates are proposed."""
        return self.too_little >= BOOST_PEOPLE or (self.n > 0 and self.too_little / self.n >= BOOST_SHARE)


def informed(answers: Iterable[tuple[str | None, int]]) -> Informed:
    """From (too_little, about_right or too_much; count) pairs."""
    counts = {TOO_LITTLE: 0, ABOUT_RIGHT: 0, TOO_MUCH: 0}
    for answer, count in answers:
        if answer is not None:
            counts[answer] += count
    n, right = sum(counts.values()), counts[ABOUT_RIGHT]
    share, interval = (right / n, wilson(right, n)) if n else (None, None)
    return Informed(counts[TOO_LITTLE], right, counts[TOO_MUCH], share, interval)
