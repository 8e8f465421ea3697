"""What changed between two times: pure rules. Between other people, and of the same people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from plugin.metrics.csat import Interval, wilson


@dataclass(frozen=True, slots=True)
class Change:
    """A difference, later less earlier, with its 95 % interval; in the unit of what was compared."""

    difference: float
    interval: Interval

    @property
    def tells(self) -> bool:
        """Whether the interval leaves out 0: else the two cannot be told apart."""
        return self.interval.low > 0 or self.interval.high < 0


def newcombe(later: tuple[int, int], earlier: tuple[int, int]) -> Change:
    """Of two shares of different people, each as (k, n) with n ≥ 1. Not for the same people twice.

    Source: R. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17, 1998, method 10.
    """
    p1, p2 = later[0] / later[1], earlier[0] / earlier[1]
    return mover(p1, wilson(*later), p2, wilson(*earlier))


def mover(later: float, later_interval: Interval, earlier: float, earlier_interval: Interval) -> Change:
    """Of two independent estimates with intervals of their own: the distances to the bounds are squared and added.

    Source: G. Zou and A. Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 27,
    2008.
    """
    low = math.hypot(later - later_interval.low, earlier_interval.high - earlier)
    high = math.hypot(later_interval.high - later, earlier - earlier_interval.low)
    difference = later - earlier
    return Change(difference, Interval(difference - low, difference + high))


@dataclass(frozen=True, slots=True)
class PairedChange:
    """How the same people moved from their earlier to their later answer. pairs = down + same + up."""

    down: int
    same: int
    up: int

    @property
    def pairs(self) -> int:
        return self.down + self.same + self.up


def paired_change(answers: Iterable[tuple[int, int]]) -> PairedChange:
    """From (earlier, later) scores, one pair for each person who gave both. Down and up are by one step or more."""
    differences = [later - earlier for earlier, later in answers]
    down = sum(difference <= -1 for difference in differences)
    up = sum(difference >= 1 for difference in differences)
    return PairedChange(down, len(differences) - down - up, up)
