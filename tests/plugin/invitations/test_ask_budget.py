"""Quiet period and budget: by cases, and against the rule itself over random calendars."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.asking import AskPolicy
from plugin.domain import SkipReason
from plugin.invitations.ask_budget import blocks, next_free_on

POLICY = AskPolicy(quiet_days=30, asks_per_quarter=4)
FIRST = date(2027, 11, 4)  # the winter that follows has a 29 February

policies = st.builds(AskPolicy, quiet_days=st.integers(0, 60), asks_per_quarter=st.integers(1, 6))
days = st.dates(FIRST, FIRST + timedelta(days=400))


def after(*numbers: int) -> list[date]:
    return [FIRST + timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("asked_on", "day", "policy", "reason", "free_on"),
    [
        ([], 0, POLICY, None, 0),
        ([0], 0, POLICY, SkipReason.QUIET_PERIOD, 30),
        ([0], 29, POLICY, SkipReason.QUIET_PERIOD, 30),
        ([0], 30, POLICY, None, 30),
        ([40], 20, POLICY, SkipReason.QUIET_PERIOD, 70),  # planned for later: it would be disturbed as well
        ([40], 10, POLICY, None, 10),
        ([0, 30, 60], 89, POLICY, SkipReason.QUIET_PERIOD, 90),
        ([0, 30, 60], 90, POLICY, None, 90),
        ([0, 1, 2, 3], 40, AskPolicy(quiet_days=0), SkipReason.BUDGET, 90),
        ([0, 1, 2, 3], 89, AskPolicy(quiet_days=0), SkipReason.BUDGET, 90),
        ([0, 1, 2, 3], 90, AskPolicy(quiet_days=0), None, 90),
        ([1, 2, 3, 90], 0, AskPolicy(quiet_days=0), None, 0),
        ([1, 2, 3, 89], 0, AskPolicy(quiet_days=0), SkipReason.BUDGET, 91),
        ([0], 0, AskPolicy(quiet_days=0), None, 0),
        ([0], 0, AskPolicy(quiet_days=0, asks_per_quarter=1), SkipReason.BUDGET, 90),
        ([0, 40], 129, AskPolicy(asks_per_quarter=1), SkipReason.BUDGET, 130),  # both from a time that allowed more
        ([0, 40], 130, AskPolicy(asks_per_quarter=1), None, 130),
        ([0, 0, 200], 100, AskPolicy(asks_per_quarter=1), None, 100),
    ],
)
def test_the_rules_case_by_case(
    asked_on: list[int], day: int, policy: AskPolicy, reason: SkipReason | None, free_on: int
) -> None:
    (wanted,) = after(day)
    assert blocks(after(*asked_on), wanted, policy) is reason
    assert next_free_on(after(*asked_on), wanted, policy) == after(free_on)[0]


def test_the_next_free_date_counts_the_29th_of_february() -> None:
    assert next_free_on([date(2028, 2, 10)], date(2028, 2, 11), POLICY) == date(2028, 3, 11)
    assert next_free_on([date(2028, 2, 29)], date(2028, 2, 29), POLICY) == date(2028, 3, 30)


def keeps_the_rules(asked_on: list[date], policy: AskPolicy) -> bool:
    """The rule in its plainest words: no two asks too near, and no 90 days with too many."""
    ordered = sorted(asked_on)
    near = any((later - former).days < policy.quiet_days for former, later in pairwise(ordered))
    return not near and all(
        sum(start <= each < start + timedelta(days=90) for each in ordered) <= policy.asks_per_quarter
        for start in ordered
    )


@given(policies, st.lists(days, max_size=30))
def test_whoever_obeys_never_breaks_the_rule(policy: AskPolicy, wanted: list[date]) -> None:
    asked_on: list[date] = []
    for day in wanted:
        if blocks(asked_on, day, policy) is None:
            asked_on.append(day)
        else:
            assert not keeps_the_rules([*asked_on, day], policy)
        assert keeps_the_rules(asked_on, policy)


@given(policies, st.lists(days, max_size=12), days)
def test_the_next_free_date_is_the_first_on_which_nothing_blocks(
    policy: AskPolicy, asked_on: list[date], day: date
) -> None:
    """Whatever was asked before, under this policy or another."""
    free_on = next_free_on(asked_on, day, policy)
    assert free_on >= day
    assert blocks(asked_on, free_on, policy) is None
    assert all(blocks(asked_on, day + timedelta(days=n), policy) for n in range((free_on - day).days))
