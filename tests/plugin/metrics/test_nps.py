"""Net promoter score against computed values: with few answers it says almost nothing, and shows so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.metrics.nps import adjusted_wald, nps


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "estimate", "low", "high", "points"),
    [(12, 5, 3, 39.1, 8.4, 69.8, 45), (3, 1, 1, 25.0, -29.8, 79.8, 40), (60, 25, 15, 43.7, 29.3, 58.0, 45)],
)
def test_the_interval_has_the_published_values(
    promoters: int, passives: int, detractors: int, estimate: float, low: float, high: float, points: float
) -> None:
    found = nps([(10, promoters), (8, passives), (0, detractors)])
    assert found.interval is not None
    assert (found.estimate, found.interval.low, found.interval.high) == pytest.approx((estimate, low, high), abs=0.05)
    assert found.points == pytest.approx(points)


def test_nines_promote_and_sixes_detract() -> None:
    found = nps([(9, 1), (8, 1), (7, 1), (6, 1), (None, 5)])
    assert (found.promoters, found.passives, found.detractors, found.n) == (1, 2, 1, 4)


def test_without_answers_there_is_no_score_rather_than_zero() -> None:
    found = nps([])
    assert (found.n, found.points, found.interval) == (0, None, None)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_the_interval_stays_on_the_scale(promoters: int, passives: int, detractors: int) -> None:
    estimate, interval = adjusted_wald(promoters, passives, detractors)
    assert -100 <= interval.low <= estimate <= interval.high <= 100
