"""What a gate asks for, as its page in Jira's workflow saves it: pure rules.

Jira itself decides, by the expression in atlassian-connect.json, over this configuration and the issue's property.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HIGHEST = 5  # of the score; a minimum of 0 asks only that somebody answered
LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Gate:
    """`type_ids` empty: every issue type. `text` tells a person how to pass; only a validator can show it."""

    minimum: int = 0
    type_ids: tuple[str, ...] = ()
    text: str = ""
    waivable: bool = True


def read(saved: str) -> Gate:
    """The gate that a page saved; what cannot be read is left at its default, as anybody may edit the text in Jira."""
    try:
        found = json.loads(saved)
    except (ValueError, RecursionError):
        return Gate()
    return _gate(found) if isinstance(found, dict) else Gate()


def _gate(found: Mapping[str, Any]) -> Gate:
    minimum, types, text = found.get("minimum"), found.get("types"), found.get("text")
    return Gate(
        minimum=minimum if type(minimum) is int and 0 <= minimum <= HIGHEST else 0,
        type_ids=tuple(item for item in types if isinstance(item, str)) if isinstance(types, list) else (),
        text=text[:LONGEST_TEXT] if isinstance(text, str) else "",
        waivable=found.get("waivable") is not False,
    )
