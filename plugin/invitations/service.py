"""Decide for each contact: invite or skip. Resolve links, and tell what became of the asks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from connect import Issue
from plugin.asking import AskCount, AskPolicy, Decided, Occasion, Planned, Skip
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.outlook import Outlook
from plugin.checkpoints.projects import KnownProject
from plugin.counts import FunnelCount
from plugin.customers import audiences
from plugin.customers import service as customers
from plugin.customers.audience import Audience, Wanted
from plugin.database import Database, Tx
from plugin.domain import Checkpoint, Contact, Invitation, SkipReason, TransitionEvent
from plugin.errors import Gone, NotFound, Outdated
from plugin.invitations import asks, deciding, links, planning, store, storm_guard
from plugin.invitations.deciding import Ask, Decision, Trigger
from plugin.policies import service as policies
from plugin.questionnaires import service as questionnaires
from plugin.sealing import CannotOpen, Seal
from plugin.skips import service as skips


@dataclass(frozen=True, slots=True)
class Concerned:
    """A checkpoint that something sets off, with everybody it would ask."""

    checkpoint: Checkpoint
    audience: Audience


def audiences_for_issue(
    tx: Tx, issue: Issue, matching: Sequence[Checkpoint], seen: Outlook, now: datetime
) -> list[Concerned]:
    """Those of the matching checkpoints whose condition the issue meets, each with its audience."""
    concerned = []
    for checkpoint in matching:
        met = seen.is_met(checkpoint, issue.id)
        if met is None:
            concerned.append(Concerned(checkpoint, Audience(gap=SkipReason.CONDITION_UNREADABLE)))
        elif met:
            wanted = _wanted(checkpoint, issue)
            concerned.append(Concerned(checkpoint, audiences.of_issue(tx, issue.project_id, issue.id, wanted, now)))
    return concerned


def _wanted(checkpoint: Checkpoint, issue: Issue) -> Wanted:
    """Raises Outdated where the checkpoint asks the people of a field since a moment ago."""
    if not checkpoint.audience_field:
        return Wanted(checkpoint.audience_roles, by_comment=checkpoint.by_comment)
    if checkpoint.audience_field not in issue.people:
        raise Outdated("the checkpoint was changed meanwhile")
    return Wanted(people=issue.people[checkpoint.audience_field], by_comment=checkpoint.by_comment)


def about_issue(event: TransitionEvent, issue: Issue) -> tuple[Trigger, Occasion]:
    """What happened, and what is asked about."""
    context = _context(issue) | ({"change": event.changelog_id} if event.names_change else {})
    return _trigger(event, issue), Occasion(event.id, issue.id, issue.key, issue.project_id, context)


def audience_of_project(tx: Tx, checkpoint: Checkpoint, project: KnownProject) -> Concerned:
    """Whom a checkpoint asks on a day of the calendar."""
    if project.resting:
        return Concerned(checkpoint, Audience(gap=SkipReason.PROJECT_RESTS))
    return Concerned(checkpoint, audiences.of_project(tx, checkpoint.project_id, Wanted(checkpoint.audience_roles)))


def about_project(event: TransitionEvent, project: KnownProject) -> tuple[Trigger, Occasion]:
    """As `about_issue`, for a day of the calendar: no issue, no summary."""
    context = {"summary": "", "projectKey": project.key, "projectName": project.name}
    return Trigger("", None, event.happened_at), Occasion(event.id, "", "", event.project_id, context)


def decide(tx: Tx, trigger: Trigger, occasion: Occasion, concerned: Sequence[Concerned], now: datetime) -> Decided:
    """Give each person of each audience one invitation or one skip with its reason.

    Whoever else decides about one of these checkpoints or people waits until this transaction ends: together they
    ask nobody more often, and no more people, than the site allows.
    """
    decisions = _Decisions(tx, trigger, occasion, policies.of_site(tx), now)
    audience_of = {each.checkpoint.id: each.audience for each in concerned}
    people = {contact.id: contact for audience in audience_of.values() for contact, _reason in audience.contacts}
    locked = checkpoints.locked(tx, [each.checkpoint for each in concerned])
    known = asks.of_people(tx, list(people.values()), now, lock=True)
    return sum((decisions.of(checkpoint, audience_of[checkpoint.id], known) for checkpoint in locked), Decided())


@dataclass(frozen=True)
class _Decisions:
    """Everything that is decided about one event."""

    tx: Tx
    trigger: Trigger
    occasion: Occasion
    policy: AskPolicy
    now: datetime

    def of(self, checkpoint: Checkpoint, audience: Audience, known: Mapping[int, list[Ask]]) -> Decided:
        if audience.gap is not None:
            skips.add(self.tx, self.occasion, checkpoint.id, None, audience.gap, None, self.now)
        for stranger in audience.strangers:
            skips.add_stranger(self.tx, self.occasion, checkpoint.id, stranger.account_id, stranger.reason, self.now)
        room = storm_guard.room(self.tx, checkpoint, self.policy, self.now)
        planned: list[Planned] = []
        held, news = False, bool(audience.gap or audience.strangers)
        for contact, reason in audience.contacts:
            decision = self._decide(checkpoint, contact, reason, known[contact.id])
            if decision.reason is None and len(planned) < room:
                planned += self._plan(checkpoint, contact, known[contact.id], decision.ask_at)
                news = True
                continue
            held, news = held or decision.reason is None, news or decision.reason is not None
            self._skip(checkpoint, contact, decision.reason or SkipReason.HELD, decision.free_on)
        if not held or checkpoint.held_since is not None:
            return Decided(tuple(planned), news=news)
        checkpoints.hold(self.tx, checkpoint, self.now)
        return Decided(tuple(planned), (checkpoint,), news)

    def _decide(
        self, checkpoint: Checkpoint, contact: Contact, reason: SkipReason | None, known: Sequence[Ask]
    ) -> Decision:
        if reason is not None:
            return Decision(reason, self.now)
        return deciding.decide(self.trigger, checkpoint, contact, known, self.policy, self.now)

    def _plan(self, checkpoint: Checkpoint, contact: Contact, known: list[Ask], ask_at: datetime) -> list[Planned]:
        return planning.plan(self.tx, self.occasion, checkpoint, contact, known, ask_at, self.now)

    def _skip(self, checkpoint: Checkpoint, contact: Contact, reason: SkipReason, free_on: date | None) -> None:
        skips.add(self.tx, self.occasion, checkpoint.id, contact.id, reason, free_on, self.now)


def ask_again(tx: Tx, before: Occasion, contact: Contact, checkpoint: Checkpoint, now: datetime) -> int | None:
    """Ask a person about the same issue once more, whatever the quiet period says; the id of the new invitation, None
    where that was done already."""
    same = ("event_id", "issue_id", "issue_key", "project_id", "context")
    values = {name: getattr(before, name) for name in same} | {
        "checkpoint_id": checkpoint.id,
        "customer_id": contact.customer_id,
        "contact_id": contact.id,
        "questionnaire_id": questionnaires.current(tx, checkpoint.survey_id, now).id,
        "created_at": now,
        "due_at": now,
        "expires_at": now + timedelta(days=checkpoint.expires_after_days),
        "exempt": True,
    }
    return store.add_invitation(tx, values)


def _trigger(event: TransitionEvent, issue: Issue) -> Trigger:
    """As Jira's own record has it; what the webhook said is a hint, used where the record does not reach back."""
    for change in issue.changes:
        if change.changelog_id == event.changelog_id:
            return Trigger(issue.id, change.actor_account_id, change.at, change.changelog_id, event.id)
    change_id = event.changelog_id if event.names_change else ""
    return Trigger(issue.id, event.actor_account_id, event.happened_at, change_id, event.id)


