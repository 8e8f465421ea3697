"""Weeks, gaps and breaks, and where they lie in the drawing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time

from plugin.analysis import chart, report
from plugin.analysis.trend import weeks
from plugin.counts import MarkCount, Scored, WeekCount, monday_of
from plugin.domain import Item, ItemKind, Questionnaire
from plugin.metrics.beside import beside
from tests.plugin.asking import NOW

SERIES = {1: (7, 0), 2: (7, 0), 3: (7, 1)}
MONDAY = date(2026, 5, 4)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def count(day: date, score: int | None, times: int = 1, questionnaire_id: int = 1) -> WeekCount:
    return WeekCount(monday_of(noon(day)), 1, questionnaire_id, "user", score, times, noon(day))


def test_days_become_weeks_from_monday_and_empty_weeks_stay_open() -> None:
    found = weeks(
        [count(date(2026, 5, 10), 5), count(MONDAY, 2), count(date(2026, 5, 18), 4)],
        SERIES,
        noon(MONDAY),
        noon(date(2026, 5, 20)),
    )
    assert [(week.monday.day, week.csat.n, week.csat.share) for week in found] == [
        (4, 2, 0.5),
        (11, 0, None),
        (18, 1, 1.0),
    ]


def test_a_new_wording_starts_a_new_series_and_another_version_does_not() -> None:
    counts = [
        count(MONDAY, 5),
        count(date(2026, 5, 11), 5, questionnaire_id=2),
        count(date(2026, 5, 18), 5, questionnaire_id=3),
    ]
    assert [week.breaks for week in weeks(counts, SERIES, noon(MONDAY), noon(date(2026, 5, 18)))] == [
        False,
        False,
        True,
    ]


def test_a_late_answer_to_the_old_wording_breaks_nothing() -> None:
    counts = [count(date(2026, 5, 5), 5, questionnaire_id=1), count(MONDAY, 5, questionnaire_id=3)]
    assert [week.breaks for week in weeks(counts, SERIES, noon(MONDAY), noon(MONDAY))] == [False]


def test_a_line_bridges_neither_a_gap_nor_a_break() -> None:
    days = [(4, 1), (11, 1), (25, 1), (32, 3), (39, 3)]
    counts = [count(date.fromordinal(MONDAY.toordinal() + day - 4), 4, 1, version) for day, version in days]
    drawing = chart.draw(weeks(counts, SERIES, noon(MONDAY), noon(date(2026, 6, 8))))
    assert len(drawing.marks) == 5
    assert [len(line.split()) for line in drawing.lines] == [2, 2]
    assert drawing.breaks == (4 * chart.WIDTH / 6,)


def test_everything_lies_within_the_drawing() -> None:
    drawing = chart.draw(weeks([count(MONDAY, 5, 3), count(MONDAY, 1)], SERIES, noon(MONDAY), noon(MONDAY)))
    (mark,) = drawing.marks
    assert (mark.x, mark.y, mark.bar) == (chart.WIDTH / 2, chart.HEIGHT / 4, chart.BARS)
    assert 0 <= mark.high <= mark.y <= mark.low <= chart.HEIGHT


def test_nothing_is_drawn_of_nothing() -> None:
    assert chart.draw([]) == chart.Drawing((), (), ())


def test_the_same_people_are_compared_within_one_wording() -> None:
    scored = [
        Scored(1, 1, 5),
        Scored(1, 2, 3),
        Scored(2, 1, 1),
        Scored(2, 3, 5),
        Scored(3, 1, 4),
        Scored(4, 1, 2),
        Scored(4, 1, 2),
    ]
    change = report.same_people(scored, SERIES)
    assert (change.down, change.same, change.up) == (1, 1, 0)


def test_items_are_summed_by_their_kind_and_unknown_ones_left_out() -> None:
    items = (
        Item("satisfaction", ItemKind.RATING, {"en": "?"}),
        Item("easy", ItemKind.EFFORT, {"en": "?"}),
        Item("news", ItemKind.INFORMED, {"en": "?"}),
        Item("recommend", ItemKind.NPS, {"en": "?"}),
    )
    versions = {1: Questionnaire(1, 7, 1, items, 120, NOW)}
    said = [{"easy": 6, "news": "too_little", "gone": 3}, {"easy": 2, "recommend": 10}]
    counts = [MarkCount(1, 1, json.dumps(marks), times) for times, marks in zip((2, 1), said, strict=True)]
    found = beside(counts, versions)
    assert (found.effort.n, found.effort.easy) == (3, 2)
    assert (found.informed.too_little, found.nps.promoters) == (2, 1)
