"""Satisfaction share and interval, against the published values and an independent judge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from plugin.metrics.csat import bounds, csat, wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (3, 3, 0.4385, 1), (0, 4, 0, 0.4899), (45, 50, 0.7864, 0.9565), (1, 1, 0.2065, 1)],
)
def test_the_interval_has_the_published_values(k: int, n: int, low: float, high: float) -> None:
    interval = wilson(k, n)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_agrees_with_statsmodels(pair: tuple[int, int]) -> None:
    k, n = pair
    interval = wilson(k, n)
    assert (interval.low, interval.high) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-9)


@pytest.mark.parametrize(("k", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_an_impossible_share_is_an_error(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(k, n)


def test_csat_counts_fours_and_fives() -> None:
    found = csat([(5, 3), (4, 1), (3, 2), (1, 2)])
    assert (found.satisfied, found.n, found.share) == (4, 8, 0.5)


def test_answers_without_a_score_leave_the_denominator() -> None:
    assert csat([(5, 1), (None, 9)]).share == 1.0


def test_without_answers_there_is_no_share_rather_than_zero() -> None:
    found = csat([])
    assert (found.n, found.share, found.interval) == (0, None, None)


def test_nobody_satisfied_is_a_share_of_zero() -> None:
    assert csat([(1, 4)]).share == 0.0


def test_bounds_say_what_silence_could_hide() -> None:
    worst_and_best = bounds(satisfied=3, n=4, asked=10)
    assert worst_and_best is not None
    assert (worst_and_best.low, worst_and_best.high) == (0.3, 0.9)


@pytest.mark.parametrize(("n", "asked"), [(0, 0), (4, 31), (5, 4)])
def test_bounds_are_for_small_panels_only(n: int, asked: int) -> None:
    assert bounds(n, n, asked) is None
