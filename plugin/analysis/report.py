"""The numbers of one period: pure rules over counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from plugin.counts import Scored, WeekCount
from plugin.metrics.change import Change, PairedChange, newcombe, paired_change
from plugin.metrics.csat import Csat, csat

Key = TypeVar("Key")


def scores(counts: Iterable[WeekCount]) -> Csat:
    return csat((count.score, count.count) for count in counts)


def scores_of(counts: Iterable[WeekCount], checkpoint_id: int) -> list[tuple[int | None, int]]:
    """(score, how many) at one checkpoint."""
    return [(count.score, count.count) for count in counts if count.checkpoint_id == checkpoint_id]


def change(now: Csat, before: Csat) -> Change | None:
    """Between two periods; None where one of them has no answer."""
    return newcombe((now.satisfied, now.n), (before.satisfied, before.n)) if now.n and before.n else None


def by_checkpoint(counts: Iterable[WeekCount]) -> dict[int, Csat]:
    return _grouped((count.checkpoint_id, count) for count in counts)


def by_role(counts: Iterable[WeekCount]) -> dict[str, Csat]:
    return _grouped((count.role, count) for count in counts)


def _grouped(counts: Iterable[tuple[Key, WeekCount]]) -> dict[Key, Csat]:
    found: dict[Key, list[WeekCount]] = defaultdict(list)
    for key, count in counts:
        found[key].append(count)
    return {key: scores(group) for key, group in found.items()}


def same_people(scored: Sequence[Scored], series: Mapping[int, tuple[int, int]]) -> PairedChange:
    """From each person's last two scores, older first; only where both belong to one series of wording."""
    pairs = []
    for _, group in groupby(scored, key=lambda one: one.contact_id):
        both = list(group)
        if len(both) == 2 and series[both[0].questionnaire_id] == series[both[1].questionnaire_id]:
            pairs.append((both[0].score, both[1].score))
    return paired_change(pairs)
