"""Differences between two times, against published values and an independent judge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from plugin.metrics.change import newcombe, paired_change

SHARE = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("later", "earlier", "difference", "low", "high", "tells"),
    [
        ((8, 10), (5, 10), 0.300, -0.1067, 0.5999, False),
        ((40, 50), (30, 50), 0.200, 0.0201, 0.3636, True),
        ((30, 50), (40, 50), -0.200, -0.3636, -0.0201, True),
    ],
)
def test_two_groups_have_the_published_values(
    later: tuple[int, int], earlier: tuple[int, int], difference: float, low: float, high: float, tells: bool
) -> None:
    change = newcombe(later, earlier)
    found = (change.difference, change.interval.low, change.interval.high)
    assert found == pytest.approx((difference, low, high), abs=5e-5)
    assert change.tells is tells


@given(SHARE, SHARE)
def test_two_groups_agree_with_statsmodels(later: tuple[int, int], earlier: tuple[int, int]) -> None:
    change = newcombe(later, earlier)
    expected = confint_proportions_2indep(*later, *earlier, method="newcomb", compare="diff")
    assert (change.interval.low, change.interval.high) == pytest.approx(expected, abs=1e-9)


def test_the_same_people_are_compared_one_by_one() -> None:
    change = paired_change([(5, 3), (4, 4), (2, 3), (3, 5)])
    assert (change.down, change.same, change.up, change.pairs) == (1, 1, 2, 4)


def test_without_pairs_nothing_changed() -> None:
    assert paired_change([]).pairs == 0
