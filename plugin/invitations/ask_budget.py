"""How often one person may be asked, over all checkpoints and projects of a site: pure rules over calendar days.

Days are those of the person's own calendar, so that "not before 4 December" is true on that day from its first hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from plugin.asking import AskPolicy
from plugin.domain import SkipReason

BUDGET_DAYS = 90


def blocks(asked_on: Sequence[date], day: date, policy: AskPolicy) -> SkipReason | None:
    """Why somebody asked, or about to be asked, on these days must not be asked on `day` as well; None if they may.

    Asks that are planned for later count like those of the past: the person gets both.
    """
    if any(abs((day - other).days) < policy.quiet_days for other in asked_on):
        return SkipReason.QUIET_PERIOD
    return SkipReason.BUDGET if _too_many(asked_on, day, policy.asks_per_quarter) else None


def next_free_on(asked_on: Sequence[date], day: date, policy: AskPolicy) -> date:
    """The first day, from `day` on, on which nothing blocks."""
    candidates = {day}
    for other in asked_on:
        candidates |= {other + timedelta(days=policy.quiet_days), other + timedelta(days=BUDGET_DAYS)}
    return min(each for each in candidates if each >= day and blocks(asked_on, each, policy) is None)


def _too_many(asked_on: Sequence[date], day: date, most: int) -> bool:
    """Whether any 90 days in a row with `day` in them hold more than `most` asks, the one on `day` included.

    Days further off may hold more, from times when the site allowed more; nobody is shut out for ever by them.
    """
    ordered = sorted([*asked_on, day])
    spans = zip(ordered, ordered[most:], strict=False)
    return any((last - first).days < BUDGET_DAYS for first, last in spans if first <= day <= last)
