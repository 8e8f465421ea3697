"""The queue's verbs: enqueue, claim, finish, retry, bury. The only door to the `job` and `lane` tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from plugin.database import Database, Tx
from plugin.errors import LostLease, NotFound
from plugin.jobs import backoff, pacing, store
from plugin.jobs.store import Job, QueueState
from plugin.telemetry import Standing

LEASE = timedelta(seconds=60)
PASSING_ERRORS = ("", "jira_unavailable", "unavailable")  # no fault of the job's own
JOBS_PER_LANE = 2  # what one tenant may take of a round, so that a flood of its own delays nobody else

__all__ = ["LEASE", "Job", "QueueState", "Standing", "cancel", "claim", "clear", "enqueue", "enqueue_each", "find", "finish", "heed", "hurry", "jira_answered", "jira_failed", "list_dead", "list_waiting", "next_due_at", "postpone", "pulse", "put_off", "queue_state", "release", "retry_or_bury", "run_again", "standing", "take_along"]  # fmt: skip


def enqueue(
    tx: Tx, kind: str, key: str, payload: dict[str, Any], due_at: datetime, now: datetime, *, coalesce: bool = False
) -> None:
    """Have `kind` done at `due_at`, in the transaction of the rows it follows from. `payload` holds ids only.

    `key` is unique per tenant while the work waits: a second request is the same request. With `coalesce` a request
    during the work makes it run once more.
    """
    store.add_job(tx.connection, tx.tenant_id, kind, key, payload, due_at, now, coalesce=coalesce)


def enqueue_each(tx: Tx, kind: str, payloads: Mapping[str, dict[str, Any]], due_at: datetime, now: datetime) -> None:
    """`enqueue` for several at once, by key."""
    if payloads:
        store.add_jobs(tx.connection, tx.tenant_id, kind, payloads, due_at, now)


def claim(
    database: Database, limit: int, now: datetime, *, paced: bool = False, but: Collection[int] = ()
) -> list[Job]:
    """Lease up to `limit` due jobs. A job whose worker dies falls due again when LEASE ends.

    `paced`: no more work that asks Jira than its pace allows. `but`: tenants to leave out.
    """
    lanes, of_each = max(1, limit // JOBS_PER_LANE), min(limit, JOBS_PER_LANE)
    with database.system() as connection:
        return store.claim_jobs(connection, lanes, of_each, LEASE, now, paced=paced, but=but)


def finish(tx: Tx, job: Job) -> None:
    """Remove a done job, in the transaction of what it wrote. Raises LostLease, which must roll that back."""
    if not store.delete_job(tx.connection, job):
        raise LostLease(job.key)


def put_off(tx: Tx, job: Job, due_at: datetime, now: datetime) -> None:
    """Give a claimed job another date, in the transaction of what it wrote. Raises LostLease, which rolls that back."""
    if not store.mark_job_put_off(tx.connection, job, due_at, now):
        raise LostLease(job.key)


def take_along(database: Database, job: Job, limit: int, now: datetime) -> list[Job]:
    """Lease up to `limit` more due jobs of the kind and tenant of a job in hand, to do them in one go.

    None if the job has failed by itself before: then it goes alone, so that it cannot take others down with it. For
    the same reason only jobs come along that never failed, or only because the outside was away.
    """
    if job.probing or job.error not in PASSING_ERRORS:
        return []  # where Jira has just failed, one job tries and no others have to wait longer for it
    with database.system() as connection:
        return store.claim_more_jobs(connection, job, limit, LEASE, PASSING_ERRORS, now)


def retry_or_bury(
    database: Database,
    job: Job,
    error: str,
    retry: bool,
    retry_after_seconds: float | None,
    jitter: float,
    now: datetime,
    *,
    follow_up: str | None = None,
) -> bool:
    """Give a failed job another date, or give it up when trying again cannot help. True if it will be tried again.

    `follow_up` is the kind of work, with the same payload, that follows from giving up.
    """
    again = retry and backoff.may_retry(job.attempts)
    with database.system() as connection:
        if again:
            due_at = now + backoff.wait_before(job.attempts, retry_after_seconds, jitter)
            store.mark_job_waiting(connection, job, due_at, error, now)
        else:
            dead = store.mark_job_dead(connection, job, error)
            if dead and follow_up is not None:
                key = f"{follow_up}:{job.id}"
                store.add_job(connection, job.tenant_id, follow_up, key, job.payload, now, now)
    return again


def postpone(database: Database, job: Job, error: str, seconds: float, now: datetime) -> None:
    """Give back work that could not be tried: it lacks something that comes by itself, so this counts as no attempt."""
    with database.system() as connection:
        store.mark_job_put_off(connection, job, now + timedelta(seconds=seconds), now, error)


def hurry(tx: Tx, error: str, now: datetime) -> None:
    """What was postponed for this reason is due now."""
    store.mark_postponed_due(tx.connection, tx.tenant_id, error, now)


def heed(database: Database, job: Job, scope: str, seconds: float, now: datetime) -> None:
    """Jira answered 429: let rest what it asks for, as long as it says, and nothing else.

    `scope`: "pool" (what all sites share), "tenant", "endpoint" (this kind of work), or "issue", where only the job waits.
    """
    until = now + timedelta(seconds=seconds)
    with database.system() as connection:
        if scope == "endpoint":
            store.mark_kind_resting(connection, job.tenant_id, job.kind, until)
        elif scope in ("tenant", "pool"):
            store.mark_lane_blocked(connection, None if scope == "pool" else job.tenant_id, until)


def release(database: Database, job: Job, now: datetime, *, due_at: datetime | None = None) -> None:
    """Give back work that was not begun."""
    with database.system() as connection:
        store.mark_job_put_off(connection, job, due_at or now, now)


def jira_failed(database: Database, tenant_id: int, jitter: float, now: datetime) -> None:
    """No answer, or no sensible one. After some in a row this Jira is left alone for a while, by everybody."""
    with database.system() as connection:
        rest = pacing.rest_after(store.mark_jira_failed(connection, tenant_id), jitter)
        if rest is not None:
            store.mark_lane_blocked(connection, tenant_id, now + rest, anyway=True)


def jira_answered(database: Database, tenant_id: int, now: datetime) -> None:
    with database.system() as connection:
        store.mark_jira_answered(connection, tenant_id, now)


def run_again(tx: Tx, job_id: int, now: datetime) -> None:
    """Give a dead job new attempts. Raises NotFound."""
    if not store.mark_job_ready(tx.connection, tx.tenant_id, job_id, now):
        raise NotFound("no such failed work; somebody may have restarted it already")


def cancel(tx: Tx, key: str) -> None:
    """Drop one piece of work, in whatever state it is; a worker that is on it loses its lease."""
    store.delete_job_of_key(tx.connection, tx.tenant_id, key)


def clear(tx: Tx) -> None:
    """Drop all work of a tenant."""
    store.delete_tenant_jobs(tx.connection, tx.tenant_id)


def find(tx: Tx, key: str) -> Job | None:
    """The work of this key, whether it waits, is being done or was given up; None if there is none."""
    return store.find_job(tx.connection, tx.tenant_id, key)


def list_waiting(tx: Tx, kind: str) -> list[Job]:
    """Work of one kind that has failed at least once and waits for another attempt, or was given up."""
    return store.list_troubled_jobs(tx.connection, tx.tenant_id, kind)


def queue_state(tx: Tx, now: datetime) -> QueueState:
    return store.get_queue_state(tx.connection, tx.tenant_id, now)


def list_dead(tx: Tx, limit: int = 50) -> list[Job]:
    return store.list_dead_jobs(tx.connection, tx.tenant_id, limit)


def next_due_at(database: Database) -> datetime | None:
    with database.system_reading() as connection:
        return store.get_next_due_at(connection)


def pulse(database: Database, now: datetime) -> None:
    """A worker says that it lives."""
    with database.system() as connection:
        store.mark_pulse(connection, now)


def standing(database: Database, now: datetime) -> Standing:
    """All tenants' queues together, and whether somebody works. Raises connect.Unavailable."""
    with database.system_reading() as connection:
        totals, seen_at = store.get_totals(connection, now), store.find_pulse(connection)
    late = 0.0 if totals.oldest_due_at is None else (now - totals.oldest_due_at).total_seconds()
    return Standing(totals.waiting, totals.dead, late, None if seen_at is None else (now - seen_at).total_seconds())
