"""Tables and queries of the work queue. Both tables are read across tenants: a worker serves all of them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from plugin.database import BigId, Json, UtcDateTime, as_rows, for_many_rows, metadata, on_each_engine
from plugin.jobs import pacing
from plugin.jobs.allowance import Allowance

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
    sa.Column("asks_jira", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_job_ready", "tenant_id", "asks_jira", "due_at", "id", postgresql_where=sa.text("state = 'ready'"), sqlite_where=sa.text("state = 'ready'")),
)  # fmt: skip

lane = sa.Table(
    "lane",
    metadata,
    sa.Column("tenant_id", BigId, primary_key=True, autoincrement=False),
    sa.Column("next_due_at", UtcDateTime, nullable=True),
    sa.Column("served_at", UtcDateTime, nullable=False),
    sa.Column("tokens", sa.Float, nullable=False, server_default="1"),  # of calls to Jira; counted at served_at
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # of Jira, in a row
    sa.Column("blocked_until", UtcDateTime, nullable=True),  # Jira is left alone
    sa.Column("resting", Json, nullable=False, server_default="{}"),  # {kind of work: until when, in ISO 8601}
    sa.Index("ix_lane_next_due_at", "next_due_at"),
)

worker_pulse = sa.Table(
    "worker_pulse",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # 1: that some worker lives is all we need
    sa.Column("seen_at", UtcDateTime, nullable=False),
)


_ADD_JOB = on_each_engine(job, lambda added: added.on_conflict_do_nothing(index_elements=["key"]))
_JOB = ("kind", "key", "payload", "due_at", "asks_jira", "created_at")
_ADD_JOBS = for_many_rows(job, _JOB, lambda added: added.on_conflict_do_nothing(index_elements=["key"]))
# "" is no worker's token; a job that had died gets another chance, as the world has changed.
_ADD_OR_RENEW_JOB = on_each_engine(
    job,
    lambda added: added.on_conflict_do_update(
        index_elements=["key"], set_={"token": "", "due_at": added.excluded.due_at, "state": "ready", "attempts": 0}
    ),
)
_LANE_DUE = [sa.bindparam(name, type_=lane.c[name].type) for name in ("tenant_id", "next_due_at", "served_at")]
_WAKE_LANE = on_each_engine(
    lane,
    lambda added: added.from_select(
        [each.key for each in _LANE_DUE], sa.select(*_LANE_DUE).where(sa.true())
    ).on_conflict_do_update(
        index_elements=["tenant_id"],
        set_={"next_due_at": added.excluded.next_due_at},
        where=sa.or_(lane.c.next_due_at.is_(None), lane.c.next_due_at > added.excluded.next_due_at),
    ),
)
_QUEUE = {
    "postgresql": (_WAKE_LANE["postgresql"].add_cte(_ADD_JOBS["postgresql"].cte("added")),),  # one round trip
    "sqlite": (_ADD_JOBS["sqlite"], _WAKE_LANE["sqlite"]),
}
_PULSE = on_each_engine(
    worker_pulse,
    lambda added: added.on_conflict_do_update(index_elements=["id"], set_={"seen_at": added.excluded.seen_at}),
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
    asks_jira: bool
    created_at: datetime
    probing: bool = False  # Jira failed before: what becomes of this tells whether it is back


def add_job(connection: Connection, tenant_id: int, kind: str, key: str, payload: dict[str, Any], due_at: datetime, now: datetime, *, coalesce: bool = False) -> None:  # fmt: skip
    """Add work unless work of the same key waits already.

    With `coalesce`, asking again also takes the token from a worker that is on it: that worker looked at the world
    before this request, so its finish must fail and the work be done once more.
    """
    adding = _ADD_OR_RENEW_JOB if coalesce else _ADD_JOB
    connection.execute(adding[connection.dialect.name], _row(tenant_id, kind, key, payload, due_at, now))
    _wake_lane(connection, tenant_id, due_at, now)


def add_jobs(connection: Connection, tenant_id: int, kind: str, payloads: Mapping[str, dict[str, Any]], due_at: datetime, now: datetime) -> None:  # fmt: skip
    """`add_job` for several of one kind, by key."""
    rows = [_row(tenant_id, kind, key, payload, due_at, now) for key, payload in payloads.items()]
    added = {"rows": as_rows(rows), "tenant_id": tenant_id, "next_due_at": due_at, "served_at": now}
    for statement in _QUEUE[connection.dialect.name]:
        connection.execute(statement, added)


def _row(tenant_id: int, kind: str, key: str, payload: dict[str, Any], due_at: datetime, now: datetime) -> dict[str, Any]:  # fmt: skip
    return {
        "tenant_id": tenant_id,
        "kind": kind,
        "key": f"{tenant_id}:{key}",
        "payload": payload,
        "due_at": due_at,
        "asks_jira": kind not in pacing.WITHOUT_JIRA,
        "created_at": now,
    }


def _wake_lane(connection: Connection, tenant_id: int, due_at: datetime, now: datetime) -> None:
    lane_due = {"tenant_id": tenant_id, "next_due_at": due_at, "served_at": now}
    connection.execute(_WAKE_LANE[connection.dialect.name], lane_due)


def claim_jobs(connection: Connection, lanes: int, jobs_per_lane: int, lease: timedelta, now: datetime, *, paced: bool, but: Collection[int]) -> list[Job]:  # fmt: skip
    """Lease due work: the least recently served tenants first, a few jobs of each, at the pace of their Jira.

    Leaves the tenants of `but` out.
    """
    wanted = {"now": now, "but": [*but, 0], "limit": lanes}
    rows = connection.execute(_DUE_LANES, wanted).all()
    of = {tenant_id: Allowance.of(now, *kept, paced=paced) for tenant_id, *kept in rows}
    due = [each for tenant_id in of for each in _due_in_lane(connection, tenant_id, of[tenant_id], jobs_per_lane, now)]
    leased = _lease(connection, due, lease, now)
    for tenant_id, allowance in of.items():
        left = allowance.after(sum(each.asks_jira for each in leased if each.tenant_id == tenant_id), lease, now)
        connection.execute(_SERVED, {"b_tenant_id": tenant_id, "b_now": now, **_left(left)})
    return [replace(each, probing=of[each.tenant_id].failures > 0 and each.asks_jira) for each in leased]


def claim_more_jobs(
    connection: Connection, claimed: Job, limit: int, lease: timedelta, errors: Collection[str], now: datetime
) -> list[Job]:
    """Lease further due work alike, with one of these last errors, each with the date it had. It costs Jira no call."""
    mine = lane.c.tenant_id == claimed.tenant_id
    connection.execute(sa.select(lane).where(mine).with_for_update())  # no other claims
    alike = (job.c.tenant_id == claimed.tenant_id, job.c.kind == claimed.kind, job.c.error.in_(errors))
    due = (*alike, job.c.state == "ready", job.c.due_at <= now)
    query = sa.select(job.c.id, job.c.due_at).where(*due).order_by(job.c.due_at, job.c.id).limit(limit)
    dates = {row.id: row.due_at for row in connection.execute(query)}
    return [replace(each, due_at=dates[each.id]) for each in _lease(connection, list(dates), lease, now)]


def _due_in_lane(connection: Connection, tenant_id: int, allowance: Allowance, limit: int, now: datetime) -> list[int]:
    """Ids; as much of it asking Jira as is allowed."""
    asking = {"asking": min(limit, allowance.calls), "resting": [*allowance.resting, ""]}
    due = connection.execute(_DUE, {"b_tenant_id": tenant_id, "b_now": now, "limit": limit, **asking})
    return list(due.scalars())


def _lease(connection: Connection, ids: Sequence[int], lease: timedelta, now: datetime) -> list[Job]:
    """These jobs, in this order."""
    if not ids:
        return []
    changes = {"ids": ids, "b_due_at": now + lease, "b_token": secrets.token_hex(8)}
    taken = (Job(**row._mapping) for row in connection.execute(_CLAIMED, changes))
    return sorted(taken, key=lambda claimed: ids.index(claimed.id))


def _left(left: Allowance) -> dict[str, object]:
    return {
        "b_tokens": left.tokens,
        "b_blocked_until": left.blocked_until,
        "b_resting": {kind: until.isoformat() for kind, until in left.resting.items()},
        "resting": [*left.resting, ""],
        "next_call_at": left.next_call_at,
        "rested_at": min(left.resting.values(), default=None),
    }


def _of_lane(*, asks_jira: bool) -> sa.ColumnElement[bool]:
    ready = sa.and_(
        job.c.tenant_id == sa.bindparam("b_tenant_id"), job.c.state == "ready", job.c.asks_jira == asks_jira
    )
    return sa.and_(ready, job.c.kind.not_in(sa.bindparam("resting", expanding=True))) if asks_jira else ready


def _first(ready: sa.ColumnElement[bool], limit: str) -> sa.Select[tuple[int, datetime]]:
    query = sa.select(job.c.id, job.c.due_at).where(ready, job.c.due_at <= sa.bindparam("b_now"))
    query = query.order_by(job.c.due_at, job.c.id).limit(sa.bindparam(limit))
    return sa.select(query.subquery())


def _serve() -> sa.Update:
    """Note what is left, and when there is something to do again: what asks Jira not before Jira may be asked."""
    earliest = sa.func.min(job.c.due_at, type_=UtcDateTime).label("due_at")
    asking = sa.select(earliest).where(_of_lane(asks_jira=True)).subquery()
    next_call_at = sa.bindparam("next_call_at", type_=UtcDateTime)
    moments = sa.union_all(
        sa.select(earliest).where(_of_lane(asks_jira=False)),
        sa.select(sa.case((asking.c.due_at < next_call_at, next_call_at), else_=asking.c.due_at)),
        sa.select(sa.bindparam("rested_at", type_=UtcDateTime)),
    ).subquery()
    changes: dict[str, Any] = {name: sa.bindparam(f"b_{name}") for name in ("tokens", "blocked_until", "resting")}
    next_due_at = sa.select(sa.func.min(moments.c.due_at)).scalar_subquery()
    served = sa.update(lane).where(lane.c.tenant_id == sa.bindparam("b_tenant_id"))
    return served.values(served_at=sa.bindparam("b_now"), next_due_at=next_due_at, **changes)


# Built once: putting such statements together costs more than running them.
_DUE_LANES = (
    sa.select(*(lane.c[name] for name in ("tenant_id", "tokens", "served_at", "failures", "blocked_until", "resting")))
    .where(lane.c.next_due_at <= sa.bindparam("now"), lane.c.tenant_id.not_in(sa.bindparam("but", expanding=True)))
    .order_by(lane.c.served_at, lane.c.tenant_id)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_DUE_OF_BOTH = sa.union_all(
    _first(_of_lane(asks_jira=False), "limit"), _first(_of_lane(asks_jira=True), "asking")
).subquery()
_DUE = sa.select(_DUE_OF_BOTH.c.id).order_by(_DUE_OF_BOTH.c.due_at, _DUE_OF_BOTH.c.id).limit(sa.bindparam("limit"))
_CLAIMED = (
    sa.update(job)
    .where(job.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(due_at=sa.bindparam("b_due_at"), token=sa.bindparam("b_token"), attempts=job.c.attempts + 1)
    .returning(job)
)
_SERVED = _serve()
_FINISHED = (
    sa.delete(job)
    .where(job.c.id == sa.bindparam("b_id"), job.c.token == sa.bindparam("b_token"), job.c.state == "ready")
    .returning(job.c.id)
)


def delete_job(connection: Connection, claimed: Job) -> bool:
    """Finish it; False when the lease was lost meanwhile."""
    return connection.execute(_FINISHED, {"b_id": claimed.id, "b_token": claimed.token}).first() is not None


def mark_job_waiting(connection: Connection, claimed: Job, due_at: datetime, error: str, now: datetime) -> None:
    """Give it back for another attempt at `due_at`."""
    found = connection.execute(
        sa.update(job).where(_owned(claimed)).values(due_at=due_at, error=error, token="").returning(job.c.id)
    ).first()
    if found is not None:
        _wake_lane(connection, claimed.tenant_id, due_at, now)


def mark_job_put_off(connection: Connection, claimed: Job, due_at: datetime, now: datetime, error: str = "") -> bool:
    """Another date for a job that did not fail; False when the lease was lost meanwhile."""
    changes = {"due_at": due_at, "token": "", "attempts": 0, "error": error}
    changed = sa.update(job).where(_owned(claimed)).values(**changes).returning(job.c.id)
    if connection.execute(changed).first() is None:
        return False
    _wake_lane(connection, claimed.tenant_id, due_at, now)
    return True


def mark_postponed_due(connection: Connection, tenant_id: int, error: str, now: datetime) -> None:
    """Have what waits with this error done at once."""
    waiting = sa.and_(job.c.tenant_id == tenant_id, job.c.state == "ready", job.c.error == error)
    connection.execute(sa.update(job).where(waiting).values(due_at=now))
    _wake_lane(connection, tenant_id, now, now)


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


def mark_lane_blocked(connection: Connection, tenant_id: int | None, until: datetime, *, anyway: bool = False) -> None:
    """Ask this tenant's Jira, or with None any tenant's, nothing until then; with `anyway` also where that is sooner."""
    longer = sa.true() if anyway else sa.or_(lane.c.blocked_until.is_(None), lane.c.blocked_until < until)
    whose = sa.true() if tenant_id is None else lane.c.tenant_id == tenant_id
    sooner = sa.case((lane.c.next_due_at > until, until), else_=lane.c.next_due_at)
    connection.execute(sa.update(lane).where(whose, longer).values(blocked_until=until, next_due_at=sooner))


def mark_kind_resting(connection: Connection, tenant_id: int, kind: str, until: datetime) -> None:
    """Let one kind of this tenant's work rest until then."""
    query = sa.select(lane.c.resting).where(lane.c.tenant_id == tenant_id).with_for_update()
    resting = {**(connection.execute(query).scalar_one_or_none() or {}), kind: until.isoformat()}
    connection.execute(sa.update(lane).where(lane.c.tenant_id == tenant_id).values(resting=resting))


