"""A trial run in numbers and, for each person, in one sentence's worth of facts: pure rules."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from plugin.domain import Contact, SkipReason
from plugin.suggestions.trial import Verdict

_LINES = 40  # of each person the newest are shown; all are counted


@dataclass
class OfPerson:
    """What would have become of one person: how often asked, and how often not for which reason."""

    contact: Contact | None
    account_id: str
    asked: int = 0
    reasons: Counter[SkipReason] = field(default_factory=Counter)
    newest: deque[Verdict] = field(default_factory=lambda: deque(maxlen=_LINES))

    @property
    def not_asked(self) -> int:
        return sum(self.reasons.values())

    def add(self, verdict: Verdict) -> None:
        self.newest.appendleft(verdict)
        if verdict.reason is None:
            self.asked += 1
        else:
            self.reasons[verdict.reason] += 1


@dataclass
class Summary:
    """Of a whole run. `gaps` are occurrences at which there was nobody at all; `unheard` those that asked nobody.

    `stopped_at`: what happened from then on was too much to look at.
    """

    people: list[OfPerson]
    gaps: OfPerson
    occurrences: int
    unheard: int
    stopped_at: datetime | None = None

    @property
    def asked(self) -> int:
        return sum(person.asked for person in self.people)

    @property
    def people_asked(self) -> int:
        return sum(person.asked > 0 for person in self.people)


def summarise(verdicts: Iterable[Verdict]) -> Summary:
    """People who would have been asked most come first."""
    people: dict[tuple[int | None, str], OfPerson] = {}
    gaps = OfPerson(None, "")
    heard: dict[int, bool] = {}
    for verdict in verdicts:
        heard[id(verdict.occurrence)] = heard.get(id(verdict.occurrence), False) or verdict.reason is None
        if verdict.contact is None and not verdict.account_id:
            gaps.add(verdict)
            continue
        key = (verdict.contact.id if verdict.contact else None, verdict.account_id)
        people.setdefault(key, OfPerson(verdict.contact, verdict.account_id)).add(verdict)
    ordered = sorted(people.values(), key=lambda person: (-person.asked, -person.not_asked, person.account_id))
    return Summary(ordered, gaps, len(heard), sum(not each for each in heard.values()))
