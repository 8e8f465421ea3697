"""Items as they are kept, and which of them one person is asked: pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugin.domain import Item, ItemKind, Option, Turn

MOST_ITEMS = 4  # that one person is ever asked in one survey


def packed(items: Iterable[Item]) -> list[dict[str, Any]]:
    """As JSON: [{"key", "kind", "text": {language: wording}, "turn", "scale", "options", "after_low"}]."""
    return [
        {
            "key": item.key,
            "kind": item.kind.value,
            "text": dict(item.text),
            "turn": item.turn.value,
            "scale": item.scale,
            "options": [{"key": option.key, "text": dict(option.text)} for option in item.options],
            "after_low": dict(item.after_low),
        }
        for item in items
    ]


def unpacked(stored: Iterable[Mapping[str, Any]]) -> tuple[Item, ...]:
    """The items that `packed` was given."""
    return tuple(
        Item(
            key=item["key"],
            kind=ItemKind(item["kind"]),
            text=item["text"],
            turn=Turn(item["turn"]),
            scale=item["scale"],
            options=tuple(Option(option["key"], option["text"]) for option in item["options"]),
            after_low=item["after_low"],
        )
        for item in stored
    )


def most_asked(items: Sequence[Item]) -> int:
    """How many of these items one person can be asked: all of `always`, one in turn, and those after a low score."""
    turns = [item.turn for item in items]
    return turns.count(Turn.ALWAYS) + min(1, turns.count(Turn.IN_TURN)) + turns.count(Turn.AFTER_LOW)
