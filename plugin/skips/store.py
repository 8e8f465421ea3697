"""Table and queries of skips."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.asking import HeldAsk, Occasion, Skip
from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import SkipReason

invitation_skip = sa.Table(
    "invitation_skip",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("checkpoint_id", BigId, sa.ForeignKey("checkpoint.id"), nullable=False),
    sa.Column("event_id", BigId, sa.ForeignKey("transition_event.id"), nullable=False),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("issue_key", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("contact_id", BigId, sa.ForeignKey("contact.id"), nullable=True),
    sa.Column("account_id", sa.Text, nullable=False, server_default=""),  # of somebody in Jira who is no contact
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("free_on", sa.Date, nullable=True),
    sa.Column("context", Json, nullable=True),  # of a held ask: what the invitation will say if it is released
    sa.Column("skipped_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("tenant_id", "checkpoint_id", "event_id", "contact_id", name="uq_invitation_skip_decision"),
    sa.Index("ix_invitation_skip_issue", "tenant_id", "issue_id"),
    sa.Index("ix_invitation_skip_event", "tenant_id", "event_id"),
    sa.Index("ix_invitation_skip_project", "tenant_id", "project_id", "skipped_at"),
    sa.Index("ix_invitation_skip_contact", "tenant_id", "contact_id"),
    sa.Index("ix_invitation_skip_checkpoint", "tenant_id", "checkpoint_id", "reason"),
)

_COLUMNS = [invitation_skip.c[name] for name in Skip.__dataclass_fields__]
_OF_ISSUE = (
    sa.select(*_COLUMNS)
    .where(
        invitation_skip.c.tenant_id == sa.bindparam("tenant_id"), invitation_skip.c.issue_id == sa.bindparam("issue_id")
    )
    .order_by(invitation_skip.c.id.desc())
)


def _skip(row: sa.Row[Any]) -> Skip:
    return Skip(**{**row._mapping, "reason": SkipReason(row.reason)})


def add_skip(tx: Tx, values: Mapping[str, Any]) -> None:
    """Nothing where there is a decision about this contact, checkpoint and event already."""
    tx.execute(tx.insert(invitation_skip).values(tenant_id=tx.tenant_id, **values).on_conflict_do_nothing())


def list_skips_of_issue(tx: Tx, issue_id: str) -> list[Skip]:
    """Newest first."""
    return [_skip(row) for row in tx.execute(_OF_ISSUE, {"tenant_id": tx.tenant_id, "issue_id": issue_id})]


def list_skips_of_events(tx: Tx, event_ids: Collection[int]) -> list[Skip]:
    mine = (invitation_skip.c.tenant_id == tx.tenant_id, invitation_skip.c.event_id.in_(event_ids))
    return [_skip(row) for row in tx.execute(sa.select(*_COLUMNS).where(*mine).order_by(invitation_skip.c.id))]


def list_skips_of_contacts(tx: Tx, contact_ids: Collection[int], project_id: str, limit: int) -> list[Skip]:
    """The newest first."""
    mine = (
        invitation_skip.c.tenant_id == tx.tenant_id,
        invitation_skip.c.contact_id.in_(contact_ids),
        invitation_skip.c.project_id == project_id,
    )
    query = sa.select(*_COLUMNS).where(*mine).order_by(invitation_skip.c.id.desc()).limit(limit)
    return [_skip(row) for row in tx.execute(query)]


def count_skips(tx: Tx, project_id: str) -> dict[SkipReason, int]:
    mine = (invitation_skip.c.tenant_id == tx.tenant_id, invitation_skip.c.project_id == project_id)
    query = (
        sa.select(invitation_skip.c.reason, sa.func.count().label("count"))
        .where(*mine)
        .group_by(invitation_skip.c.reason)
    )
    return {SkipReason(row.reason): row._mapping["count"] for row in tx.execute(query)}


def list_held(tx: Tx, checkpoint_id: int, until: datetime, limit: int) -> list[HeldAsk]:
    """Those held back at that moment, the oldest first."""
    about = [invitation_skip.c[name] for name in Occasion.__dataclass_fields__]
    mine = (*_of_reason(tx, checkpoint_id, SkipReason.HELD), invitation_skip.c.skipped_at <= until)
    query = sa.select(invitation_skip.c.id, invitation_skip.c.contact_id, *about).where(*mine)
    rows = tx.execute(query.order_by(invitation_skip.c.id).limit(limit))
    return [
        HeldAsk(row.id, row.contact_id, Occasion(**{column.name: row._mapping[column] for column in about}))
        for row in rows
    ]


def count_held(tx: Tx, checkpoint_ids: Collection[int]) -> dict[int, int]:
    """By checkpoint id; those that hold none are missing."""
    mine = (
        invitation_skip.c.tenant_id == tx.tenant_id,
        invitation_skip.c.checkpoint_id.in_(checkpoint_ids),
        invitation_skip.c.reason == SkipReason.HELD,
    )
    query = sa.select(invitation_skip.c.checkpoint_id, sa.func.count().label("held")).where(*mine)
    return {row.checkpoint_id: row.held for row in tx.execute(query.group_by(invitation_skip.c.checkpoint_id))}


def mark_skip(tx: Tx, skip_id: int, **changes: object) -> None:
    mine = sa.and_(invitation_skip.c.tenant_id == tx.tenant_id, invitation_skip.c.id == skip_id)
    tx.execute(sa.update(invitation_skip).where(mine).values(**changes))


def mark_discarded(tx: Tx, checkpoint_id: int, now: datetime) -> int:
    """Nobody of those held back will be asked; how many they are."""
    held = sa.update(invitation_skip).where(*_of_reason(tx, checkpoint_id, SkipReason.HELD))
    return tx.execute(held.values(reason=SkipReason.DISCARDED, skipped_at=now)).rowcount


def mark_held_again(tx: Tx, checkpoint_id: int, discarded_at: datetime) -> int:
    """Undo `mark_discarded`; how many they are."""
    mine = (*_of_reason(tx, checkpoint_id, SkipReason.DISCARDED), invitation_skip.c.skipped_at == discarded_at)
    return tx.execute(sa.update(invitation_skip).where(*mine).values(reason=SkipReason.HELD)).rowcount


def delete_skip(tx: Tx, skip_id: int) -> None:
    mine = sa.and_(invitation_skip.c.tenant_id == tx.tenant_id, invitation_skip.c.id == skip_id)
    tx.execute(sa.delete(invitation_skip).where(mine))


def _of_reason(tx: Tx, checkpoint_id: int, reason: SkipReason) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        invitation_skip.c.tenant_id == tx.tenant_id,
        invitation_skip.c.checkpoint_id == checkpoint_id,
        invitation_skip.c.reason == reason,
    )


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget which user of Jira was meant; the number of skips."""
    mine = (invitation_skip.c.tenant_id == tx.tenant_id, invitation_skip.c.account_id == account_id)
    return tx.execute(sa.update(invitation_skip).where(*mine).values(account_id="")).rowcount


def clear_assignee(tx: Tx, account_id: str) -> int:
    """Forget that issues of held asks were assigned to this account; the number of skips."""
    of_assignee = invitation_skip.c.context["assignee"].as_string() == account_id
    mine = (invitation_skip.c.tenant_id == tx.tenant_id, of_assignee)
    found = tx.execute(sa.select(invitation_skip.c.id, invitation_skip.c.context).where(*mine)).all()
    for row in found:
        mark_skip(tx, row.id, context={**row.context, "assignee": None})
    return len(found)


def list_issues(tx: Tx) -> list[tuple[str, str]]:
    mine = invitation_skip.c.tenant_id == tx.tenant_id
    query = sa.select(invitation_skip.c.project_id, invitation_skip.c.issue_id).where(mine)
    return [(row.project_id, row.issue_id) for row in tx.execute(query.distinct())]
