"""What sets a checkpoint off besides its own status or calendar: a rule of a workflow, or a person. Pure rules.

A rule stands on a transition of a workflow that several projects may share, and says what it wants asked; each of them gets
a checkpoint of its own for that, which its project admins tune and pause like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugin.domain import Role
from plugin.questionnaires import library

USUAL = "delivery"
REPORTER = "reporter"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a rule wants: a shipped survey, and whom to ask. `roles` empty: all contacts of the issue's customer.

    `field` is "reporter" or "".
    """

    template: str = USUAL
    roles: tuple[Role, ...] = ()
    field: str = ""

    @property
    def starter(self) -> str:
        """The same for every rule that wants the same."""
        return " ".join(("rule", self.template, ",".join(self.roles) or "all", self.field)).strip()


def by_hand(template: str) -> str:
    """The starter of what somebody asks from an issue. `template`: an entry of the project's list of surveys."""
    return f"hand {template}"


def read(saved: str) -> Wish:
    """What a page saved; what cannot be read is left at its default, as anybody may edit the text in Jira."""
    try:
        found = json.loads(saved)
    except (ValueError, RecursionError):
        return Wish()
    return _wish(found) if isinstance(found, dict) else Wish()


def _wish(found: Mapping[str, Any]) -> Wish:
    template, roles = found.get("template"), found.get("roles")
    chosen = roles if isinstance(roles, list) else []
    return Wish(
        template=template if isinstance(template, str) and template in library.template_names() else USUAL,
        roles=tuple(role for role in Role if role in chosen),
        field=REPORTER if found.get("audience") == REPORTER else "",
    )
