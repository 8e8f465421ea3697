"""Tables and queries of the work queue. Both tables are read across tenants: a worker serves all of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from plugin.database import BigId, Json, UtcDateTime, insert, metadata

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("tenant_id", BigId, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("payload", Json, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="ready"),  # ready | dead
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("token", sa.Text, nullable=False, server_default=""),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_job_ready", "tenant_id", "due_at", "id", postgresql_where=sa.text("state = 'ready'"), sqlite_where=sa.text("state = 'ready'")),
)  # fmt: skip

lane = sa.Table(
    "lane",
    metadata,
    sa.Column("tenant_id", BigId, primary_key=True, autoincrement=False),
    sa.Column("next_due_at", UtcDateTime, nullable=True),
    sa.Column("served_at", UtcDateTime, nullable=False),
    sa.Column("blocked_until", UtcDateTime, nullable=True),
    sa.Index("ix_lane_next_due_at", "next_due_at"),
)

worker_pulse = sa.Table(
    "worker_pulse",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # 1: that some worker lives is all we need
    sa.Column("seen_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed or listed piece of work. `token` fences it: finishing needs the token that the claim gave out."""

    id: int
    tenant_id: int
    kind: str
    key: str
    payload: dict[str, Any]
    due_at: datetime
    state: str
    attempts: int
    token: str = field(repr=False)
    error: str
    created_at: datetime


def add_job(connection: Connection, tenant_id: int, kind: str, key: str, payload: dict[str, Any], due_at: datetime, now: datetime, *, coalesce: bool = False) -> None:  # fmt: skip
    """Add work unless work of the same key waits already.

    With `coalesce`, asking again also takes the token from a worker that is on it: that worker looked at the world
    before this request, so its finish must fail and the work be done once more.
    """
    values = {
        "tenant_id": tenant_id,
        "kind": kind,
        "key": f"{tenant_id}:{key}",
        "payload": payload,
        "due_at": due_at,
        "created_at": now,
    }
    statement = insert(connection, job).values(**values)
    if coalesce:
        # "" is no worker's token; a job that had died gets another chance, as the world has changed.
        changes = {"token": "", "due_at": due_at, "state": "ready", "attempts": 0}
        connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changes))
    else:
        connection.execute(statement.on_conflict_do_nothing(index_elements=["key"]))
    _wake_lane(connection, tenant_id, due_at, now)


def _wake_lane(connection: Connection, tenant_id: int, due_at: datetime, now: datetime) -> None:
    statement = insert(connection, lane).values(tenant_id=tenant_id, next_due_at=due_at, served_at=now)
    sooner = sa.case(
        (sa.or_(lane.c.next_due_at.is_(None), lane.c.next_due_at > due_at), due_at), else_=lane.c.next_due_at
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_={"next_due_at": sooner}))


def claim_jobs(connection: Connection, lanes: int, jobs_per_lane: int, lease: timedelta, now: datetime) -> list[Job]:
    """Lease due work: the least recently served tenants first, a few jobs of each."""
    claimed: list[Job] = []
    for tenant_id in _list_due_lanes(connection, lanes, now):
        claimed += _claim_in_lane(connection, tenant_id, jobs_per_lane, lease, now)
        _mark_lane_served(connection, tenant_id, now)
    return claimed


def _list_due_lanes(connection: Connection, limit: int, now: datetime) -> Sequence[int]:
    unblocked = sa.or_(lane.c.blocked_until.is_(None), lane.c.blocked_until <= now)
    query = (
        sa.select(lane.c.tenant_id)
        .where(lane.c.next_due_at <= now, unblocked)
        .order_by(lane.c.served_at, lane.c.tenant_id)
    )
    return connection.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()


def _claim_in_lane(connection: Connection, tenant_id: int, limit: int, lease: timedelta, now: datetime) -> list[Job]:
    due = sa.and_(job.c.tenant_id == tenant_id, job.c.state == "ready", job.c.due_at <= now)
    ids = connection.scalars(sa.select(job.c.id).where(due).order_by(job.c.due_at, job.c.id).limit(limit)).all()
    if not ids:
        return []
    token = secrets.token_hex(8)
    changes = {"due_at": now + lease, "token": token, "attempts": job.c.attempts + 1}
    rows = connection.execute(sa.update(job).where(job.c.id.in_(ids)).values(**changes).returning(job))
    return sorted((Job(**row._mapping) for row in rows), key=lambda claimed: ids.index(claimed.id))


def _mark_lane_served(connection: Connection, tenant_id: int, now: datetime) -> None:
    earliest = (
        sa.select(sa.func.min(job.c.due_at))
        .where(job.c.tenant_id == tenant_id, job.c.state == "ready")
        .scalar_subquery()
    )
    connection.execute(sa.update(lane).where(lane.c.tenant_id == tenant_id).values(served_at=now, next_due_at=earliest))


def delete_job(connection: Connection, claimed: Job) -> bool:
    """Finish it; False when the lease was lost meanwhile."""
    return connection.execute(sa.delete(job).where(_owned(claimed)).returning(job.c.id)).first() is not None


