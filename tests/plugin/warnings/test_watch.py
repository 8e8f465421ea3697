"""The watch does what its description says: rarely rings for nothing, and finds a fall."""

from __future__ import annotations

import math
import random

import pytest

from plugin.warnings.watch import SIGMA, watch

PROJECTS = 2000
QUIET = range(1, 6)  # the first round has nobody to compare with; everybody drops in the seventh


def a_project(rng: random.Random, people: int) -> list[dict[int, float]]:
    """Eight rounds: people differ (0.45 round 4.2), waver (0.55), answer 65 of 100 times, and drop by 0.9 in the seventh."""
    used_to = [rng.gauss(4.2, 0.45) for _ in range(people)]
    return [
        {
            who: float(min(5, max(1, round(level - (0.9 if number >= 6 else 0) + rng.gauss(0, 0.55)))))
            for who, level in enumerate(used_to)
            if rng.random() < 0.65
        }
        for number in range(8)
    ]


@pytest.mark.parametrize(
    ("people", "weight", "width", "false_percent", "found_percent"),
    [(3, 0.5, 1.6, 5, 67), (5, 0.5, 1.6, 5, 85), (12, 0.5, 1.6, 5, 99), (5, 0.4, 1.8, 4, 75), (12, 0.4, 1.8, 4, 98)],
)
def test_it_rings_as_rarely_and_finds_as_much_as_we_say(
    people: int, weight: float, width: float, false_percent: float, found_percent: float
) -> None:
    rng = random.Random(20261122)
    false = found = 0
    for _ in range(PROJECTS):
        looks = watch(a_project(rng, people), weight, width)
        false += sum(looks[number].rings for number in QUIET)
        found += looks[6].rings or looks[7].rings
    # Figures are given in whole per cent; the rest is the error of this many draws (three standard errors).
    assert 100 * false / (PROJECTS * len(QUIET)) == pytest.approx(false_percent, abs=0.5 + error(false_percent, 5))
    assert 100 * found / PROJECTS == pytest.approx(found_percent, abs=0.5 + error(found_percent, 1))


def error(percent: float, rounds: int) -> float:
    return 300 * math.sqrt(percent / 100 * (1 - percent / 100) / (PROJECTS * rounds))


def test_the_sums_are_those_of_the_definition() -> None:
    first, second, third = watch([{1: 5, 2: 4}, {1: 3, 3: 5}, {1: 3, 2: 2}])
    assert (first.pairs, first.rings) == (0, False)
    assert (second.pairs, second.change, second.level) == (1, -2, -1)
    assert second.limit == pytest.approx(1.6 * math.sqrt(0.25 * SIGMA**2))
    assert third.change == pytest.approx(((3 - 4) + (2 - 4)) / 2)
    assert third.level == pytest.approx(0.5 * -1.5 + 0.5 * -1)
    assert third.limit == pytest.approx(1.6 * math.sqrt(0.25 * SIGMA**2 / 2 + 0.25 * 0.25 * SIGMA**2))
    assert second.rings
    assert third.rings


def test_a_round_of_newcomers_changes_nothing() -> None:
    looks = watch([{1: 5}, {1: 3}, {2: 1}])
    assert looks[2].pairs == 0
    assert looks[2].level == looks[1].level
    assert not looks[2].rings


def test_with_many_pairs_the_spread_is_estimated() -> None:
    steady = [dict.fromkeys(range(101), 4.0) for _ in range(4)]
    assert [look.limit > 0 for look in watch(steady)] == [False, True, True, True]
    assert watch(steady)[3].limit < watch(steady)[2].limit / 1.9, "two hundred pairs without any change: no spread"
