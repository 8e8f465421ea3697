"""What the name of a status or of a kind of work says: pure rules over usual words in seven languages."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from connect import Status
from plugin.domain import Phase

_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def phase_of(status: Status) -> Phase | None:
    """At which moment of a project an issue arrives in this status; None where the customer has nothing to say yet.

    Without a telling name, an end that delivers something is a delivery.
    """
    if status.category == "new" or says(status.name, "internal") or says(status.name, "dismissed"):
        return None
    for name, words in _words()["statuses"].items():
        if _has(status.name, words):
            return Phase(name)
    return Phase.DELIVERY if status.category == "done" else None


def is_incident(type_name: str) -> bool:
    """Whether this kind of work begins with something that went wrong."""
    return says(type_name, "incidents")


def says(name: str, group: str) -> bool:
    return _has(name, _words()[group]["words"])


def _has(name: str, words: Iterable[str]) -> bool:
    plain = _plain(name)
    return any(_finds(_plain(word), plain) for word in words)


def _finds(word: str, name: str) -> bool:
    """Japanese has no blanks between words; elsewhere only a word's beginning counts: "alive" is not live."""
    if _JAPANESE.search(word):
        return word in name
    return re.search(rf"(?<!\w){re.escape(word)}", name) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
