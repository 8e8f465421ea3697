"""The queue on both engines: nothing lost, nothing done twice, nobody starved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plugin.database import Database
from plugin.errors import LostLease, NotFound
from plugin.jobs import backoff
from plugin.jobs import service as jobs
from plugin.jobs.service import LEASE, Job

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALICE, BOB = 1, 2


def enqueue(database: Database, tenant_id: int, key: str, due_at: datetime = NOW, *, coalesce: bool = False) -> None:
    with database.transaction(tenant_id) as tx:
        jobs.enqueue(tx, "step", key, {"n": 1}, due_at, NOW, coalesce=coalesce)


def finish(database: Database, job: Job) -> None:
    with database.transaction(job.tenant_id) as tx:
        jobs.finish(tx, job)


def test_due_work_is_claimed_once(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (job,) = jobs.claim(database, 10, NOW)
    assert (job.tenant_id, job.kind, job.payload, job.attempts) == (ALICE, "step", {"n": 1}, 1)
    assert jobs.claim(database, 10, NOW) == []


def test_finished_work_does_not_come_back(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (job,) = jobs.claim(database, 10, NOW)
    finish(database, job)
    assert jobs.claim(database, 10, NOW + LEASE * 2) == []


def test_work_of_a_dead_worker_falls_due_again_when_its_lease_ends(database: Database) -> None:
    enqueue(database, ALICE, "a")
    jobs.claim(database, 10, NOW)
    assert jobs.claim(database, 10, NOW + LEASE - timedelta(seconds=1)) == []
    (again,) = jobs.claim(database, 10, NOW + LEASE)
    assert again.attempts == 2


def test_a_worker_that_lost_its_lease_cannot_finish(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (late,) = jobs.claim(database, 10, NOW)
    (_current,) = jobs.claim(database, 10, NOW + LEASE)
    with pytest.raises(LostLease):
        finish(database, late)


def test_future_work_waits_for_its_date(database: Database) -> None:
    enqueue(database, ALICE, "a", NOW + timedelta(days=21))
    assert jobs.claim(database, 10, NOW + timedelta(days=20)) == []
    assert len(jobs.claim(database, 10, NOW + timedelta(days=21))) == 1


def test_the_same_key_is_the_same_work_but_not_across_tenants(database: Database) -> None:
    for tenant_id in (ALICE, ALICE, BOB):
        enqueue(database, tenant_id, "a")
    assert sorted(job.tenant_id for job in jobs.claim(database, 10, NOW)) == [ALICE, BOB]


def test_coalesced_work_asked_for_during_the_work_is_done_once_more(database: Database) -> None:
    enqueue(database, ALICE, "fields", coalesce=True)
    (first,) = jobs.claim(database, 10, NOW)
    enqueue(database, ALICE, "fields", coalesce=True)
    with pytest.raises(LostLease):
        finish(database, first)
    assert len(jobs.claim(database, 10, NOW)) == 1


def test_a_flood_of_one_tenant_does_not_keep_another_waiting(database: Database) -> None:
    for number in range(50):
        enqueue(database, ALICE, f"flood-{number}")
    enqueue(database, BOB, "one")
    assert BOB in {job.tenant_id for job in jobs.claim(database, 4, NOW)}


def test_failed_work_comes_back_later_with_its_reason(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (job,) = jobs.claim(database, 10, NOW)
    assert jobs.retry_or_bury(database, job, "mail_unavailable: 451 later", True, None, 0.5, NOW)
    assert jobs.claim(database, 10, NOW + timedelta(seconds=1)) == []
    with database.reading(ALICE) as tx:
        assert [waiting.error for waiting in jobs.list_waiting(tx, "step")] == ["mail_unavailable: 451 later"]
    assert len(jobs.claim(database, 10, NOW + timedelta(seconds=3))) == 1


def test_hopeless_work_is_given_up_and_can_be_run_again(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (job,) = jobs.claim(database, 10, NOW)
    assert not jobs.retry_or_bury(database, job, "not_found", False, None, 0.5, NOW)
    assert jobs.claim(database, 10, NOW + timedelta(days=9)) == []
    with database.transaction(ALICE) as tx:
        assert jobs.queue_state(tx, NOW).dead == 1
        jobs.run_again(tx, job.id, NOW)
    assert len(jobs.claim(database, 10, NOW)) == 1


def test_nobody_runs_the_work_of_another_tenant_again(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (job,) = jobs.claim(database, 10, NOW)
    jobs.retry_or_bury(database, job, "not_found", False, None, 0.5, NOW)
    with pytest.raises(NotFound), database.transaction(BOB) as tx:
        jobs.run_again(tx, job.id, NOW)


def test_the_state_of_the_queue_tells_how_late_it_is(database: Database) -> None:
    enqueue(database, ALICE, "late", NOW - timedelta(minutes=5))
    enqueue(database, ALICE, "later", NOW + timedelta(days=5))
    with database.reading(ALICE) as tx:
        state = jobs.queue_state(tx, NOW)
    assert (state.waiting, state.dead, state.oldest_due_at) == (2, 0, NOW - timedelta(minutes=5))


def test_work_written_in_a_transaction_that_fails_was_never_there(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction(ALICE) as tx:
        jobs.enqueue(tx, "step", "a", {}, NOW, NOW)
        raise ZeroDivisionError
    assert jobs.claim(database, 10, NOW) == []


@pytest.mark.parametrize(
    ("attempt", "shortest", "longest"), [(1, 1.4, 2.6), (2, 2.8, 5.2), (5, 22.4, 41.6), (20, 4 * 3600, 8 * 3600)]
)
def test_waits_grow_and_spread(attempt: int, shortest: float, longest: float) -> None:
    waits = [backoff.wait_before(attempt, None, jitter / 10).total_seconds() for jitter in range(11)]
    assert min(waits) >= shortest
    assert max(waits) <= longest


def test_a_retry_after_is_never_undercut() -> None:
    assert backoff.wait_before(1, 120, 0.0) == timedelta(seconds=120)


def test_work_is_tried_for_more_than_a_day_before_it_is_given_up() -> None:
    waits = [backoff.wait_before(attempt, None, 0.5) for attempt in range(1, backoff.MAX_ATTEMPTS)]
    assert sum(waits, timedelta()) > timedelta(days=1)
    assert not backoff.may_retry(backoff.MAX_ATTEMPTS)


def take_along(database: Database, job: Job, limit: int = 10, now: datetime = NOW) -> list[str]:
    return [other.key for other in jobs.take_along(database, job, limit, now)]


def test_further_due_work_of_the_same_kind_and_tenant_comes_along(database: Database) -> None:
    for number in range(5):
        enqueue(database, ALICE, f"a{number}")
    enqueue(database, ALICE, "later", NOW + timedelta(hours=1))
    enqueue(database, BOB, "b")
    with database.transaction(ALICE) as tx:
        jobs.enqueue(tx, "another", "c", {}, NOW, NOW)
    (job,) = jobs.claim(database, 1, NOW)
    assert take_along(database, job, 2) == ["1:a1", "1:a2"]
    assert take_along(database, job) == ["1:a3", "1:a4"]


def test_work_that_came_along_is_leased_and_fenced_like_any_other(database: Database) -> None:
    enqueue(database, ALICE, "a")
    enqueue(database, ALICE, "b")
    (job,) = jobs.claim(database, 1, NOW)
    (other,) = jobs.take_along(database, job, 10, NOW)
    assert jobs.claim(database, 10, NOW) == []
    finish(database, other)
    (again,) = jobs.claim(database, 10, NOW + LEASE)
    assert again.key == job.key


@pytest.mark.parametrize(
    ("error", "comes"), [("jira_unavailable", True), ("unavailable", True), ("internal_error", False)]
)
def test_work_that_failed_by_its_own_fault_goes_alone(database: Database, error: str, comes: bool) -> None:
    enqueue(database, ALICE, "a")
    (failed,) = jobs.claim(database, 1, NOW)
    jobs.retry_or_bury(database, failed, error, True, None, 0.5, NOW)
    enqueue(database, ALICE, "b", NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=2)
    claimed = jobs.claim(database, 1, later)[0]
    assert (claimed.error, take_along(database, claimed, now=later)) == (error, ["1:b"] if comes else [])


def test_work_that_failed_by_its_own_fault_comes_along_with_nobody(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (failed,) = jobs.claim(database, 1, NOW)
    jobs.retry_or_bury(database, failed, "internal_error", True, None, 0.5, NOW)
    enqueue(database, ALICE, "b", NOW - timedelta(minutes=1))
    later = NOW + timedelta(minutes=2)
    (claimed,) = jobs.claim(database, 1, later)
    assert (claimed.key, take_along(database, claimed, now=later)) == ("1:b", [])


def test_work_put_off_waits_for_its_new_date_without_a_mark(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (job,) = jobs.claim(database, 10, NOW)
    with database.transaction(ALICE) as tx:
        jobs.put_off(tx, job, NOW + timedelta(days=3), NOW)
    assert jobs.claim(database, 10, NOW + timedelta(days=2)) == []
    (again,) = jobs.claim(database, 10, NOW + timedelta(days=3))
    assert (again.attempts, again.error) == (1, "")


def test_a_worker_that_lost_its_lease_cannot_put_off(database: Database) -> None:
    enqueue(database, ALICE, "a")
    (late,) = jobs.claim(database, 10, NOW)
    jobs.claim(database, 10, NOW + LEASE)
    with pytest.raises(LostLease), database.transaction(ALICE) as tx:
        jobs.put_off(tx, late, NOW + timedelta(days=3), NOW)
