"""Table and queries of conversations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import Role
from plugin.errors import NotFound

conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("issue_key", sa.Text, nullable=False),
    sa.Column("context", Json, nullable=False),
    sa.Column("contact_id", BigId, sa.ForeignKey("contact.id"), nullable=True),  # none: somebody in that role
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("score", sa.Integer, nullable=True),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("recorded_at", UtcDateTime, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=True),  # Atlassian account
    sa.Column("removed_at", UtcDateTime, nullable=True),
    sa.Index("ix_conversation_issue", "tenant_id", "issue_id"),
    sa.Index("ix_conversation_project", "tenant_id", "project_id"),
)


class Channel(StrEnum):
    """How the team heard it."""

    PHONE = "phone"
    MEETING = "meeting"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What somebody said. `score` 1…5, or None where none was named; `words` may be "" then only the score was.

    `context` is what the issue looked like then: summary, projectKey, projectName.
    """

    id: int
    project_id: str
    issue_id: str
    issue_key: str
    context: Mapping[str, Any]
    contact_id: int | None
    role: Role
    channel: Channel
    score: int | None
    words: str
    recorded_at: datetime


_COLUMNS = [conversation.c[name] for name in Conversation.__dataclass_fields__]
_OF_ISSUE = (
    sa.select(*_COLUMNS)
    .where(
        conversation.c.tenant_id == sa.bindparam("tenant_id"),
        conversation.c.issue_id == sa.bindparam("issue_id"),
        conversation.c.removed_at.is_(None),
    )
    .order_by(conversation.c.id.desc())
)


def add_conversation(tx: Tx, values: Mapping[str, Any]) -> int:
    statement = sa.insert(conversation).values(tenant_id=tx.tenant_id, **values)
    added: int = tx.execute(statement.returning(conversation.c.id)).scalar_one()
    return added


def mark_removed(tx: Tx, issue_id: str, conversation_id: int, removed_at: datetime | None) -> None:
    """Take it out, or put it back. Raises NotFound for one of another issue."""
    mine = (
        conversation.c.tenant_id == tx.tenant_id,
        conversation.c.issue_id == issue_id,
        conversation.c.id == conversation_id,
    )
    marked = sa.update(conversation).where(*mine).values(removed_at=removed_at).returning(conversation.c.id)
    if tx.execute(marked).first() is None:
        raise NotFound("this conversation does not exist any more")


def list_conversations(tx: Tx, issue_id: str) -> list[Conversation]:
    """Of one issue, newest first."""
    return [_conversation(row) for row in tx.execute(_OF_ISSUE, {"tenant_id": tx.tenant_id, "issue_id": issue_id})]


def list_by_id(tx: Tx, conversation_ids: Collection[int]) -> dict[int, Conversation]:
    """Also those that were taken out."""
    mine = (conversation.c.tenant_id == tx.tenant_id, conversation.c.id.in_(conversation_ids))
    return {row.id: _conversation(row) for row in tx.execute(sa.select(*_COLUMNS).where(*mine))}


def _conversation(row: sa.Row[Any]) -> Conversation:
    return Conversation(**{**row._mapping, "role": Role(row.role), "channel": Channel(row.channel)})


def count_by_score(tx: Tx, project_id: str) -> list[tuple[int | None, int]]:
    """(score, how many) of a project; None where no score was named."""
    mine = (
        conversation.c.tenant_id == tx.tenant_id,
        conversation.c.project_id == project_id,
        conversation.c.removed_at.is_(None),
    )
    query = sa.select(conversation.c.score, sa.func.count().label("many")).where(*mine).group_by(conversation.c.score)
    return [(row.score, row.many) for row in tx.execute(query)]


def clear_words(tx: Tx, contact_ids: Collection[int]) -> int:
    """Take these people's words out; how many had some."""
    mine = (
        conversation.c.tenant_id == tx.tenant_id,
        conversation.c.contact_id.in_(contact_ids),
        conversation.c.words != "",
    )
    return len(tx.execute(sa.update(conversation).where(*mine).values(words="").returning(conversation.c.id)).all())


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user wrote it down."""
    mine = (conversation.c.tenant_id == tx.tenant_id, conversation.c.recorded_by == account_id)
    cleared = sa.update(conversation).where(*mine).values(recorded_by=None).returning(conversation.c.id)
    return len(tx.execute(cleared).all())
