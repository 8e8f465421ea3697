"""Satisfaction by week: pure rules. Weeks without answers are gaps, not zeros."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from plugin.counts import DayCount
from plugin.metrics.csat import Csat, csat


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday. `breaks`: the wording or scale of a survey changed in it, so a new series begins."""

    monday: date
    csat: Csat
    breaks: bool


def weeks(counts: Iterable[DayCount], series: Mapping[int, tuple[int, int]], first: date, last: date) -> list[Week]:
    """Every week from that of `first` to that of `last`. `series`: questionnaire → (survey, number of its series)."""
    scores: dict[date, list[tuple[int | None, int]]] = defaultdict(list)
    seen: dict[int, int] = {}
    broken: set[date] = set()
    for count in sorted(counts, key=lambda count: count.day):
        monday = _monday(count.day)
        scores[monday].append((count.score, count.count))
        survey, number = series[count.questionnaire_id]
        if number > seen.setdefault(survey, number):
            broken.add(monday)
            seen[survey] = number
    start, end = _monday(first), _monday(last)
    mondays = [start + timedelta(weeks=week) for week in range((end - start).days // 7 + 1)]
    return [Week(monday, csat(scores[monday]), monday in broken) for monday in mondays]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