def mark_job_waiting(connection: Connection, claimed: Job, due_at: datetime, error: str, now: datetime) -> None:
    """Give it back for another attempt at `due_at`."""
    found = connection.execute(
        sa.update(job).where(_owned(claimed)).values(due_at=due_at, error=error, token="").returning(job.c.id)
    ).first()
    if found is not None:
        _wake_lane(connection, claimed.tenant_id, due_at, now)


def mark_job_dead(connection: Connection, claimed: Job, error: str) -> bool:
    """Give up on it; an admin may run it again. False when the lease was lost meanwhile."""
    statement = sa.update(job).where(_owned(claimed)).values(state="dead", error=error, token="")
    return connection.execute(statement.returning(job.c.id)).first() is not None


def mark_job_ready(connection: Connection, tenant_id: int, job_id: int, now: datetime) -> bool:
    """Run a dead job again; False when this tenant has no such dead job."""
    mine = sa.and_(job.c.id == job_id, job.c.tenant_id == tenant_id, job.c.state == "dead")
    changes = {"state": "ready", "attempts": 0, "due_at": now}
    found = connection.execute(sa.update(job).where(mine).values(**changes).returning(job.c.id)).first()
    if found is not None:
        _wake_lane(connection, tenant_id, now, now)
    return found is not None


def mark_lane_blocked(connection: Connection, tenant_id: int, until: datetime) -> None:
    """Leave this tenant alone until then: its Jira asked for it."""
    connection.execute(sa.update(lane).where(lane.c.tenant_id == tenant_id).values(blocked_until=until))


def _owned(claimed: Job) -> sa.ColumnElement[bool]:
    return sa.and_(job.c.id == claimed.id, job.c.token == claimed.token, job.c.state == "ready")


@dataclass(frozen=True, slots=True)
class QueueState:
    """How a tenant's queue stands: jobs waiting, jobs given up, and since when the oldest due one waits (or None)."""

    waiting: int
    dead: int
    oldest_due_at: datetime | None


def get_queue_state(connection: Connection, tenant_id: int, now: datetime) -> QueueState:
    due = sa.case((sa.and_(job.c.state == "ready", job.c.due_at <= now), job.c.due_at))
    waiting = sa.func.count(sa.case((job.c.state == "ready", 1)))
    dead = sa.func.count(sa.case((job.c.state == "dead", 1)))
    row = connection.execute(
        sa.select(waiting, dead, sa.func.min(due, type_=UtcDateTime)).where(job.c.tenant_id == tenant_id)
    ).one()
    return QueueState(*row)


def list_dead_jobs(connection: Connection, tenant_id: int, limit: int) -> list[Job]:
    query = (
        sa.select(job).where(job.c.tenant_id == tenant_id, job.c.state == "dead").order_by(job.c.id.desc()).limit(limit)
    )
    return [Job(**row._mapping) for row in connection.execute(query)]


def find_job(connection: Connection, tenant_id: int, key: str) -> Job | None:
    row = connection.execute(
        sa.select(job).where(job.c.tenant_id == tenant_id, job.c.key == f"{tenant_id}:{key}")
    ).one_or_none()
    return None if row is None else Job(**row._mapping)


def list_troubled_jobs(connection: Connection, tenant_id: int, kind: str) -> list[Job]:
    query = sa.select(job).where(job.c.tenant_id == tenant_id, job.c.kind == kind, job.c.error != "")
    return [Job(**row._mapping) for row in connection.execute(query.order_by(job.c.id.desc()).limit(200))]


def get_next_due_at(connection: Connection) -> datetime | None:
    """When the next piece of work of any tenant falls due, or None."""
    wakes_at = sa.case((lane.c.blocked_until > lane.c.next_due_at, lane.c.blocked_until), else_=lane.c.next_due_at)
    moment: datetime | None = connection.scalar(sa.select(sa.func.min(wakes_at, type_=UtcDateTime)))
    return moment


def delete_job_of_key(connection: Connection, tenant_id: int, key: str) -> None:
    connection.execute(sa.delete(job).where(job.c.tenant_id == tenant_id, job.c.key == f"{tenant_id}:{key}"))


def delete_tenant_jobs(connection: Connection, tenant_id: int) -> None:
    connection.execute(sa.delete(job).where(job.c.tenant_id == tenant_id))
    connection.execute(sa.delete(lane).where(lane.c.tenant_id == tenant_id))


def mark_pulse(connection: Connection, now: datetime) -> None:
    statement = insert(connection, worker_pulse).values(id=1, seen_at=now)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}))


def find_pulse(connection: Connection) -> datetime | None:
    """When some worker was last seen."""
    found: datetime | None = connection.scalar(sa.select(worker_pulse.c.seen_at))
    return found


def get_totals(connection: Connection, now: datetime) -> QueueState:
    """As get_queue_state, over all tenants. Blocked tenants wait because their Jira says so: they are not late."""
    unblocked = sa.or_(lane.c.blocked_until.is_(None), lane.c.blocked_until <= now)
    oldest = sa.select(sa.func.min(lane.c.next_due_at, type_=UtcDateTime)).where(lane.c.next_due_at <= now, unblocked)
    counted = connection.execute(sa.select(job.c.state, sa.func.count().label("jobs")).group_by(job.c.state))
    counts: dict[str, int] = {row.state: row.jobs for row in counted}
    return QueueState(counts.get("ready", 0), counts.get("dead", 0), connection.scalar(oldest))
