"""Nouns that several slices share: frozen, without behaviour beyond their own data. Times are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

# Languages in which a customer can be asked, by BCP 47 tag, each in its own name.
LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt": "Português",
    "ja": "日本語",
    "ar": "العربية",
}
RIGHT_TO_LEFT = frozenset({"ar"})


class Role(StrEnum):
    """What a contact is to the project. Sponsors and key users are key roles: their silence counts more."""

    SPONSOR = "sponsor"
    KEY_USER = "key_user"
    USER = "user"


KEY_ROLES = frozenset({Role.SPONSOR, Role.KEY_USER})


@dataclass(frozen=True, slots=True)
class Customer:
    """An organisation, shared by all projects of a site."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a customer who can be asked. `email` may be "" while nobody has entered it.

    `country` (ISO 3166, two letters) knows the holidays, `account_id` is the person's own in Jira; either may be "".
    """

    id: int
    customer_id: int
    name: str
    email: str
    language: str
    time_zone: str
    role: Role
    opted_out_at: datetime | None
    refused_at: datetime | None  # when a mail server said for good that the address does not work
    refusal: str
    country: str = ""
    account_id: str = ""
    removed_at: datetime | None = None


class ItemKind(StrEnum):
    """What an answer to an item looks like. Scales are never pooled with one another."""

    RATING = "rating"  # 1 to 5, each step with its words
    EFFORT = "effort"  # 1 to 7, how far somebody agrees that it was easy
    NPS = "nps"  # 0 to 10
    INFORMED = "informed"  # too little, about right, too much
    CHOICE = "choice"  # any number of a list
    TEXT = "text"  # free


class Turn(StrEnum):
    """When an item is asked."""

    ALWAYS = "always"
    IN_TURN = "in_turn"  # one of these in each round
    AFTER_LOW = "after_low"  # only after a low score


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a list to choose from."""

    key: str
    text: Mapping[str, str]

    def wording(self, language: str) -> str:
        return self.text.get(language) or self.text["en"]


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a survey. `text` maps a language to the wording; English is always there.

    `scale` names the words of a rating's steps. `after_low` is how a text is asked for after a low score, where that
    differs.
    """

    key: str
    kind: ItemKind
    text: Mapping[str, str]
    turn: Turn = Turn.ALWAYS
    scale: str = ""
    options: tuple[Option, ...] = ()
    after_low: Mapping[str, str] = field(default_factory=dict)

    def wording(self, language: str) -> str:
        return self.text.get(language) or self.text["en"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What can be asked, in any number of versions. `project_id` is "" for one that every project of a site can use.

    `template` is the key of the shipped survey that it is, or was made from; `name` is "" for a shipped one.
    """

    id: int
    project_id: str
    template: str
    name: str


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One version of a survey's wording. The first item is the anchor: the score that numbers rest on."""

    id: int
    survey_id: int
    version: int
    items: tuple[Item, ...]
    edit_minutes: int  # how long an answer can be changed
    created_at: datetime

    @property
    def anchor(self) -> Item:
        return self.items[0]


class RepeatRule(StrEnum):
    """How often one checkpoint may ask the same person, besides what the site's own limits allow."""

    ALWAYS = "always"
    ONCE_PER_ISSUE = "once_per_issue"
    ONCE_PER_PERSON = "once_per_person"


class Direction(StrEnum):
    """Which way through the workflow: towards done, or back."""

    ANY = "any"
    FORWARD = "forward"
    BACK = "back"


class Phase(StrEnum):
    """Where in a project's life a checkpoint asks. Answers of the kick-off are what later ones are compared with."""

    KICKOFF = "kickoff"
    REVIEW = "review"
    DELIVERY = "delivery"
    ACCEPTANCE = "acceptance"
    CLOSE = "close"
    PULSE = "pulse"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A rule: when an issue of these types goes to this status, ask that survey; or: ask it on these days.

    Empty `issue_type_ids` or `from_status_ids` mean any. `low_score` 1…5: an answer at or under it is low.
    `sample_percent` 1…100 of those who hold no key role are asked. `reminders` 0…2, `reminder_days` apart.
    `condition` is JQL that the issue must meet, or "". The audience are contacts of the customer with these roles
    (empty: all), or with `audience_field` the people in that field of the issue ("reporter", "customfield_10031").

    With `starts_on` it asks on that day, without any issue, and then every `every_weeks` until `ends_on`, each if given;
    `to_status_id` is "". A `draft` is a proposal that waits for somebody to switch it on.

    With a `starter` neither sets it off, but a rule of a workflow or a person does; see checkpoints/starters.py.
    """

    id: int
    project_id: str
    name: str
    issue_type_ids: tuple[str, ...]
    from_status_ids: tuple[str, ...]
    to_status_id: str
    survey_id: int
    low_score: int
    expires_after_days: int
    enabled: bool
    created_at: datetime
    delay_hours: int = 0
    repeat: RepeatRule = RepeatRule.ALWAYS
    sample_percent: int = 100
    reminders: int = 1
    reminder_days: int = 3
    signed_by: str = ""  # who signs the second reminder; "" for nobody by name
    held_since: datetime | None = None  # a storm: since then asks are held back until somebody decides
    removed_at: datetime | None = None
    held_until: datetime | None = None  # when somebody last decided: what was asked before is no part of a new storm
    direction: Direction = Direction.ANY
    condition: str = ""
    phase: Phase = Phase.DELIVERY
    audience_roles: tuple[Role, ...] = ()
    audience_field: str = ""
    starts_on: date | None = None
    every_weeks: int | None = None
    ends_on: date | None = None
    draft: bool = False
    starter: str = ""
    by_comment: bool = False  # asks on the issue itself, where customers of a service desk see it, rather than by mail
    low_comment: bool = False  # tells the team of a low score by an internal comment

    @property
    def asks(self) -> bool:
        """Not while it is paused or removed."""
        return self.enabled and self.removed_at is None


@dataclass(frozen=True, slots=True)
class TransitionEvent:
    """The recorded fact that Jira told us of a status change, or that a rule or a person wants the customer asked.

    `configuration` is that rule's; a rule may leave the project and the ids of both statuses "".
    """

    id: int
    issue_id: str
    issue_key: str
    project_id: str
    changelog_id: str
    from_status_id: str
    to_status_id: str
    actor_account_id: str | None
    happened_at: datetime
    received_at: datetime
    outcome: str  # "" until the worker has looked at it; then see transitions/outcomes.py
    summary: str = ""  # of the issue, and the status it went to: as they were when the worker looked, "" before
    to_status_name: str = ""
    configuration: str | None = None

    @property
    def names_change(self) -> bool:
        """Whether Jira said which entry of the issue's history it is about; the worker finds the others there."""
        return self.changelog_id.isdecimal()


