"""Where things lie in the drawing of a trend: pure geometry, in the units of the SVG's view box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from plugin.analysis.trend import Week

WIDTH, HEIGHT = 720, 160
BARS = 28  # height of the strip below that shows how many answered


@dataclass(frozen=True, slots=True)
class Mark:
    """One week with answers: its point, its interval, and a bar for n."""

    week: Week
    x: float
    y: float
    low: float
    high: float
    bar: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """`lines`: points of weeks without a gap between them. `breaks`: where a new series begins."""

    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    breaks: tuple[float, ...]


def draw(weeks: Sequence[Week]) -> Drawing:
    """The share from 0 at the bottom to 1 at the top; weeks side by side from left to right."""
    step = WIDTH / max(len(weeks), 1)
    most = max((week.csat.n for week in weeks), default=0)
    marks = [_mark(week, (place + 0.5) * step, most) for place, week in enumerate(weeks)]
    return Drawing(
        marks=tuple(mark for mark in marks if mark is not None),
        lines=_lines(marks, [week.breaks for week in weeks]),
        breaks=tuple(place * step for place, week in enumerate(weeks) if week.breaks),
    )


def _mark(week: Week, x: float, most: int) -> Mark | None:
    if week.csat.share is None or week.csat.interval is None:
        return None
    high, low = week.csat.interval.high, week.csat.interval.low
    return Mark(week, x, _height(week.csat.share), _height(low), _height(high), BARS * week.csat.n / most)


def _height(share: float) -> float:
    return HEIGHT * (1 - share)


def _lines(marks: Sequence[Mark | None], breaks: Sequence[bool]) -> tuple[str, ...]:
    """Neither a week without answers nor a new series is bridged."""
    run, runs = 0, []
    for mark, broken in zip(marks, breaks, strict=True):
        run += mark is None or broken
        runs.append((run, mark))
    found = [[mark for _, mark in group if mark] for _, group in groupby(runs, key=lambda pair: pair[0])]
    return tuple(" ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in group) for group in found if len(group) > 1)
