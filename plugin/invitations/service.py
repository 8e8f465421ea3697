"""Decide for each contact: invite or skip. Make the link, keep the delivery's record, resolve links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connect import Issue
from plugin.customers import service as customers
from plugin.customers.service import Audience
from plugin.database import Database, Tx
from plugin.domain import AskCount, Checkpoint, Contact, Invitation, Questionnaire, Skip, SkipReason, TransitionEvent
from plugin.errors import Gone, NotFound
from plugin.invitations import links, store
from plugin.questionnaires import rotation
from plugin.questionnaires import service as questionnaires
from plugin.sealing import CannotOpen, Seal


def decide(
    tx: Tx, event: TransitionEvent, issue: Issue, checkpoint: Checkpoint, audience: Audience, now: datetime
) -> list[int]:
    """Give each contact of the audience one invitation or one skip; the ids of the new invitations."""
    if audience.gap is not None or audience.customer is None:
        _skip(tx, event, issue, checkpoint, None, audience.gap or SkipReason.NO_CUSTOMER, now)
        return []
    questionnaire = questionnaires.current(tx, checkpoint.survey_id, now)
    invited = []
    for contact, reason in audience.contacts:
        if reason is not None:
            _skip(tx, event, issue, checkpoint, contact, reason, now)
        else:
            values = _invitation_values(event, issue, checkpoint, questionnaire, contact, now)
            values["in_turn"] = _in_turn(tx, issue.project_id, contact, questionnaire)
            invited.append(store.add_invitation(tx, values))
    return [invitation_id for invitation_id in invited if invitation_id is not None]


def _in_turn(tx: Tx, project_id: str, contact: Contact, questionnaire: Questionnaire) -> str:
    """The key of what this person is asked beside the anchor this time, or ""."""
    item = rotation.in_turn(questionnaire.items, contact.id, store.count_asks(tx, project_id, contact.id))
    return "" if item is None else item.key


def ask_again(tx: Tx, before: Invitation, checkpoint: Checkpoint, now: datetime) -> int | None:
    """Ask the same person about the same issue once more, whatever the quiet period says; the id of the new invitation,
    None where that was done already."""
    same = ("event_id", "issue_id", "issue_key", "project_id", "customer_id", "contact_id", "context")
    values = {name: getattr(before, name) for name in same} | {
        "checkpoint_id": checkpoint.id,
        "questionnaire_id": questionnaires.current(tx, checkpoint.survey_id, now).id,
        "created_at": now,
        "due_at": now,
        "expires_at": now + timedelta(days=checkpoint.expires_after_days),
    }
    return store.add_invitation(tx, values)


def _invitation_values(
    event: TransitionEvent,
    issue: Issue,
    checkpoint: Checkpoint,
    questionnaire: Questionnaire,
    contact: Contact,
    now: datetime,
) -> dict[str, Any]:
    return {
        "checkpoint_id": checkpoint.id,
        "event_id": event.id,
        "issue_id": issue.id,
        "issue_key": issue.key,
        "project_id": issue.project_id,
        "customer_id": contact.customer_id,
        "contact_id": contact.id,
        "questionnaire_id": questionnaire.id,
        "context": _context(issue),
        "created_at": now,
        "due_at": now,
        "expires_at": now + timedelta(days=checkpoint.expires_after_days),
    }


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


def _skip(
    tx: Tx,
    event: TransitionEvent,
    issue: Issue,
    checkpoint: Checkpoint,
    contact: Contact | None,
    reason: SkipReason,
    now: datetime,
) -> None:
    values = {
        "checkpoint_id": checkpoint.id,
        "event_id": event.id,
        "issue_id": issue.id,
        "issue_key": issue.key,
        "project_id": issue.project_id,
        "contact_id": None if contact is None else contact.id,
        "reason": reason,
        "skipped_at": now,
    }
    store.add_skip(tx, values)


def get(tx: Tx, invitation_id: int) -> Invitation:
    """Raises NotFound."""
    return store.get_invitation(tx, invitation_id)


def link_token(tx: Tx, seal: Seal, invitation: Invitation, now: datetime) -> str:
    """The token of the invitation's link: made at the first attempt, and the same one if that attempt was cut short.

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


def record_refused(tx: Tx, invitation: Invitation, words: str, now: datetime) -> None:
    """The mail server refused for good: note it here, and at the contact, who is not asked again until corrected."""
    store.mark_failed(tx, invitation.id, words, now)
    customers.record_refusal(tx, invitation.contact_id, words, now)


def record_trouble(tx: Tx, invitation_id: int, words: str) -> None:
    store.mark_trouble(tx, invitation_id, words)


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
    return store.list_invitations_of_issue(tx, issue_id), store.list_skips_of_issue(tx, issue_id)


def list_by_id(tx: Tx, invitation_ids: Collection[int]) -> dict[int, Invitation]:
    return store.list_invitations_by_id(tx, invitation_ids)


def list_of_events(tx: Tx, event_ids: Iterable[int]) -> tuple[list[Invitation], list[Skip]]:
    ids = list(event_ids)
    return store.list_invitations_of_events(tx, ids), store.list_skips_of_events(tx, ids)


def list_of_contacts(tx: Tx, project_id: str, contact_ids: Collection[int], since: datetime) -> list[Invitation]:
    """What a project asked these people since then, oldest first."""
    return store.list_invitations_of_people(tx, project_id, contact_ids, since)


def ask_counts(tx: Tx, project_id: str, now: datetime) -> dict[int, AskCount]:
    """By checkpoint id; checkpoints that asked nobody are missing."""
    return {count.checkpoint_id: count for count in store.list_ask_counts(tx, project_id, now)}


def count_skips(tx: Tx, project_id: str) -> Mapping[SkipReason, int]:
    return store.count_skips(tx, project_id)


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
    """Forget that issues were assigned to this Jira user; the number of invitations."""
    return store.clear_assignee(tx, account_id)


def kill_links(tx: Tx, now: datetime) -> None:
    """Every survey link of this tenant is dead from the end of this transaction."""
    store.mark_links_closed(tx, now)
    store.clear_sealed_tokens(tx)


def list_issues(tx: Tx) -> list[tuple[str, str]]:
    """Project and id of every issue on which somebody was asked, or was to be."""
    return store.list_issues(tx)
