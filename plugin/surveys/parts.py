"""Which items stand on which page, and what an answer keeps: pure rules. The anchor comes first and counts at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugin.domain import Item, ItemKind, Turn

COMMENT = "comment"
SCALES = frozenset({ItemKind.EFFORT, ItemKind.INFORMED, ItemKind.NPS})


@dataclass(frozen=True, slots=True)
class Answers:
    """One filled-in page, checked by the form. `score` 1…5 or None where left out; `others` by the keys of the items."""

    score: int | None
    comment: str
    language: str
    others: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> tuple[int | None, str, dict[str, Any]]:
        return self.score, self.comment, dict(self.others)


def first(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The anchor and the words."""
    return items[:1] + tuple(item for item in items[1:] if item.key == COMMENT)


def rest(items: Sequence[Item], in_turn: str, low: bool) -> tuple[Item, ...]:
    """Everything else that this person is asked in this round. `low`: the anchor's answer is a low score."""
    asked = {Turn.ALWAYS: True, Turn.AFTER_LOW: low}
    return tuple(item for item in items[1:] if item.key != COMMENT and asked.get(item.turn, item.key == in_turn))


def with_rest(before: Answers, asked: Sequence[Item], given: Mapping[str, Any]) -> Answers:
    """The answer with its second page. What was asked and left empty is taken out."""
    keys = {item.key for item in asked}
    kept = {key: value for key, value in before.others.items() if key not in keys}
    return Answers(before.score, before.comment, before.language, {**kept, **given})


def without_moot(answers: Answers, items: Sequence[Item], low: bool) -> Answers:
    """The answer without reasons for a low score that is none."""
    moot = set() if low else {item.key for item in items if item.turn is Turn.AFTER_LOW}
    others = {key: value for key, value in answers.others.items() if key not in moot}
    return Answers(answers.score, answers.comment, answers.language, others)


def without_words(others: Mapping[str, Any], items: Sequence[Item]) -> dict[str, Any]:
    """What was chosen, without what was written."""
    chosen = {item.key for item in items if item.kind is not ItemKind.TEXT}
    return {key: value for key, value in others.items() if key in chosen}


def marks(others: Mapping[str, Any], items: Sequence[Item]) -> str:
    """What was said on scales, as JSON that is the same for the same marks; "" for nothing."""
    said = {item.key: others[item.key] for item in items if item.kind in SCALES and item.key in others}
    return json.dumps(said, sort_keys=True) if said else ""
