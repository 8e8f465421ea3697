"""Table and queries of transition events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from connect import Event, PostFunctionRan, StatusChanged
from plugin.checkpoints.service import is_watched
from plugin.database import BigId, Tx, UtcDateTime, as_rows, for_many_rows, metadata, tenant_column
from plugin.domain import TransitionEvent
from plugin.errors import NotFound

transition_event = sa.Table(
    "transition_event",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("delivery_key", sa.Text, nullable=False),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("issue_key", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("changelog_id", sa.Text, nullable=False),
    sa.Column("from_status_id", sa.Text, nullable=False),
    sa.Column("to_status_id", sa.Text, nullable=False),
    sa.Column("actor_account_id", sa.Text, nullable=True),
    sa.Column("happened_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),
    sa.Column("summary", sa.Text, nullable=False, server_default=""),
    sa.Column("to_status_name", sa.Text, nullable=False, server_default=""),
    sa.Column("configuration", sa.Text, nullable=True),  # of the rule that wants the customer asked
    sa.UniqueConstraint("tenant_id", "delivery_key"),
    sa.UniqueConstraint("tenant_id", "issue_id", "changelog_id"),
    sa.Index("ix_transition_event_project", "tenant_id", "project_id", "happened_at"),
)

project_sweep = sa.Table(
    "project_sweep",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("swept_until", UtcDateTime, nullable=False),  # what changed before is known
    sa.Column("began_at", UtcDateTime, nullable=True),  # of the sweep under way
    sa.Column("page_token", sa.Text, nullable=True),
    sa.PrimaryKeyConstraint("tenant_id", "project_id"),
)

_FOUND = ("outcome", "summary")  # by the worker
_COLUMNS = [transition_event.c[name] for name in TransitionEvent.__dataclass_fields__]
_GIVEN = [each.name for each in transition_event.c if each.name not in ("id", "tenant_id", *_FOUND)]


def _once(added: postgresql.Insert | sqlite.Insert) -> sa.Executable:
    return added.on_conflict_do_nothing().returning(transition_event.c.id)


_ADD = for_many_rows(transition_event, _GIVEN, _once)
_ADD_WATCHED = for_many_rows(
    transition_event, _GIVEN, _once, lambda given: is_watched(given["project_id"], given["to_status_id"])
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that Jira told us. `key` is the same for every delivery of it."""

    key: str
    event: Event
    received_at: datetime


def add_events(tx: Tx, changes: Iterable[tuple[str, StatusChanged | PostFunctionRan, datetime]]) -> list[int]:
    """From delivery keys, events and times of arrival, the ids of the new rows. The same is stored once."""
    return _add(tx, _ADD, changes)


def add_watched_events(tx: Tx, changes: Iterable[tuple[str, StatusChanged, datetime]]) -> list[int]:
    """The same without changes that no checkpoint could care about: they cost one look at an index, and leave nothing."""
    return _add(tx, _ADD_WATCHED, changes)


def _add(
    tx: Tx,
    statement: Mapping[str, sa.Executable],
    changes: Iterable[tuple[str, StatusChanged | PostFunctionRan, datetime]],
) -> list[int]:
    rows = [_row(*change) for change in changes]
    if not rows:
        return []
    return list(tx.execute(statement[tx.engine_name], {"tenant_id": tx.tenant_id, "rows": as_rows(rows)}).scalars())


def _row(delivery_key: str, event: StatusChanged | PostFunctionRan, received_at: datetime) -> dict[str, Any]:
    return _about(delivery_key, event) | {
        "delivery_key": delivery_key,
        "issue_id": event.issue_id,
        "issue_key": event.issue_key,
        "project_id": event.project_id,
        "to_status_id": event.to_status_id,
        "actor_account_id": event.actor_account_id,
        "happened_at": event.happened_at,
        "received_at": received_at,
    }


def _about(delivery_key: str, event: StatusChanged | PostFunctionRan) -> dict[str, Any]:
    """Which change it is. That of a post function is named later: the change itself has an event of its own."""
    if isinstance(event, StatusChanged):
        change = event.changelog_id or f"unnamed {delivery_key}"
        return {"changelog_id": change, "from_status_id": event.from_status_id, "to_status_name": "", "configuration": None}  # fmt: skip
    told = {"to_status_name": event.to_status_name, "configuration": event.configuration}
    return {"changelog_id": f"unnamed {delivery_key}", "from_status_id": ""} | told


