"""The state of a case follows from its dates; its speed from all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connect import StatusChange
from plugin.cases.case import Case, CaseState, Progress, loop_time, progress
from plugin.cases.word import Word

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
CASE = Case(
    id=1,
    project_id="10000",
    invitation_id=41,
    conversation_id=None,
    checkpoint_id=1,
    customer_id=3,
    contact_id=7,
    issue_id="10007",
    issue_key="SHOP-7",
    time_zone="UTC",
    country="",
    score=2,
    low_score=2,
    opened_at=MONDAY,
    due_at=MONDAY + timedelta(days=2),
    jira_issue_id=None,
    jira_issue_key=None,
    jira_issue_gone=False,
    contacted_at=None,
    closed_at=None,
    recheck_id=None,
    recheck_score=None,
    rechecked_at=None,
    withdrawn_at=None,
    told="",
)
WORD = Word(
    project_id="10000", issue_id="10007", issue_key="SHOP-7", score=1, low_score=2, said_at=MONDAY, contact_id=7
)
CATEGORIES = {"1": "new", "2": "indeterminate", "3": "done"}


def test_the_state_follows_from_what_happened() -> None:
    contacted = replace(CASE, contacted_at=MONDAY)
    closed = replace(contacted, closed_at=MONDAY)
    assert [each.state for each in (CASE, contacted, closed)] == [
        CaseState.OPEN,
        CaseState.CONTACTED,
        CaseState.CLOSED,
    ]
    assert replace(closed, recheck_score=3).state is CaseState.RECOVERED
    assert replace(closed, recheck_score=2).state is CaseState.NOT_RECOVERED
    assert replace(closed, recheck_score=3, withdrawn_at=MONDAY).state is CaseState.WITHDRAWN


def test_a_person_has_one_case_at_a_time_until_it_is_closed_or_taken_back() -> None:
    before, later = MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)
    assert CASE.covers(WORD)
    assert CASE.covers(replace(WORD, said_at=before)), "known only afterwards: they are being heard by now"
    for other in ({"contact_id": 8}, {"contact_id": None}, {"issue_id": "10008"}, {"project_id": "10001"}):
        assert not CASE.covers(replace(WORD, **other))
    assert replace(CASE, contact_id=None).covers(replace(WORD, contact_id=None))
    assert replace(CASE, closed_at=later).covers(WORD)
    assert not replace(CASE, closed_at=before).covers(WORD)
    assert not replace(CASE, withdrawn_at=later).covers(WORD)


def test_only_a_case_without_contact_can_be_overdue() -> None:
    later = MONDAY + timedelta(days=3)
    assert CASE.overdue(later)
    assert not CASE.overdue(MONDAY)
    assert not replace(CASE, contacted_at=later).overdue(later)


def moves(*to: str) -> list[StatusChange]:
    return [
        StatusChange(str(number), MONDAY + timedelta(hours=number), None, "1", status)
        for number, status in enumerate(to)
    ]


def test_leaving_the_first_status_is_the_contact_and_being_done_the_end() -> None:
    assert progress([], CATEGORIES) == Progress(None, None)
    assert progress(moves("2"), CATEGORIES) == Progress(MONDAY, None)
    assert progress(moves("2", "3"), CATEGORIES) == Progress(MONDAY, MONDAY + timedelta(hours=1))
    assert progress(moves("3", "2"), CATEGORIES) == Progress(MONDAY, None), "opened again"
    assert progress(moves("9"), CATEGORIES) == Progress(MONDAY, None), "a status of yesterday"
    assert progress(moves("1"), CATEGORIES) == Progress(None, None)


def test_time_to_contact_is_told_with_its_numbers_and_without_withdrawn_cases() -> None:
    def contacted(hours: int) -> Case:
        return replace(CASE, contacted_at=MONDAY + timedelta(hours=hours))

    cases = [contacted(1), contacted(3), replace(CASE, withdrawn_at=MONDAY), CASE]
    found = loop_time(cases, target_hours=2)
    assert (found.n, found.contacted, found.in_target, found.median_hours) == (3, 2, 1, 2.0)
    assert loop_time([CASE], 16).median_hours is None
    again = [replace(CASE, recheck_score=score) for score in (4, 2, 5)]
    assert (loop_time(again, 16).recovered, loop_time(again, 16).rechecked) == (2, 3)
