"""The shipped questions, read once from library.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from plugin.domain import LANGUAGES, Item, ItemKind


@cache
def _library() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("library.toml").read_text(encoding="utf-8"))


def template_names() -> Mapping[str, str]:
    """Key → English name, in the order of a project's life."""
    return {key: template["name"] for key, template in _library()["templates"].items()}


def items_of_template(template: str) -> tuple[Item, ...]:
    """The anchor and the comment of a shipped template. Raises KeyError."""
    texts = _library()["templates"][template]
    anchor = Item("satisfaction", ItemKind.RATING, {each: texts[each] for each in LANGUAGES}, scale="satisfaction")
    return anchor, Item("comment", ItemKind.TEXT, _library()["comment"])


def scale_words(language: str) -> tuple[str, ...]:
    """The words for 1 to 5, worst first; English for an unknown language."""
    scale = _library()["scale"]
    return tuple(scale.get(language, scale["en"]))
