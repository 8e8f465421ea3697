"""How far asks came."""

from __future__ import annotations

from plugin.analysis.funnel import Funnel, by, funnel
from plugin.counts import FunnelCount, Reached

COUNTS = [
    FunnelCount(1, 7, Reached.ANSWERED, begun=False, count=2),
    FunnelCount(1, 7, Reached.SILENT, begun=True, count=2),
    FunnelCount(1, 7, Reached.OPEN, begun=False, count=1),
    FunnelCount(1, 7, Reached.FAILED, begun=True, count=1),
    FunnelCount(2, 7, Reached.OPEN, begun=False, count=1),
    FunnelCount(2, 8, Reached.ANSWERED, begun=True, count=1),
    FunnelCount(2, 8, Reached.OPEN, begun=True, count=1),
    FunnelCount(2, 8, Reached.UNSENT, begun=True, count=1),
]


def test_steps_are_summed_over_people_and_by_what_is_asked_for() -> None:
    assert funnel(COUNTS) == Funnel(10, 8, 6, 3, 2, 1)
    assert by(COUNTS, lambda count: count.checkpoint_id) == {1: Funnel(6, 5, 4, 2, 2, 1), 2: Funnel(4, 3, 2, 1, 0, 0)}


def test_the_rate_is_of_what_was_delivered_and_0_is_not_missing() -> None:
    assert funnel(COUNTS).rate == 3 / 8
    silent = Funnel(asked=4, delivered=4, silent=4)
    assert silent.rate == 0
    assert silent.interval is not None
    assert round(silent.interval.high, 4) == 0.4899
    nothing = Funnel(asked=2, failed=2)
    assert nothing.rate is None
    assert nothing.interval is None
