"""Table and queries of the activities that people plan and do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.activities.ledger import Activity, Kind, Origin
from plugin.database import BigId, Tx, UtcDateTime, metadata, tenant_column
from plugin.errors import NotFound

activity = sa.Table(
    "activity",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("planned_on", sa.Date, nullable=True),
    sa.Column("done_on", sa.Date, nullable=True),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("more_needed", sa.Boolean, nullable=False),
    sa.Column("more", sa.Text, nullable=False),
    sa.Column("repeat_days", sa.Integer, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("issue_key", sa.Text, nullable=False),
    sa.Column("noted_for", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=True),  # who entered it; nobody for what the app planned
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime, nullable=True),
    sa.Index("ix_activity_project", "tenant_id", "project_id", "planned_on"),
    sa.Index(
        "uq_activity_note",
        "tenant_id",
        "project_id",
        "noted_for",
        unique=True,
        postgresql_where=sa.text("noted_for <> ''"),
        sqlite_where=sa.text("noted_for <> ''"),
    ),
)

_COLUMNS = [activity.c[name] for name in Activity.__dataclass_fields__]
_NOTHING = {
    "planned_on": None,
    "done_on": None,
    "result": "",
    "more_needed": False,
    "more": "",
    "repeat_days": 0,
    "issue_key": "",
    "noted_for": "",
    "account_id": None,
}


def _activity(row: sa.Row[Any]) -> Activity:
    return Activity(**{**row._mapping, "kind": Kind(row.kind), "origin": Origin(row.origin)})


def add_activity(tx: Tx, project_id: str, values: Mapping[str, Any], now: datetime) -> int:
    whole = {**_NOTHING, **values, "tenant_id": tx.tenant_id, "project_id": project_id, "created_at": now}
    added: int = tx.execute(sa.insert(activity).values(**whole).returning(activity.c.id)).scalar_one()
    return added


def mark_note(tx: Tx, project_id: str, noted_for: str, values: Mapping[str, Any], now: datetime) -> None:
    """Keep somebody's judgement on a line of the app; a later one takes its place."""
    mine = {"tenant_id": tx.tenant_id, "project_id": project_id, "noted_for": noted_for, "created_at": now}
    statement = tx.insert(activity).values(**{**_NOTHING, **values, **mine})
    changes = {name: values[name] for name in ("more_needed", "more", "account_id")}
    same = ["tenant_id", "project_id", "noted_for"]
    once = statement.on_conflict_do_update(index_elements=same, index_where=sa.text("noted_for <> ''"), set_=changes)
    tx.execute(once)


def mark_activity(tx: Tx, project_id: str, activity_id: int, **changes: object) -> None:
    """Raises NotFound for one of another project."""
    mine = sa.and_(
        activity.c.tenant_id == tx.tenant_id, activity.c.project_id == project_id, activity.c.id == activity_id
    )
    if tx.execute(sa.update(activity).where(mine).values(**changes).returning(activity.c.id)).first() is None:
        raise NotFound("this activity does not exist any more")


def get_activity(tx: Tx, project_id: str, activity_id: int) -> Activity:
    """Raises NotFound for one of another project, or removed."""
    mine = (
        activity.c.tenant_id == tx.tenant_id,
        activity.c.project_id == project_id,
        activity.c.id == activity_id,
        activity.c.removed_at.is_(None),
    )
    row = tx.execute(sa.select(*_COLUMNS).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("this activity does not exist any more")
    return _activity(row)


def list_activities(tx: Tx, project_id: str) -> list[Activity]:
    mine = (
        activity.c.tenant_id == tx.tenant_id,
        activity.c.project_id == project_id,
        activity.c.removed_at.is_(None),
    )
    return [_activity(row) for row in tx.execute(sa.select(*_COLUMNS).where(*mine).order_by(activity.c.id))]


def has_activities(tx: Tx, project_id: str) -> bool:
    """Also removed ones: a plan that somebody emptied was there."""
    mine = (activity.c.tenant_id == tx.tenant_id, activity.c.project_id == project_id)
    return tx.execute(sa.select(activity.c.id).where(*mine).limit(1)).first() is not None


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget that this account entered activities; how many."""
    mine = (activity.c.tenant_id == tx.tenant_id, activity.c.account_id == account_id)
    cleared = sa.update(activity).where(*mine).values(account_id=None).returning(activity.c.id)
    return len(tx.execute(cleared).all())
