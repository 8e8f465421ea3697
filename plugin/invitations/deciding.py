"""Ask this person, or not, and why: the whole decision as one pure rule, for live events and for trial runs alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plugin.asking import AskPolicy
from plugin.customers.audience import reason_not_to_ask
from plugin.domain import Checkpoint, Contact, RepeatRule, SkipReason
from plugin.invitations import ask_budget, sampling, sending_times
from plugin.invitations.sending_times import SendingTimes


@dataclass(frozen=True, slots=True)
class Trigger:
    """What could make a checkpoint ask: a change of an issue. `actor_account_id` is None for automatic changes.

    `change_id` names the change in Jira's record, "" where there is none. `event_id` is 0 in a trial run.
    """

    issue_id: str
    actor_account_id: str | None
    happened_at: datetime
    change_id: str = ""
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """One ask of a person by any checkpoint of the site. `asked_at` is when the mail left, or is planned to.

    `left`: the mail has left, or may have. `invitation_id` is None in a trial run.
    """

    checkpoint_id: int
    issue_id: str
    project_id: str
    asked_at: datetime
    left: bool = True
    invitation_id: int | None = None
    change_id: str = ""  # as the trigger's
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` None: ask at `ask_at`. Else do not; `free_on` is the first day on which the reason is gone, if ever."""

    reason: SkipReason | None
    ask_at: datetime
    free_on: date | None = None


def decide(
    trigger: Trigger, checkpoint: Checkpoint, contact: Contact, asks: Sequence[Ask], policy: AskPolicy, now: datetime
) -> Decision:
    """`asks` are all asks of this person. Of several reasons the first one here is told."""
    times = SendingTimes.of(policy, contact)
    ask_at = sending_times.ask_at(trigger.happened_at, checkpoint.delay_hours, times, now)
    reason = who_they_are(trigger.actor_account_id, contact, checkpoint, policy) or _what_happened(
        trigger, asks, policy, now
    )
    if reason is not None:
        return Decision(reason, ask_at)
    drawn_on = sending_times.day_of(trigger.happened_at, contact.time_zone)
    if not sampling.drawn(checkpoint.sample_percent, contact.role, checkpoint.id, contact.id, drawn_on):
        return Decision(SkipReason.NOT_DRAWN, ask_at, sampling.next_draw_on(drawn_on))
    return decide_again(trigger, checkpoint, contact, asks, policy, ask_at)


def decide_again(
    trigger: Trigger, checkpoint: Checkpoint, contact: Contact, asks: Sequence[Ask], policy: AskPolicy, ask_at: datetime
) -> Decision:
    """For an ask that was held back: the lot had fallen on them, and somebody wants it although time has passed."""
    reason = who_they_are(trigger.actor_account_id, contact, checkpoint, policy) or _asked_by_this_checkpoint(
        trigger.issue_id, checkpoint, asks
    )
    return Decision(reason, ask_at) if reason is not None else within_limits(contact, asks, policy, ask_at)


def within_limits(contact: Contact, asks: Iterable[Ask], policy: AskPolicy, ask_at: datetime) -> Decision:
    """Whether quiet period and budget let this person be asked at that moment."""
    asked_on, day = days_of(asks, contact), sending_times.day_of(ask_at, contact.time_zone)
    reason = ask_budget.blocks(asked_on, day, policy)
    return Decision(reason, ask_at, None if reason is None else ask_budget.next_free_on(asked_on, day, policy))


def who_they_are(
    actor_account_id: str | None, contact: Contact, checkpoint: Checkpoint, policy: AskPolicy
) -> SkipReason | None:
    """Why this person is not to be asked, whatever else; None if nothing speaks against them."""
    reason = reason_not_to_ask(contact, by_comment=checkpoint.by_comment)
    if reason is not None:
        return reason
    if contact.account_id and contact.account_id == actor_account_id:
        return SkipReason.MADE_THE_CHANGE
    domain = contact.email.lower().rpartition("@")[2]
    inside = any(domain == ours or domain.endswith(f".{ours}") for ours in policy.internal_domains)
    return SkipReason.INTERNAL if inside else None


def days_of(asks: Iterable[Ask], contact: Contact) -> list[date]:
    return [sending_times.day_of(ask.asked_at, contact.time_zone) for ask in asks]


def _what_happened(trigger: Trigger, asks: Iterable[Ask], policy: AskPolicy, now: datetime) -> SkipReason | None:
    """A change and a rule of the workflow that follows it are two events about the same: together they ask once."""
    if now - trigger.happened_at > timedelta(days=policy.oldest_event_days):
        return SkipReason.TOO_OLD
    change, others = (trigger.issue_id, trigger.change_id), (ask for ask in asks if ask.event_id != trigger.event_id)
    asked = trigger.change_id and any((ask.issue_id, ask.change_id) == change for ask in others)
    return SkipReason.ASKED_FOR_CHANGE if asked else None


def _asked_by_this_checkpoint(issue_id: str, checkpoint: Checkpoint, asks: Iterable[Ask]) -> SkipReason | None:
    mine = [ask for ask in asks if ask.checkpoint_id == checkpoint.id]
    if checkpoint.repeat is RepeatRule.ONCE_PER_PERSON and mine:
        return SkipReason.ASKED_BEFORE
    about_it = any(ask.issue_id == issue_id for ask in mine)
    return SkipReason.ASKED_FOR_ISSUE if checkpoint.repeat is RepeatRule.ONCE_PER_ISSUE and about_it else None