def get_event(tx: Tx, event_id: int) -> TransitionEvent:
    """Raises NotFound."""
    row = tx.execute(
        sa.select(*_COLUMNS).where(transition_event.c.tenant_id == tx.tenant_id, transition_event.c.id == event_id)
    ).one_or_none()
    if row is None:
        raise NotFound("this event is not known any more")
    return _event(row)


def mark_change(tx: Tx, event: TransitionEvent, changelog_id: str) -> bool:
    """Say which change an event is about; False where another event has it already."""
    mine = (transition_event.c.tenant_id == tx.tenant_id, transition_event.c.issue_id == event.issue_id)
    taken = sa.select(transition_event.c.id).where(
        *mine, transition_event.c.changelog_id == changelog_id, transition_event.c.id != event.id
    )
    if tx.execute(taken).first() is not None:
        return False
    tx.execute(
        sa.update(transition_event).where(*mine, transition_event.c.id == event.id).values(changelog_id=changelog_id)
    )
    return True


def mark_event(tx: Tx, event_id: int, **found: str) -> None:
    mine = sa.and_(transition_event.c.tenant_id == tx.tenant_id, transition_event.c.id == event_id)
    tx.execute(sa.update(transition_event).where(mine).values(**found))


def list_events(tx: Tx, project_id: str, limit: int) -> list[TransitionEvent]:
    """The newest events of a project, newest first."""
    mine = (transition_event.c.tenant_id == tx.tenant_id, transition_event.c.project_id == project_id)
    query = (
        sa.select(*_COLUMNS).where(*mine).order_by(transition_event.c.happened_at.desc(), transition_event.c.id.desc())
    )
    return [_event(row) for row in tx.execute(query.limit(limit))]


def get_last_received_at(tx: Tx) -> datetime | None:
    """When Jira last told us of a transition."""
    query = sa.select(sa.func.max(transition_event.c.received_at, type_=UtcDateTime)).where(
        transition_event.c.tenant_id == tx.tenant_id
    )
    moment: datetime | None = tx.execute(query).scalar_one()
    return moment


def clear_actor(tx: Tx, account_id: str) -> int:
    """Forget that this account moved issues; the number of events."""
    mine = (transition_event.c.tenant_id == tx.tenant_id, transition_event.c.actor_account_id == account_id)
    cleared = sa.update(transition_event).where(*mine).values(actor_account_id=None).returning(transition_event.c.id)
    return len(tx.execute(cleared).all())


def _event(row: sa.Row[Any]) -> TransitionEvent:
    return TransitionEvent(**row._mapping)


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far a project was looked through; `began_at` and `page_token` of the sweep under way."""

    project_id: str
    swept_until: datetime
    began_at: datetime | None
    page_token: str | None

    def begun(self, now: datetime) -> Sweep:
        return replace(self, began_at=now, page_token=None)


def add_sweep(tx: Tx, project_id: str, now: datetime) -> None:
    """Unless there is one."""
    values = {"tenant_id": tx.tenant_id, "project_id": project_id, "swept_until": now}
    tx.execute(tx.insert(project_sweep).values(**values).on_conflict_do_nothing())


def get_sweep(tx: Tx, project_id: str) -> Sweep:
    """Raises NotFound."""
    columns = [project_sweep.c[name] for name in Sweep.__dataclass_fields__]
    row = tx.execute(sa.select(*columns).where(_of_project(tx, project_id))).one_or_none()
    if row is None:
        raise NotFound("this project is not swept")
    return Sweep(**row._mapping)


def mark_sweep(tx: Tx, project_id: str, swept_until: datetime | None, began_at: datetime | None, page_token: str | None) -> None:  # fmt: skip
    changes = {"swept_until": swept_until, "began_at": began_at, "page_token": page_token}
    tx.execute(sa.update(project_sweep).where(_of_project(tx, project_id)).values(**changes))


def _of_project(tx: Tx, project_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(project_sweep.c.tenant_id == tx.tenant_id, project_sweep.c.project_id == project_id)
