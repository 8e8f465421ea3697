"""How far asks came, from delivered mail to the answer: pure rules over counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from plugin.counts import FunnelCount, Reached
from plugin.domain import Role
from plugin.metrics.csat import Interval, wilson

Key = TypeVar("Key", int, Role)
DELIVERED = frozenset({Reached.OPEN, Reached.SILENT, Reached.ANSWERED})


@dataclass(frozen=True, slots=True)
class Funnel:
    """Each step is a part of the one before; silent and failed (not delivered) stand apart.

    The rate is answered ÷ delivered: mail that was not delivered is nobody's silence (AAPOR RR1, which also has those still
    open among the delivered).
    """

    asked: int = 0
    delivered: int = 0
    begun: int = 0
    answered: int = 0
    silent: int = 0
    failed: int = 0

    @property
    def rate(self) -> float | None:
        """0…1; None where no mail was delivered."""
        return self.answered / self.delivered if self.delivered else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.answered, self.delivered) if self.delivered else None


def funnel(counts: Iterable[FunnelCount]) -> Funnel:
    """All of these together. Who answered had begun, whether or not that was noted."""
    reached: Counter[Reached] = Counter()
    begun = 0
    for count in counts:
        reached[count.reached] += count.count
        if count.reached is Reached.ANSWERED or (count.begun and count.reached in DELIVERED):
            begun += count.count
    return Funnel(
        asked=reached.total(),
        delivered=sum(reached[each] for each in DELIVERED),
        begun=begun,
        answered=reached[Reached.ANSWERED],
        silent=reached[Reached.SILENT],
        failed=reached[Reached.FAILED],
    )


def by(counts: Iterable[FunnelCount], key: Callable[[FunnelCount], Key]) -> Mapping[Key, Funnel]:
    groups: dict[Key, list[FunnelCount]] = defaultdict(list)
    for count in counts:
        groups[key(count)].append(count)
    return {each: funnel(group) for each, group in groups.items()}
