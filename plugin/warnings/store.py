"""Table and queries of warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.errors import NotFound
from plugin.warnings.signals import Sign, Signal

warning = sa.Table(
    "warning",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("sign", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("facts", Json, nullable=False),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=True),
    sa.Column("right", sa.Boolean, nullable=True),  # what people say afterwards; null until they do
    sa.Index("ix_warning_project", "tenant_id", "project_id", "raised_at"),
    sa.Index(
        "uq_warning_open",
        "tenant_id",
        "project_id",
        "sign",
        "about",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    ),
)


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """One warning: since when, on what grounds, until when, and whether it proved right (None: nobody has said)."""

    id: int
    project_id: str
    sign: Sign
    about: str
    facts: Mapping[str, Any]
    raised_at: datetime
    ended_at: datetime | None
    right: bool | None


_COLUMNS = [warning.c[name] for name in EarlyWarning.__dataclass_fields__]


def list_warnings(tx: Tx, project_id: str, *, open_only: bool = False) -> list[EarlyWarning]:
    """Oldest first."""
    mine = [warning.c.tenant_id == tx.tenant_id, warning.c.project_id == project_id]
    if open_only:
        mine.append(warning.c.ended_at.is_(None))
    query = sa.select(*_COLUMNS).where(*mine).order_by(warning.c.raised_at, warning.c.id)
    return [EarlyWarning(**{**row._mapping, "sign": Sign(row.sign)}) for row in tx.execute(query)]


def add_warning(tx: Tx, project_id: str, signal: Signal, now: datetime) -> None:
    """Does nothing where the same one is open already."""
    values = {"sign": signal.sign, "about": signal.about, "facts": dict(signal.facts), "raised_at": now}
    statement = tx.insert(warning).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    tx.execute(statement.on_conflict_do_nothing())


def mark_warning(tx: Tx, project_id: str, warning_id: int, **changes: object) -> None:
    """Raises NotFound for one of another project."""
    mine = (warning.c.tenant_id == tx.tenant_id, warning.c.project_id == project_id, warning.c.id == warning_id)
    if tx.execute(sa.update(warning).where(*mine).values(**changes).returning(warning.c.id)).first() is None:
        raise NotFound("this warning does not exist any more")
