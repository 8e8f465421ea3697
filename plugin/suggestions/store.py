"""Table and queries of what was proposed to a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Tx, UtcDateTime, metadata, tenant_column

suggestion = sa.Table(
    "suggestion",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("checkpoint_id", BigId, sa.ForeignKey("checkpoint.id", ondelete="CASCADE"), nullable=False),
    sa.Column("changes", sa.Integer, nullable=False),
    sa.Column("issues", sa.Integer, nullable=False),
    sa.Column("suggested_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "project_id", "key"),
)


@dataclass(frozen=True, slots=True)
class Suggested:
    """A checkpoint that was proposed, and why: so many issues reached it so many times in the time that was read."""

    key: str
    checkpoint_id: int
    changes: int
    issues: int


def list_suggestions(tx: Tx, project_id: str) -> list[Suggested]:
    """In the order in which they were made."""
    columns = [suggestion.c[name] for name in Suggested.__dataclass_fields__]
    mine = (suggestion.c.tenant_id == tx.tenant_id, suggestion.c.project_id == project_id)
    query = sa.select(*columns).where(*mine).order_by(suggestion.c.checkpoint_id)
    return [Suggested(**row._mapping) for row in tx.execute(query)]


def mark_suggestion(tx: Tx, project_id: str, key: str, values: Mapping[str, Any], now: datetime) -> None:
    """Keep a new one, or what is known better of an old one."""
    mine = {"tenant_id": tx.tenant_id, "project_id": project_id, "key": key}
    known = {"suggested_at": now, **values}
    statement = tx.insert(suggestion).values(**mine, **known)
    tx.execute(statement.on_conflict_do_update(index_elements=list(mine), set_=known))
