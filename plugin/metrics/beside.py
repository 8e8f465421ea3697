"""What was asked beside the anchor, each kind over all items of that kind: pure rules."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plugin.counts import MarkCount
from plugin.domain import Item, ItemKind, Questionnaire
from plugin.metrics.nps import Nps, nps
from plugin.metrics.shares import Effort, Informed, effort, informed


@dataclass(frozen=True, slots=True)
class Beside:
    """What was asked beside the anchor."""

    effort: Effort
    informed: Informed
    nps: Nps


def beside(counts: Iterable[MarkCount], questionnaires: Mapping[int, Questionnaire]) -> Beside:
    """From the marks of answers; those of items that a questionnaire does not have are left out."""
    found: dict[ItemKind, Counter[Any]] = defaultdict(Counter)
    items = {key: _by_key(questionnaire) for key, questionnaire in questionnaires.items()}
    for count in counts:
        known = items[count.questionnaire_id]
        for key, value in json.loads(count.marks).items():
            if key in known:
                found[known[key].kind][value] += count.count
    return Beside(
        effort(found[ItemKind.EFFORT].items()),
        informed(found[ItemKind.INFORMED].items()),
        nps(found[ItemKind.NPS].items()),
    )


def _by_key(questionnaire: Questionnaire) -> dict[str, Item]:
    return {item.key: item for item in questionnaire.items}
