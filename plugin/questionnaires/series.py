"""Where a change of wording starts a new series of numbers: pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from plugin.domain import Item, Questionnaire


def series(versions: Sequence[Questionnaire]) -> Mapping[int, int]:
    """Questionnaire id → number of its series, 0 for the first. `versions` of one survey, oldest first.

    Numbers rest on the anchor: the other items may change without a break.
    """
    numbers = {version.id: 0 for version in versions[:1]}
    for before, after in pairwise(versions):
        numbers[after.id] = numbers[before.id] + (not comparable(before.anchor, after.anchor))
    return numbers


def comparable(before: Item, after: Item) -> bool:
    """Whether answers to both can be one series: same scale, and same words in each language that both have.

    A language that is added changes nothing for those who were asked in another.
    """
    if (before.key, before.kind, before.scale) != (after.key, after.kind, after.scale):
        return False
    return all(after.text[language] == words for language, words in before.text.items() if language in after.text)
