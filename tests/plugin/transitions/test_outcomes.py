"""Which change of an issue a rule of its workflow followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connect import Issue, StatusChange
from plugin.domain import TransitionEvent
from plugin.transitions.outcomes import change_of, name_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENT = TransitionEvent(
    1, "10007", "DEMO-7", "", "unnamed key", "", "", None, NOW, NOW, "", to_status_name="In review", configuration="{}"
)


def change(number: str, to: str, name: str, **ago: int) -> StatusChange:
    return StatusChange(number, NOW - timedelta(**ago), None, "1", to, name)


def issue(*changes: StatusChange, status: str = "4", name: str = "Done") -> Issue:
    more = ("10000", "DEMO", "Demo", "10001", "Story", status, name, "Summary", None, None, None, NOW, changes)
    return Issue("10007", "DEMO-7", *more)


BEFORE = (change("70", "3", "In review", hours=5), change("71", "4", "Done", hours=4))
JUST_NOW = change("72", "3", "In review", seconds=2)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (issue(*BEFORE, JUST_NOW), "72"),
        (issue(*BEFORE), "70"),
        (issue(change("60", "3", "In review", days=3)), None),
        (issue(change("60", "3", "In review", days=3), status="3", name="In review"), "unnamed key"),
        (issue(status="3", name="In review"), "unnamed key"),
        (issue(), None),
    ],
)
def test_the_nearest_change_to_the_status_that_it_names_or_none(found: Issue, expected: str | None) -> None:
    assert change_of(found, EVENT) == expected


def test_an_id_counts_more_than_a_name() -> None:
    assert change_of(issue(*BEFORE, JUST_NOW), replace(EVENT, to_status_id="4")) == "71"


def test_a_rule_that_names_no_status_follows_nothing() -> None:
    assert change_of(issue(JUST_NOW), replace(EVENT, to_status_name="")) is None


def test_a_change_and_each_rule_that_follows_it_have_names_of_their_own() -> None:
    plain, other = replace(EVENT, configuration=None), replace(EVENT, configuration='{"template": "review"}')
    assert len({name_of(each, "72") for each in (EVENT, plain, other)}) == 3
    assert name_of(plain, "72") == "72"
    assert name_of(EVENT, "unnamed key") == "unnamed key"