class SkipReason(StrEnum):
    """Why somebody, or nobody, was asked. Each has one sentence in invitations/reasons.py."""

    CONDITION_UNREADABLE = "condition_unreadable"
    NO_CUSTOMER = "no_customer"
    CUSTOMER_NOT_CHOSEN = "customer_not_chosen"
    NO_CONTACT = "no_contact"
    NO_CONTACT_OF_ROLE = "no_contact_of_role"
    NOBODY_IN_FIELD = "nobody_in_field"
    ADDRESS_HIDDEN = "address_hidden"
    NOT_A_CONTACT = "not_a_contact"
    NOT_A_PERSON = "not_a_person"
    ACCOUNT_CLOSED = "account_closed"
    PROJECT_RESTS = "project_rests"
    NO_ADDRESS = "no_address"
    ADDRESS_REFUSED = "address_refused"
    OPTED_OUT = "opted_out"
    INTERNAL = "internal"
    MADE_THE_CHANGE = "made_the_change"
    TOO_OLD = "too_old"
    ASKED_FOR_ISSUE = "asked_for_issue"
    ASKED_BEFORE = "asked_before"
    ASKED_FOR_CHANGE = "asked_for_change"
    NOT_DRAWN = "not_drawn"
    QUIET_PERIOD = "quiet_period"
    BUDGET = "budget"
    HELD = "held"  # not decided yet: a storm made the checkpoint wait for somebody's word
    DISCARDED = "discarded"
    CHECKPOINT_OFF = "checkpoint_off"
    CONTACT_REMOVED = "contact_removed"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One ask to one contact. `context` is what the issue looked like then: status, type, assignee and so on.

    `in_turn` is the key of the item that this person gets beside the anchor this time, or "".
    """

    id: int
    checkpoint_id: int
    event_id: int
    issue_id: str
    issue_key: str
    project_id: str
    customer_id: int
    contact_id: int
    questionnaire_id: int
    context: Mapping[str, Any]
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    failure: str
    answered_at: datetime | None
    expires_at: datetime
    in_turn: str = ""
    attempted_at: datetime | None = None  # from then on the mail may have left
    begun_at: datetime | None = None
    reminders: int = 0  # how many were sent
    exempt: bool = False  # asked again after a low answer, once: outside of quiet period and budget

    def expired(self, now: datetime) -> bool:
        """Over without an answer, which counts as silence if the mail had left."""
        return self.answered_at is None and self.expires_at <= now

    def silent(self, now: datetime) -> bool:
        return self.sent_at is not None and self.expired(now)


class Proof(StrEnum):
    """What speaks for a person behind a post."""

    GESTURE = "gesture"  # the page's script saw somebody press
    CONFIRMED = "confirmed"  # without script: a second step with a box to tick
    ACCOUNT = "account"  # Jira says who is signed in
    NONE = ""


class Hold(StrEnum):
    """Why a response is in quarantine: kept and shown, but in no number until a project admin accepts it."""

    UNCONFIRMED = "unconfirmed"  # sent without a sign of a person, and never confirmed
    MACHINE = "machine"  # went where only machines go
    ELSEWHERE = "elsewhere"  # came after the answer that counts, from another place
    LATE = "late"  # came after the time for changes


@dataclass(frozen=True, slots=True)
class Response:
    """One version of what a contact answered. `score` 1…5, or None when the anchor was left out (never 0).

    `answers` maps the keys of the other items to what was given: a number on a scale, a word, a list of choices or a
    text. `network` and `agent` say coarsely from where it came; `network` is a keyed hash that means something
    within one invitation only. `held` is a Hold, or "".
    """

    id: int
    invitation_id: int
    version: int
    project_id: str
    checkpoint_id: int
    issue_id: str
    contact_id: int
    questionnaire_id: int
    score: int | None
    comment: str
    language: str
    answered_at: datetime
    answers: Mapping[str, Any] = field(default_factory=dict)
    proof: str = ""
    network: str = ""
    agent: str = ""
    held: str = ""


class SatisfactionState(StrEnum):
    """The state of an issue as its field shows it. `RECOVERED` belongs to the closed loop."""

    NOT_ASKED = "not asked"
    ASKED = "asked"
    SILENT = "silent"
    ANSWERED = "answered"
    LOW = "low"
    RECOVERED = "recovered"
    SKIPPED = "skipped"
