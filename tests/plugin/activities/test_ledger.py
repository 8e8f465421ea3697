"""What people enter and what the app did stand in one list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from plugin.activities.ledger import Activity, Completion, Kind, Line, Origin, completion, merged, next_time

PLANNED = Activity(1, "1", Kind.UPDATE, "News", date(2026, 3, 1), None, "", False, "", 14, Origin.PERSON, "", "")
OF_THE_APP = Line("case:5", Kind.RECOVERY, "Case", date(2026, 2, 1), date(2026, 2, 3), "", False, "", Origin.APP, "")


def test_lines_stand_by_date_whoever_wrote_them() -> None:
    someday = replace(PLANNED, id=2, planned_on=None)
    assert [line.key for line in merged([someday, PLANNED], [OF_THE_APP])] == ["case:5", "activity:1", "activity:2"]


def test_a_judgement_joins_the_line_that_it_is_for() -> None:
    note = replace(PLANNED, id=3, noted_for="case:5", more_needed=True, more="Call, do not write")
    (line,) = merged([note], [OF_THE_APP])
    assert (line.title, line.more_needed, line.more) == ("Case", True, "Call, do not write")


def test_what_is_late_and_what_nobody_judged_shows() -> None:
    (line,) = merged([PLANNED], [])
    assert line.overdue(date(2026, 3, 2))
    assert not line.overdue(date(2026, 3, 1))
    assert OF_THE_APP.gap
    assert not replace(OF_THE_APP, result="Recovered").gap


def test_completion_counts_by_kind() -> None:
    done = replace(PLANNED, id=2, done_on=date(2026, 3, 3), result="They knew", more_needed=True)
    assert completion(merged([PLANNED, done], [OF_THE_APP])) == [
        Completion(Kind.UPDATE, 2, 1, 1, 1),
        Completion(Kind.RECOVERY, 1, 1, 0, 0),
    ]


def test_what_is_repeated_is_due_again_once_it_is_done() -> None:
    assert next_time(PLANNED) is None
    assert next_time(replace(PLANNED, done_on=date(2026, 3, 3))) == date(2026, 3, 17)
    assert next_time(replace(PLANNED, done_on=date(2026, 3, 3), repeat_days=0)) is None
