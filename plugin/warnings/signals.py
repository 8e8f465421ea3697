"""Signs beside the score: a key person who says nothing or expected more, something overdue, a concern that nobody answered.

Pure rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from plugin.activities.service import Line
from plugin.cases.service import Case
from plugin.domain import Contact, Invitation, Response, Role
from plugin.questionnaires import library
from plugin.warnings.watch import Look

KEY_ROLES = frozenset({Role.SPONSOR, Role.KEY_USER})
SILENT_ASKS = 2
WORSE = 2  # and 1, much worse; 3 is as expected


class Sign(StrEnum):
    """What a warning rests on."""

    FALLING = "falling"  # the paired watch rings
    MISSED = "missed"  # a key person says that it turned out worse than expected
    SILENT = "silent"  # a key person did not answer twice in a row
    OVERDUE = "overdue"  # an activity should have been done
    UNANSWERED = "unanswered"  # a low answer, and nobody spoke with the customer in time


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to look. `about` names what it is about ("contact:7"); `facts` hold what its sentence needs, no names."""

    sign: Sign
    about: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def falling(looks: Sequence[Look], asked_in: Sequence[date]) -> list[Signal]:
    """Whether the newest round that had somebody to compare rings. `asked_in`: the first day of each round."""
    heard = [(look, day) for look, day in zip(looks, asked_in, strict=True) if look.pairs]
    if not heard or not heard[-1][0].rings:
        return []
    look, day = heard[-1]
    return [Signal(Sign.FALLING, "project", {"pairs": look.pairs, "change": round(look.change, 2), "since": str(day)})]


def silent(people: Iterable[Contact], asks: Iterable[Invitation], now: datetime) -> list[Signal]:
    """Key people whose last two asks ended without an answer. Asks that still run, or never left, say nothing."""
    ended: dict[int, list[bool]] = {}
    for ask in sorted(asks, key=lambda ask: (ask.created_at, ask.id)):
        if ask.answered_at is not None or ask.silent(now):
            ended.setdefault(ask.contact_id, []).append(ask.answered_at is None)
    keys = [person for person in people if person.role in KEY_ROLES]
    return [
        Signal(Sign.SILENT, f"contact:{person.id}", {"role": person.role, "asks": SILENT_ASKS})
        for person in keys
        if len(ended.get(person.id, [])) >= SILENT_ASKS and all(ended[person.id][-SILENT_ASKS:])
    ]


def missed(people: Iterable[Contact], responses: Iterable[Response]) -> list[Signal]:
    """Key people whose newest word on how it turned out, compared with what they expected, is worse or much worse. Answers
    without such a word say nothing. `responses`: newest first."""
    newest: dict[int, int] = {}
    for response in responses:
        word = response.answers.get(library.AS_EXPECTED)
        if isinstance(word, int):
            newest.setdefault(response.contact_id, word)
    return [
        Signal(Sign.MISSED, f"contact:{person.id}", {"role": person.role, "word": newest[person.id]})
        for person in people
        if person.role in KEY_ROLES and newest.get(person.id, WORSE + 1) <= WORSE
    ]


def overdue(lines: Iterable[Line], today: date) -> list[Signal]:
    """Planned activities whose day has passed. Cases have a sign of their own."""
    return [
        Signal(Sign.OVERDUE, line.key, {"title": line.title, "planned_on": str(line.planned_on)})
        for line in lines
        if line.overdue(today) and line.key.startswith("activity:")
    ]


def unanswered(cases: Iterable[Case], now: datetime) -> list[Signal]:
    return [
        Signal(Sign.UNANSWERED, f"case:{case.id}", {"issue": case.issue_key, "due_at": case.due_at.isoformat()})
        for case in cases
        if case.overdue(now)
    ]