def _context(issue: Issue) -> dict[str, Any]:
    """The issue as it is when somebody is asked about it: the answer belongs to that, whatever comes later."""
    return {
        "summary": issue.summary,
        "projectKey": issue.project_key,
        "projectName": issue.project_name,
        "issueType": issue.issue_type_name,
        "status": issue.status_name,
        "assignee": issue.assignee_account_id,
    }


def get(tx: Tx, invitation_id: int) -> Invitation:
    """Raises NotFound."""
    return store.get_invitation(tx, invitation_id)


def link_token(tx: Tx, seal: Seal, invitation: Invitation, now: datetime) -> str:
    """The token for the invitation's next mail: made at the first attempt, the same if that attempt was cut short.

    Policy for the moment in which a crash leaves it unknown whether the mail left: send again, with the same
    Message-ID and the same link. The token rests sealed until the mail server has taken the mail.
    """
    owner = f"invitation:{tx.tenant_id}:{invitation.id}"
    sealed = store.get_sealed_token(tx, invitation.id)
    if sealed:
        with suppress(CannotOpen):  # its key is gone: another link leads to the same survey
            return seal.open(owner, sealed)
    token = links.new_token()
    store.mark_link_made(tx, invitation.id, seal.close(owner, token), links.digest(token), now)
    return token


def record_sent(tx: Tx, invitation_id: int, now: datetime) -> None:
    store.mark_sent(tx, invitation_id, now)


