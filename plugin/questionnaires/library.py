"""The shipped questions, read once from library.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from plugin.domain import LANGUAGES, Item, ItemKind, Option, Turn

ANCHOR, COMMENT, REASON = "satisfaction", "comment", "reason"
AS_EXPECTED = "as_expected"  # 1 much worse … 3 as expected … 5 much better
FIXED_SCALES = {ItemKind.EFFORT: "effort", ItemKind.INFORMED: "informed", ItemKind.NPS: "nps"}


@cache
def _library() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("library.toml").read_text(encoding="utf-8"))


def template_names(language: str = "en") -> Mapping[str, str]:
    """Key → name, in the order of a project's life; those that can be chosen. English for an unknown language."""
    templates = {key: each for key, each in _library()["templates"].items() if not each.get("alone")}
    return {key: each["name"].get(language, each["name"]["en"]) for key, each in templates.items()}


def is_template(key: str) -> bool:
    """Whether it is shipped, also where nobody can choose it."""
    return key in _library()["templates"]


@cache
def items_of_template(template: str) -> tuple[Item, ...]:
    """Anchor, comment, the reason after a low score, and those asked in turn; some are an anchor alone.

    Raises KeyError.
    """
    shipped = _library()["templates"][template]
    if shipped.get("alone"):
        return (anchor(template),)
    in_turn = (item(key, Turn.IN_TURN) for key in shipped["in_turn"])
    return anchor(template), comment(), item(REASON, Turn.AFTER_LOW), *in_turn


def anchor(template: str) -> Item:
    """Raises KeyError."""
    texts = _library()["templates"][template]
    return Item(ANCHOR, ItemKind.RATING, {each: texts[each] for each in LANGUAGES}, scale="satisfaction")


def comment() -> Item:
    texts = _library()["comment"]
    return Item(COMMENT, ItemKind.TEXT, texts["text"], after_low=texts["after_low"])


def item(key: str, turn: Turn) -> Item:
    """One of the questions that can stand beside the anchor. Raises KeyError."""
    shipped = _library()["items"][key]
    kind = ItemKind(shipped["kind"])
    options = tuple(Option(name, text) for name, text in shipped.get("options", {}).items())
    return Item(key, kind, shipped["text"], turn, shipped.get("scale", FIXED_SCALES.get(kind, "")), options)


def keys_beside_the_anchor() -> tuple[str, ...]:
    """Of all questions that can be asked always or in turn."""
    return tuple(key for key in _library()["items"] if key != REASON)


def scale_words(language: str, scale: str = "satisfaction") -> tuple[str, ...]:
    """The words of a scale's steps, lowest first; English for an unknown language. Raises KeyError."""
    words = _library()["scales"][scale]
    return tuple(words.get(language, words["en"]))


def steps(item: Item, language: str) -> tuple[tuple[str, str], ...]:
    """What can be chosen, as (value, words), lowest first. Words may be "". Nothing for a free text."""
    if item.kind is ItemKind.TEXT:
        return ()
    if item.kind is ItemKind.CHOICE:
        return tuple((option.key, option.wording(language)) for option in item.options)
    words = scale_words(language, item.scale)
    if item.kind is ItemKind.INFORMED:
        return tuple(zip(("too_little", "about_right", "too_much"), words, strict=True))
    if item.kind is ItemKind.NPS:
        return ("0", words[0]), *((str(value), "") for value in range(1, 10)), ("10", words[1])
    return tuple((str(value), word) for value, word in enumerate(words, 1))


def reason_words(language: str) -> dict[str, str]:
    """Key of each reason for a low score → its words."""
    return dict(steps(item(REASON, Turn.AFTER_LOW), language))
