"""Table and queries of checkpoints."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connect import IssueType, Status
from plugin.checkpoints.workflow import Workflow
from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import Checkpoint, Direction, Phase, RepeatRule, Role
from plugin.errors import NotFound

checkpoint = sa.Table(
    "checkpoint",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("issue_type_ids", Json, nullable=False),
    sa.Column("from_status_ids", Json, nullable=False),
    sa.Column("to_status_id", sa.Text, nullable=False),
    sa.Column("survey_id", BigId, sa.ForeignKey("survey.id"), nullable=False),
    sa.Column("low_score", sa.Integer, nullable=False),
    sa.Column("expires_after_days", sa.Integer, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("condition", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("audience_roles", Json, nullable=False),
    sa.Column("audience_field", sa.Text, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=True),
    sa.Column("every_weeks", sa.Integer, nullable=True),
    sa.Column("ends_on", sa.Date, nullable=True),
    sa.Column("draft", sa.Boolean, nullable=False),
    sa.Column("starter", sa.Text, nullable=False, server_default=""),
    sa.Column("by_comment", sa.Boolean, nullable=False, default=False),
    sa.Column("low_comment", sa.Boolean, nullable=False, default=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("delay_hours", sa.Integer, nullable=False),
    sa.Column("repeat", sa.Text, nullable=False),
    sa.Column("sample_percent", sa.Integer, nullable=False),
    sa.Column("reminders", sa.Integer, nullable=False),
    sa.Column("reminder_days", sa.Integer, nullable=False),
    sa.Column("signed_by", sa.Text, nullable=False),
    sa.Column("held_since", UtcDateTime, nullable=True),
    sa.Column("held_until", UtcDateTime, nullable=True),  # what was asked before then does not add up to a new storm
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime, nullable=True),  # asks no more; its answers keep their checkpoint
    sa.Index("ix_checkpoint_project", "tenant_id", "project_id", "to_status_id"),
    sa.Index(
        "uq_checkpoint_starter",
        "tenant_id",
        "project_id",
        "starter",
        unique=True,
        postgresql_where=sa.text("starter <> ''"),
        sqlite_where=sa.text("starter <> ''"),
    ),
)

workflow = sa.Table(
    "workflow",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("issue_types", Json, nullable=False),  # [[id, name, is a sub-task]]
    sa.Column("statuses", Json, nullable=False),  # [[id, name, category]], in the workflow's order
    sa.Column("read_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "project_id"),
)

_COLUMNS = [checkpoint.c[name] for name in Checkpoint.__dataclass_fields__]
_BY_ID = sa.select(*_COLUMNS).where(
    checkpoint.c.tenant_id == sa.bindparam("tenant_id"), checkpoint.c.id.in_(sa.bindparam("ids", expanding=True))
)


def _checkpoint(row: sa.Row[Any]) -> Checkpoint:
    lists = {name: tuple(getattr(row, name)) for name in ("issue_type_ids", "from_status_ids")}
    words = {
        "direction": Direction(row.direction),
        "phase": Phase(row.phase),
        "repeat": RepeatRule(row.repeat),
        "audience_roles": tuple(Role(role) for role in row.audience_roles),
    }
    return Checkpoint(**{**row._mapping, **lists, **words})


def add_checkpoint(tx: Tx, values: Mapping[str, Any], now: datetime) -> int:
    statement = sa.insert(checkpoint).values(tenant_id=tx.tenant_id, created_at=now, **values)
    added: int = tx.execute(statement.returning(checkpoint.c.id)).scalar_one()
    return added


def add_started(tx: Tx, values: Mapping[str, Any], now: datetime) -> None:
    """A checkpoint with a starter, unless the project has one with it."""
    statement = tx.insert(checkpoint).values(tenant_id=tx.tenant_id, created_at=now, **values)
    tx.execute(statement.on_conflict_do_nothing())


def find_started(tx: Tx, project_id: str, starter: str) -> Checkpoint | None:
    """The checkpoint of a project that has this starter."""
    mine = (
        checkpoint.c.tenant_id == tx.tenant_id,
        checkpoint.c.project_id == project_id,
        checkpoint.c.starter == starter,
    )
    row = tx.execute(sa.select(*_COLUMNS).where(*mine)).one_or_none()
    return None if row is None else _checkpoint(row)


def mark_checkpoint(tx: Tx, project_id: str, checkpoint_id: int, **changes: object) -> None:
    """Change some columns. Raises NotFound for a checkpoint of another project."""
    mine = sa.and_(
        checkpoint.c.tenant_id == tx.tenant_id, checkpoint.c.project_id == project_id, checkpoint.c.id == checkpoint_id
    )
    if tx.execute(sa.update(checkpoint).where(mine).values(**changes).returning(checkpoint.c.id)).first() is None:
        raise NotFound("this checkpoint does not exist any more")


def list_checkpoints(tx: Tx, project_id: str, *, drafts: bool = False) -> list[Checkpoint]:
    """A project's checkpoints, or instead its drafts, that are not removed, oldest first."""
    mine = (
        checkpoint.c.tenant_id == tx.tenant_id,
        checkpoint.c.project_id == project_id,
        checkpoint.c.draft.is_(drafts),
        checkpoint.c.removed_at.is_(None),
    )
    return [_checkpoint(row) for row in tx.execute(sa.select(*_COLUMNS).where(*mine).order_by(checkpoint.c.id))]


