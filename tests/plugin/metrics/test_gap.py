"""The team's own estimate beside what customers said."""

from __future__ import annotations

import pytest

from plugin.metrics.gap import Gap, gap, is_flagged


def made(team: float, customers: float, n: int = 8) -> Gap:
    found = gap([(5, n)], [(1, n)])
    assert found is not None
    return Gap(n, team, n, customers, found.shares)


def test_means_and_shares_are_compared_and_no_score_is_left_out() -> None:
    found = gap([(5, 3), (4, 1)], [(4, 2), (2, 1), (1, 1), (None, 7)])
    assert found is not None
    assert (found.team_n, found.team_mean, found.customer_n, found.customer_mean) == (4, 4.75, 4, 2.75)
    assert found.difference == 2.0
    assert found.shares.difference == 0.5
    assert found.shares.interval.low < 0 < found.shares.interval.high


def test_the_interval_is_newcombes() -> None:
    found = gap([(4, 8), (3, 2)], [(5, 5), (1, 5)])
    assert found is not None
    assert (round(found.shares.interval.low, 4), round(found.shares.interval.high, 4)) == (-0.1067, 0.5999)


def test_there_is_no_gap_while_one_side_is_silent() -> None:
    assert gap([], [(5, 1)]) is None
    assert gap([(5, 1)], [(None, 3)]) is None


@pytest.mark.parametrize(
    ("gaps", "flagged"),
    [
        ([made(4, 3), made(5, 4)], True),
        ([made(3, 4), made(2, 4)], True),
        ([made(4, 3), made(4, 3.5), made(4, 3)], False),
        ([made(4, 3), made(3, 4)], False),
        ([made(4, 3)], False),
        ([made(4, 2, n=4), made(4, 2)], False),
        ([], False),
    ],
)
def test_words_need_two_checkpoints_running_in_one_direction_and_five_on_each_side(
    gaps: list[Gap], flagged: bool
) -> None:
    assert is_flagged(gaps) is flagged
