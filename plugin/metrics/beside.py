"""What was asked beside the anchor, each kind over all items of that kind: pure rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.domain import Item, ItemKind, Questionnaire
from plugin.metrics.nps import Nps, nps
from plugin.metrics.shares import Effort, Informed, effort, informed

ItemAnswers = Sequence[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Beside:
    """What was asked beside the anchor."""

    effort: Effort
    informed: Informed
    nps: Nps


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
