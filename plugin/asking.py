"""Nouns of asking that slices share: how a site asks, about what, how often somebody was asked, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from plugin.domain import Checkpoint, SkipReason


@dataclass(frozen=True, slots=True)
class AskPolicy:
    """How a site asks. Whoever is asked is left alone for `quiet_days`, and asked `asks_per_quarter` times in 90 days.

    Mail leaves from `sending_from_hour` to before `sending_until_hour` (0…24) of the contact's own clock.
    `internal_domains` (lower case) are never asked. `storm_cap` is how many one checkpoint asks in an hour.
    """

    quiet_days: int = 30
    asks_per_quarter: int = 4
    internal_domains: tuple[str, ...] = ()
    storm_cap: int = 50
    sending_from_hour: int = 9
    sending_until_hour: int = 17
    working_days_only: bool = True
    oldest_event_days: int = 7


@dataclass(frozen=True, slots=True)
class Occasion:
    """What somebody is asked about. `context` is what the issue looked like then: the answer belongs to that."""

    event_id: int
    issue_id: str
    issue_key: str
    project_id: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HeldAsk:
    """An ask that a storm holds back. `id` is its skip's."""

    id: int
    contact_id: int
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class AskLoad:
    """How often one person was asked in the last 60 days, and from when on they may be asked again (None: now)."""

    asks: int
    projects: int
    free_on: date | None


@dataclass(frozen=True, slots=True)
class AskCount:
    """How the asks of one checkpoint went. Every ask is in exactly one of `answered`, `silent`, `failed` and `open`."""

    checkpoint_id: int
    asked: int
    answered: int
    silent: int  # the mail left, the time is over, no answer
    failed: int  # the mail never left: not delivered, which is not silence
    first_at: datetime
    last_at: datetime

    @property
    def open(self) -> int:
        return self.asked - self.answered - self.silent - self.failed


@dataclass(frozen=True, slots=True)
class Skip:
    """The recorded decision not to ask. `contact_id` is None where there was nobody at all, or with an `account_id` for
    somebody whom Jira names and who is no contact.

    `free_on` is the first day, in the contact's own calendar, on which the reason does not stand any more, if ever.
    """

    id: int
    checkpoint_id: int
    event_id: int
    issue_id: str
    issue_key: str
    project_id: str
    contact_id: int | None
    reason: SkipReason
    skipped_at: datetime
    free_on: date | None = None
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """An ask that is decided; its mail is due at `ask_at`."""

    invitation_id: int
    ask_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """The asks that are planned, and the checkpoints that began to hold theirs because too much happens at once.

    `news`: something was decided that the issue's fields tell; a held ask is none, and there may be thousands.
    """

    planned: tuple[Planned, ...] = ()
    storms: tuple[Checkpoint, ...] = ()
    news: bool = False

    def __add__(self, other: Decided) -> Decided:
        return Decided(self.planned + other.planned, self.storms + other.storms, self.news or other.news)
