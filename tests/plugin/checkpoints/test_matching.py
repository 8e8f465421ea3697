"""Which transitions set a checkpoint off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connect import Status
from plugin.checkpoints.matching import Move, matches, matching, needs_workflow
from plugin.checkpoints.workflow import Workflow
from plugin.domain import Checkpoint, Direction

NOW = datetime(2026, 11, 20, tzinfo=UTC)
STORY_TO_REVIEW = Checkpoint(1, "10000", "Review", ("10001",), ("3",), "10001", 1, 2, 14, True, NOW)
ANY_TO_REVIEW = replace(STORY_TO_REVIEW, issue_type_ids=(), from_status_ids=())
WORKFLOW = Workflow(
    (),
    (
        Status("10000", "To Do", "new"),
        Status("10001", "In review", "indeterminate"),
        Status("3", "In Progress", "indeterminate"),
        Status("10002", "Done", "done"),
        Status("10003", "Parked", "undefined"),
    ),
    NOW,
)


@pytest.mark.parametrize(
    ("change", "issue_type", "from_status", "to_status", "expected"),
    [
        ({}, "10001", "3", "10001", True),
        ({}, "10002", "3", "10001", False),
        ({}, "10001", "10000", "10001", False),
        ({}, "10001", "3", "10002", False),
        ({"issue_type_ids": ()}, "10002", "3", "10001", True),
        ({"from_status_ids": ()}, "10001", "10000", "10001", True),
        ({"from_status_ids": ()}, "10001", "10001", "10001", False),
        ({"enabled": False}, "10001", "3", "10001", False),
        ({"starts_on": date(2026, 11, 1), "to_status_id": ""}, "10001", "3", "", False),
    ],
)
def test_type_and_both_statuses_must_fit(
    change: dict[str, object], issue_type: str, from_status: str, to_status: str, expected: bool
) -> None:
    checkpoint = replace(STORY_TO_REVIEW, **change)  # type: ignore[arg-type]
    assert matches(checkpoint, Move(issue_type, from_status, to_status)) is expected


@pytest.mark.parametrize(
    ("direction", "from_status", "expected"),
    [
        (Direction.ANY, "10000", True),
        (Direction.ANY, "unheard-of", True),
        (Direction.FORWARD, "10000", True),
        (Direction.BACK, "10000", False),
        (Direction.FORWARD, "10002", False),
        (Direction.BACK, "10002", True),
        (Direction.BACK, "3", True),  # within a category the order of the workflow counts
        (Direction.FORWARD, "unheard-of", False),
        (Direction.BACK, "unheard-of", False),
    ],
)
def test_the_way_through_the_workflow_must_fit(direction: Direction, from_status: str, expected: bool) -> None:
    checkpoint = replace(ANY_TO_REVIEW, direction=direction)
    assert bool(matching([checkpoint], Move("10001", from_status, "10001"), WORKFLOW)) is expected


def test_without_a_known_workflow_no_way_is_known() -> None:
    move = Move("10001", "3", "10001")
    assert matching([replace(ANY_TO_REVIEW, direction=Direction.FORWARD)], move, None) == []
    assert matching([ANY_TO_REVIEW], move, None) == [ANY_TO_REVIEW]


def test_a_status_without_a_category_lies_between_to_do_and_done() -> None:
    assert WORKFLOW.direction("10000", "10003") is Direction.FORWARD
    assert WORKFLOW.direction("10002", "10003") is Direction.BACK


def test_the_workflow_is_looked_up_only_where_it_decides() -> None:
    move = Move("10001", "3", "10001")
    forward = replace(ANY_TO_REVIEW, direction=Direction.FORWARD)
    assert needs_workflow([ANY_TO_REVIEW, forward], move)
    assert not needs_workflow([ANY_TO_REVIEW], move)
    assert not needs_workflow([forward], Move("10001", "3", "10002"))


def test_a_workflow_is_trusted_for_a_day_and_for_the_statuses_that_it_knows() -> None:
    assert WORKFLOW.tells({"3", "10001"}, NOW + timedelta(hours=23))
    assert not WORKFLOW.tells({"3", "10001"}, NOW + timedelta(hours=24))
    assert not WORKFLOW.tells({"3", "10009"}, NOW)
