"""Satisfaction by week: pure rules. Weeks without answers are gaps, not zeros."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plugin.counts import WeekCount, monday_of
from plugin.metrics.csat import Csat, csat


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday. `breaks`: the wording or scale of a survey changed in it, so a new series begins."""

    monday: date
    csat: Csat
    breaks: bool


def weeks(
    counts: Iterable[WeekCount], series: Mapping[int, tuple[int, int]], first: datetime, last: datetime
) -> list[Week]:
    """Every week from that of `first` to that of `last`. `series`: questionnaire → (survey, number of its series)."""
    scores: dict[date, list[tuple[int | None, int]]] = defaultdict(list)
    seen: dict[int, int] = {}
    broken: set[date] = set()
    for count in sorted(counts, key=lambda count: count.first_at):
        scores[count.monday].append((count.score, count.count))
        survey, number = series[count.questionnaire_id]
        if number > seen.setdefault(survey, number):
            broken.add(count.monday)
            seen[survey] = number
    start, end = monday_of(first), monday_of(last)
    mondays = [start + timedelta(weeks=week) for week in range((end - start).days // 7 + 1)]
    return [Week(monday, csat(scores[monday]), monday in broken) for monday in mondays]
