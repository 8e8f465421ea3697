"""Which of the items in turn one person is asked in one round: a pure rule."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.domain import Item, Turn


def in_turn(items: Sequence[Item], contact_id: int, asks_before: int) -> Item | None:
    """Each person meets every item once before any comes again, and in one round people share the items among them.

    `asks_before`: how often this project has asked the person. None where nothing is asked in turn.
    """
    pool = [item for item in items if item.turn is Turn.IN_TURN]
    return pool[(contact_id + asks_before) % len(pool)] if pool else None