def list_locked_checkpoints(tx: Tx, checkpoint_ids: Collection[int]) -> list[Checkpoint]:
    """As they are now; nobody else who asks for any of them this way gets an answer until the transaction ends."""
    mine = (checkpoint.c.tenant_id == tx.tenant_id, checkpoint.c.id.in_(checkpoint_ids))
    query = sa.select(*_COLUMNS).where(*mine).order_by(checkpoint.c.id).with_for_update(key_share=True)
    return [_checkpoint(row) for row in tx.execute(query)]


def list_checkpoints_by_id(tx: Tx, checkpoint_ids: Collection[int]) -> dict[int, Checkpoint]:
    """Also removed ones, by id."""
    if not checkpoint_ids:
        return {}
    wanted = {"tenant_id": tx.tenant_id, "ids": list(checkpoint_ids)}
    return {row.id: _checkpoint(row) for row in tx.execute(_BY_ID, wanted)}


def get_checkpoint(tx: Tx, checkpoint_id: int) -> Checkpoint:
    """Raises NotFound. Also finds removed ones: earlier answers keep their checkpoint."""
    found = list_checkpoints_by_id(tx, [checkpoint_id])
    if not found:
        raise NotFound("this checkpoint does not exist any more")
    return found[checkpoint_id]


def list_watched_since(tx: Tx, project_id: str) -> dict[str, datetime]:
    """When the first of the checkpoints that ask at a status was added, by status id."""
    asks = (*_asking(tx), checkpoint.c.project_id == project_id)
    earliest = sa.func.min(checkpoint.c.created_at, type_=UtcDateTime).label("since")
    query = sa.select(checkpoint.c.to_status_id, earliest).where(*asks).group_by(checkpoint.c.to_status_id)
    return {row.to_status_id: row.since for row in tx.execute(query)}


def list_project_ids(tx: Tx) -> list[str]:
    return list(tx.execute(sa.select(checkpoint.c.project_id).where(*_asking(tx)).distinct()).scalars())


def list_watching_project_ids(tx: Tx) -> list[str]:
    by_status = (*_asking(tx), checkpoint.c.to_status_id != "")
    return list(tx.execute(sa.select(checkpoint.c.project_id).where(*by_status).distinct()).scalars())


def _asking(tx: Tx) -> tuple[sa.ColumnElement[bool], ...]:
    return (checkpoint.c.tenant_id == tx.tenant_id, checkpoint.c.enabled.is_(True), checkpoint.c.removed_at.is_(None))


def is_watched(project_id: sa.ColumnElement[str], status_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """For a statement with the parameter `tenant_id`: whether this status of this project sets off a checkpoint."""
    return sa.exists().where(
        checkpoint.c.tenant_id == sa.bindparam("tenant_id", type_=BigId),
        checkpoint.c.project_id == project_id,
        checkpoint.c.to_status_id == status_id,
        checkpoint.c.enabled,
        checkpoint.c.removed_at.is_(None),
    )


def list_ids_by_calendar(tx: Tx) -> list[int]:
    """Of all projects."""
    mine = (checkpoint.c.tenant_id == tx.tenant_id, checkpoint.c.starts_on.is_not(None))
    return list(tx.execute(sa.select(checkpoint.c.id).where(*mine)).scalars())


def find_workflow(tx: Tx, project_id: str) -> Workflow | None:
    columns = (workflow.c.issue_types, workflow.c.statuses, workflow.c.read_at)
    mine = (workflow.c.tenant_id == tx.tenant_id, workflow.c.project_id == project_id)
    row = tx.execute(sa.select(*columns).where(*mine)).one_or_none()
    if row is None:
        return None
    issue_types = tuple(IssueType(*each) for each in row.issue_types)
    return Workflow(issue_types, tuple(Status(*each) for each in row.statuses), row.read_at)


def mark_workflow(tx: Tx, project_id: str, found: Workflow) -> None:
    values = {
        "issue_types": [[kind.id, kind.name, kind.subtask] for kind in found.issue_types],
        "statuses": [[status.id, status.name, status.category] for status in found.statuses],
        "read_at": found.read_at,
    }
    statement = tx.insert(workflow).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "project_id"], set_=values))