def record_begun(tx: Tx, invitation_id: int, now: datetime) -> None:
    """A person is at it: no reminder any more."""
    store.mark_begun(tx, invitation_id, now)


def record_answered(tx: Tx, invitation_id: int, now: datetime) -> None:
    store.mark_answered(tx, invitation_id, now)


def record_unanswered(tx: Tx, invitation_id: int) -> None:
    """The only answer was taken out of the numbers again."""
    store.mark_unanswered(tx, invitation_id)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a survey link leads to."""

    tenant_id: int
    invitation_id: int


def open_link(database: Database, token: str) -> Opened:
    """Raises NotFound for anything that is not a link of ours, Gone for one that was closed."""
    if not links.looks_like_token(token):
        raise NotFound("no such survey")
    with database.system_reading() as connection:
        found = store.find_link(connection, links.digest(token))
    if found is None:
        raise NotFound("no such survey")
    tenant_id, invitation_id, closed = found
    if closed:
        raise Gone("this survey was withdrawn")
    return Opened(tenant_id, invitation_id)


def require_open(invitation: Invitation, now: datetime) -> None:
    """Raises Gone when the time to answer is over."""
    if invitation.expired(now):
        raise Gone("the time to answer this survey is over")


def list_of_issue(tx: Tx, issue_id: str) -> tuple[list[Invitation], list[Skip]]:
    """Newest first."""
    return store.list_invitations_of_issue(tx, issue_id), skips.list_of_issue(tx, issue_id)


def list_by_id(tx: Tx, invitation_ids: Collection[int]) -> dict[int, Invitation]:
    return store.list_invitations_by_id(tx, invitation_ids)


def list_of_events(tx: Tx, event_ids: Iterable[int]) -> tuple[list[Invitation], list[Skip]]:
    ids = list(event_ids)
    return store.list_invitations_of_events(tx, ids), skips.list_of_events(tx, ids)


def list_of_person(tx: Tx, project_id: str, contact: Contact, limit: int = 50) -> tuple[list[Invitation], list[Skip]]:
    """What this project decided about a person, under any of their contacts; newest first."""
    same = customers.same_people(tx, [contact])[contact.id]
    return (
        store.list_invitations_of_contacts(tx, same, project_id, limit),
        skips.list_of_contacts(tx, same, project_id, limit),
    )


def list_of_contacts(tx: Tx, project_id: str, contact_ids: Collection[int], since: datetime) -> list[Invitation]:
    """What a project asked these people since then, oldest first."""
    return store.list_invitations_of_people(tx, project_id, contact_ids, since)


def ask_counts(tx: Tx, project_id: str, now: datetime) -> dict[int, AskCount]:
    """By checkpoint id; checkpoints that asked nobody are missing."""
    return {count.checkpoint_id: count for count in store.list_ask_counts(tx, project_id, now)}


def funnel_counts(
    tx: Tx, project_id: str, since: datetime, now: datetime, apart: Collection[int] = ()
) -> list[FunnelCount]:
    """Of the asks since then, without the checkpoints that stay `apart`."""
    counts = store.list_funnel_counts(tx, project_id, since, now)
    return [count for count in counts if count.checkpoint_id not in apart]


def count_skips(tx: Tx, project_id: str) -> Mapping[SkipReason, int]:
    return skips.count(tx, project_id)


def forget_link(tx: Tx, invitation_id: int) -> None:
    """The mail will not be sent, or not soon: its link must not rest here. Another attempt makes another link."""
    store.clear_sealed_tokens(tx, [invitation_id])


def erase_contacts(tx: Tx, contact_ids: Collection[int], now: datetime) -> list[int]:
    """Close these people's links and stop their mails; the ids of their invitations, which stay without words."""
    invitation_ids = store.list_ids_of_contacts(tx, contact_ids)
    store.mark_links_closed(tx, now, invitation_ids)
    store.clear_sealed_tokens(tx, invitation_ids)
    store.clear_failures(tx, invitation_ids, now)
    return invitation_ids


def erase_assignee(tx: Tx, account_id: str) -> int:
    """Forget that issues were assigned to this Jira user; the number of rows."""
    return store.clear_assignee(tx, account_id) + skips.erase_account(tx, account_id)


def kill_links(tx: Tx, now: datetime) -> None:
    """Every survey link of this tenant is dead from the end of this transaction."""
    store.mark_links_closed(tx, now)
    store.clear_sealed_tokens(tx)


def list_issues(tx: Tx) -> list[tuple[str, str]]:
    """Project and id of every issue on which somebody was asked, or was to be."""
    return sorted(each for each in {*store.list_issues(tx), *skips.list_issues(tx)} if each[1])  # not of the calendar
