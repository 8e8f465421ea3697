"""Write down what a customer said, take it back, and sum it up apart from surveys."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from connect import Issue
from plugin.conversations import store
from plugin.conversations.store import Channel, Conversation
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Role
from plugin.errors import Invalid

__all__ = ["Channel", "Conversation", "Heard", "Sums", "erase_account", "erase_words", "list_by_id", "list_of_issue", "of_project", "record", "remove", "restore"]  # fmt: skip

SATISFIED_FROM = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """What a team member enters: a contact, or None and only the role; a score 1…5 or words, or both."""

    contact_id: int | None
    role: Role
    channel: Channel
    score: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Sums:
    """What a project heard in conversations. Of `count`, `scored` named a score, of which `satisfied` 4 or 5."""

    count: int
    scored: int
    satisfied: int


def record(tx: Tx, issue: Issue, heard: Heard, account_id: str | None, now: datetime) -> int:
    """Raises NotFound for a contact of another project, Invalid where nothing was said."""
    if heard.score is None and not heard.words:
        raise Invalid("enter a score or what was said")
    role = heard.role
    if heard.contact_id is not None:
        role = customers.get_contact_of_project(tx, issue.project_id, heard.contact_id).role
    values = {
        "project_id": issue.project_id,
        "issue_id": issue.id,
        "issue_key": issue.key,
        "context": _context(issue),
        "contact_id": heard.contact_id,
        "role": role,
        "channel": heard.channel,
        "score": heard.score,
        "words": heard.words,
        "recorded_at": now,
        "recorded_by": account_id,
    }
    return store.add_conversation(tx, values)


def _context(issue: Issue) -> dict[str, str]:
    return {"summary": issue.summary, "projectKey": issue.project_key, "projectName": issue.project_name}


def remove(tx: Tx, issue_id: str, conversation_id: int, now: datetime) -> None:
    """Raises NotFound."""
    store.mark_removed(tx, issue_id, conversation_id, now)


def restore(tx: Tx, issue_id: str, conversation_id: int) -> None:
    """Undo `remove`. Raises NotFound."""
    store.mark_removed(tx, issue_id, conversation_id, None)


def list_of_issue(tx: Tx, issue_id: str) -> list[Conversation]:
    """Newest first."""
    return store.list_conversations(tx, issue_id)


def list_by_id(tx: Tx, conversation_ids: Collection[int]) -> dict[int, Conversation]:
    """Also those that were taken out."""
    return store.list_by_id(tx, conversation_ids)


def of_project(tx: Tx, project_id: str) -> Sums:
    """Never part of CSAT: to the face of the team people are kinder than in a survey."""
    counts = store.count_by_score(tx, project_id)
    scored = [(score, count) for score, count in counts if score is not None]
    return Sums(
        count=sum(count for _score, count in counts),
        scored=sum(count for _score, count in scored),
        satisfied=sum(count for score, count in scored if score >= SATISFIED_FROM),
    )


def erase_words(tx: Tx, contact_ids: Collection[int]) -> int:
    """Forget what these people said, and keep the scores; how many had words."""
    return store.clear_words(tx, contact_ids)


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user wrote it down; the number of conversations."""
    return store.clear_account(tx, account_id)
