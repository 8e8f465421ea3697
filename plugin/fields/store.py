"""Tables and queries of what was last written to Jira."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.database import Json, Tx, UtcDateTime, metadata, tenant_column

issue_field = sa.Table(
    "issue_field",
    metadata,
    tenant_column(),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),  # in which the issue was then
    sa.Column("value", Json, nullable=False),
    sa.Column("written_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "issue_id"),
)


project_field = sa.Table(
    "project_field",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("value", Json, nullable=False),
    sa.Column("written_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "project_id"),
)


def find_written_value(tx: Tx, issue_id: str) -> Mapping[str, Any] | None:
    query = sa.select(issue_field.c.value).where(
        issue_field.c.tenant_id == tx.tenant_id, issue_field.c.issue_id == issue_id
    )
    found: Mapping[str, Any] | None = tx.execute(query).scalar_one_or_none()
    return found


def mark_written(tx: Tx, project_id: str, issue_id: str, value: Mapping[str, Any], now: datetime) -> None:
    values = {"project_id": project_id, "value": value, "written_at": now}
    statement = tx.insert(issue_field).values(tenant_id=tx.tenant_id, issue_id=issue_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "issue_id"], set_=values))


def list_written(tx: Tx) -> dict[str, str]:
    """Project by issue, of every issue that Jira was told of."""
    query = sa.select(issue_field.c.issue_id, issue_field.c.project_id).where(issue_field.c.tenant_id == tx.tenant_id)
    return {row.issue_id: row.project_id for row in tx.execute(query)}


def delete_written(tx: Tx) -> None:
    tx.execute(sa.delete(issue_field).where(issue_field.c.tenant_id == tx.tenant_id))
    tx.execute(sa.delete(project_field).where(project_field.c.tenant_id == tx.tenant_id))


def find_project_value(tx: Tx, project_id: str) -> Mapping[str, Any] | None:
    query = sa.select(project_field.c.value).where(
        project_field.c.tenant_id == tx.tenant_id, project_field.c.project_id == project_id
    )
    found: Mapping[str, Any] | None = tx.execute(query).scalar_one_or_none()
    return found


def mark_project_written(tx: Tx, project_id: str, value: Mapping[str, Any], now: datetime) -> None:
    values = {"value": value, "written_at": now}
    statement = tx.insert(project_field).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "project_id"], set_=values))
