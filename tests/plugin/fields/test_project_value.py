"""What the property of a project says."""

from __future__ import annotations

from datetime import date

from plugin.fields.project_value import project_value
from plugin.metrics.csat import csat
from plugin.metrics.shares import informed

ON = date(2026, 5, 4)


def test_a_project_has_its_shares_with_n_interval_and_date() -> None:
    value = project_value(csat([(5, 8), (2, 2)]), informed([("too_little", 1), ("about_right", 3)]), 3, 8, 2, ON)
    assert value == {
        "csat": 80.0, "low": 49.0, "high": 94.3, "n": 10, "informed": 75.0, "informedN": 4,
        "heard": 3, "listed": 8, "coverage": 37.5, "warnings": 2, "days": 90, "asOf": "2026-05-04",
    }  # fmt: skip


def test_what_nobody_has_said_is_missing_and_a_count_of_0_is_0() -> None:
    assert project_value(csat([]), informed([]), 0, 0, 0, ON) == {
        "n": 0, "informedN": 0, "heard": 0, "listed": 0, "warnings": 0, "days": 90, "asOf": "2026-05-04",
    }  # fmt: skip
    assert project_value(csat([(1, 4)]), informed([]), 0, 2, 0, ON).items() >= {"csat": 0.0, "coverage": 0.0}.items()