def mark_jira_failed(connection: Connection, tenant_id: int) -> int:
    """How often it has failed in a row by now."""
    failed = sa.update(lane).where(lane.c.tenant_id == tenant_id).values(failures=lane.c.failures + 1)
    return connection.execute(failed.returning(lane.c.failures)).scalar_one_or_none() or 0


def mark_jira_answered(connection: Connection, tenant_id: int, now: datetime) -> None:
    """It is back: waiting work goes on, from an empty bucket."""
    changes = {"failures": 0, "blocked_until": None, "tokens": 0.0, "served_at": now, "next_due_at": now}
    connection.execute(sa.update(lane).where(lane.c.tenant_id == tenant_id, lane.c.failures > 0).values(**changes))


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
    mine = (job.c.tenant_id == tenant_id, job.c.key == f"{tenant_id}:{key}")
    row = connection.execute(sa.select(job).where(*mine)).one_or_none()
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
    connection.execute(_PULSE[connection.dialect.name], {"id": 1, "seen_at": now})


def find_pulse(connection: Connection) -> datetime | None:
    """When some worker was last seen."""
    return connection.scalar(sa.select(worker_pulse.c.seen_at))


def get_totals(connection: Connection, now: datetime) -> QueueState:
    """As get_queue_state, over all tenants. Blocked tenants wait because their Jira says so: they are not late."""
    unblocked = sa.or_(lane.c.blocked_until.is_(None), lane.c.blocked_until <= now)
    oldest = sa.select(sa.func.min(lane.c.next_due_at, type_=UtcDateTime)).where(lane.c.next_due_at <= now, unblocked)
    counted = connection.execute(sa.select(job.c.state, sa.func.count()).group_by(job.c.state))
    counts = dict[str, int](tuple(row) for row in counted)
    return QueueState(counts.get("ready", 0), counts.get("dead", 0), connection.scalar(oldest))
