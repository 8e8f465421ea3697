"""When the rating of a request is looked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plugin.desk_ratings.looking import next_look
from plugin.desk_ratings.service import DeskRatings

DONE = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "later"), [(0, 1), (1, 3), (2.9, 3), (3, 7), (7, 14), (13.9, 14), (14, None), (400, None)]
)
def test_a_request_is_looked_at_a_few_times_and_then_left_alone(passed: float, later: float | None) -> None:
    expected = None if later is None else DONE + timedelta(days=later)
    assert next_look(DONE, DONE + timedelta(days=passed)) == expected


@pytest.mark.parametrize(
    ("counts", "n", "mean"), [({}, 0, None), ({1: 1}, 1, 1.0), ({5: 2, 4: 1, 1: 1}, 4, 3.75), ({3: 10}, 10, 3.0)]
)
def test_a_mean_is_of_those_who_rated_and_none_is_not_0(counts: dict[int, int], n: int, mean: float | None) -> None:
    ratings = DeskRatings(counts, None)
    assert (ratings.n, ratings.mean) == (n, mean)
