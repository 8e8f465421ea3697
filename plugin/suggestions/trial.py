"""What checkpoints would have done with what really happened: the live rules, run over the past. Pure rules.

Nothing of it is remembered: each run begins with the asks that were really made by other checkpoints.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plugin.asking import AskPolicy
from plugin.checkpoints.matching import Move, matching
from plugin.checkpoints.outlook import Outlook
from plugin.checkpoints.workflow import Workflow
from plugin.customers.audience import Audience
from plugin.domain import Checkpoint, Contact, SkipReason
from plugin.history.service import Change
from plugin.invitations import deciding, storm_guard
from plugin.invitations.deciding import Ask, Decision, Trigger


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something of the past that could have set checkpoints off. By the calendar, `issue_id` and `issue_key` are ""."""

    trigger: Trigger
    issue_key: str
    project_id: str
    checkpoints: tuple[Checkpoint, ...]
    change: Change | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would have become of one person at one occurrence: asked at `ask_at`, or not because of `reason`.

    Without a contact and an account it says why there was nobody at all.
    """

    occurrence: Occurrence
    checkpoint: Checkpoint
    contact: Contact | None
    account_id: str
    reason: SkipReason | None
    ask_at: datetime | None
    free_on: date | None = None


AudienceOf = Callable[[Checkpoint, Occurrence], Audience]
RealAsksOf = Callable[[Contact], Sequence[Ask]]


def occurrences(
    changes: Iterable[Change], project_id: str, checkpoints: Sequence[Checkpoint], workflow: Workflow, met: Outlook
) -> Iterable[Occurrence]:
    """The changes that would have set any of the checkpoints off."""
    for change in changes:
        move = Move(change.issue_type_id, change.from_status_id, change.to_status_id)
        found = [
            each for each in matching(checkpoints, move, workflow) if met.is_met(each, change.issue_id) is not False
        ]
        if found:
            trigger = Trigger(change.issue_id, change.actor_account_id, change.happened_at)
            yield Occurrence(trigger, change.issue_key, project_id, tuple(found), change)


def days_of_calendar(checkpoint: Checkpoint, since: datetime, now: datetime) -> Iterable[Occurrence]:
    """As if a checkpoint that asks every few weeks had begun with the time that was read."""
    if checkpoint.every_weeks is None:
        return
    moment = since
    while moment <= now:
        yield Occurrence(Trigger("", None, moment), "", checkpoint.project_id, (checkpoint,), None)
        moment += timedelta(weeks=checkpoint.every_weeks)


class Run:
    """One run. `real_asks_of` tells which asks other checkpoints really made of a person.

    Asks that a storm would hold back count as discarded: the run waits for nobody.
    """

    def __init__(self, policy: AskPolicy, audience_of: AudienceOf, real_asks_of: RealAsksOf) -> None:
        self._policy = policy
        self._audience_of = audience_of
        self._real_asks_of = real_asks_of
        self._asks: dict[str, list[Ask]] = {}
        self._asked_at: dict[int, deque[datetime]] = defaultdict(deque)

    def over(self, occurrences: Iterable[Occurrence]) -> Iterable[Verdict]:
        """Oldest first. At each moment only what came before is known, as it was then."""
        for occurrence in occurrences:
            for checkpoint in occurrence.checkpoints:
                yield from self._decide(occurrence, checkpoint)

    def _decide(self, occurrence: Occurrence, checkpoint: Checkpoint) -> Iterable[Verdict]:
        audience = self._audience_of(checkpoint, occurrence)
        if audience.gap is not None:
            yield Verdict(occurrence, checkpoint, None, "", audience.gap, None)
        for stranger in audience.strangers:
            yield Verdict(occurrence, checkpoint, None, stranger.account_id, stranger.reason, None)
        room = self._room(checkpoint, occurrence.trigger.happened_at)
        for contact, objection in audience.contacts:
            decision = self._of_contact(occurrence, checkpoint, contact, objection)
            reason = decision.reason
            if reason is None and room == 0:
                reason = SkipReason.HELD
            if reason is None:
                room -= 1
                self._remember(occurrence, checkpoint, contact, decision.ask_at)
            yield Verdict(occurrence, checkpoint, contact, "", reason, decision.ask_at, decision.free_on)

    def _of_contact(
        self, occurrence: Occurrence, checkpoint: Checkpoint, contact: Contact, objection: SkipReason | None
    ) -> Decision:
        happened_at = occurrence.trigger.happened_at
        if objection is not None:
            return Decision(objection, happened_at)
        known = self._asks_of(contact)
        return deciding.decide(occurrence.trigger, checkpoint, contact, known, self._policy, happened_at)

    def _room(self, checkpoint: Checkpoint, now: datetime) -> int:
        asked_at = self._asked_at[checkpoint.id]
        while asked_at and asked_at[0] <= now - storm_guard.WINDOW:
            asked_at.popleft()
        return storm_guard.room_beside(len(asked_at), self._policy)

    def _asks_of(self, contact: Contact) -> list[Ask]:
        """Contacts who share an address are one person."""
        person = contact.email.lower()
        if person not in self._asks:
            self._asks[person] = list(self._real_asks_of(contact))
        return self._asks[person]

    def _remember(self, occurrence: Occurrence, checkpoint: Checkpoint, contact: Contact, ask_at: datetime) -> None:
        ask = Ask(checkpoint.id, occurrence.trigger.issue_id, occurrence.project_id, ask_at)
        self._asks_of(contact).append(ask)
        self._asked_at[checkpoint.id].append(occurrence.trigger.happened_at)
