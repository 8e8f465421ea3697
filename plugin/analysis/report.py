"""The numbers of one period: pure rules over counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from plugin.counts import DayCount, Scored
from plugin.domain import Item, ItemKind, Questionnaire
from plugin.metrics.change import Change, PairedChange, newcombe, paired_change
from plugin.metrics.csat import Csat, csat
from plugin.metrics.nps import Nps, nps
from plugin.metrics.shares import Effort, Informed, effort, informed

Key = TypeVar("Key")
ItemAnswers = Sequence[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Beside:
    """What was asked beside the anchor."""

    effort: Effort
    informed: Informed
    nps: Nps


def scores(counts: Iterable[DayCount]) -> Csat:
    return csat((count.score, count.count) for count in counts)


def change(now: Csat, before: Csat) -> Change | None:
    """Between two periods; None where one of them has no answer."""
    return newcombe((now.satisfied, now.n), (before.satisfied, before.n)) if now.n and before.n else None


def by_checkpoint(counts: Iterable[DayCount]) -> dict[int, Csat]:
    return _grouped((count.checkpoint_id, count) for count in counts)


def by_role(counts: Iterable[DayCount]) -> dict[str, Csat]:
    return _grouped((count.role, count) for count in counts)


def _grouped(counts: Iterable[tuple[Key, DayCount]]) -> dict[Key, Csat]:
    found: dict[Key, list[DayCount]] = defaultdict(list)
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


def beside(answers: ItemAnswers, questionnaires: Mapping[int, Questionnaire]) -> Beside:
    """Each kind over all items of that kind."""
    found: dict[ItemKind, Counter[Any]] = defaultdict(Counter)
    items = {key: _by_key(questionnaire) for key, questionnaire in questionnaires.items()}
    for questionnaire_id, given in answers:
        known = items[questionnaire_id]
        for key, value in given.items():
            if key in known and known[key].kind in (ItemKind.EFFORT, ItemKind.INFORMED, ItemKind.NPS):
                found[known[key].kind][value] += 1
    return Beside(
        effort(found[ItemKind.EFFORT].items()),
        informed(found[ItemKind.INFORMED].items()),
        nps(found[ItemKind.NPS].items()),
    )


def _by_key(questionnaire: Questionnaire) -> dict[str, Item]:
    return {item.key: item for item in questionnaire.items}
