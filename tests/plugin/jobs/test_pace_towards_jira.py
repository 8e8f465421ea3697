"""Jira is asked at a pace, left alone as it says, and not stormed when it comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plugin.database import Database
from plugin.jobs import pacing
from plugin.jobs import service as jobs
from plugin.jobs.service import LEASE, Job

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALICE, BOB = 1, 2


def enqueue(database: Database, tenant_id: int, kind: str, count: int = 1) -> None:
    with database.transaction(tenant_id) as tx:
        for number in range(count):
            jobs.enqueue(tx, kind, f"{kind}:{number}", {}, NOW, NOW)


def claim(database: Database, at: datetime, limit: int = 2) -> list[tuple[int, str]]:
    return [(job.tenant_id, job.kind) for job in jobs.claim(database, limit, at, paced=True)]


def one(database: Database, tenant_id: int, at: datetime = NOW) -> Job:
    """One claimed job of the tenant that asks Jira."""
    (job,) = (job for job in jobs.claim(database, 50, at) if job.tenant_id == tenant_id and job.asks_jira)
    return job


def fail(database: Database, tenant_id: int, times: int, at: datetime = NOW) -> None:
    for _ in range(times):
        jobs.jira_failed(database, tenant_id, 0.5, at)


def test_no_second_sees_more_than_ten_calls_however_much_waits(database: Database) -> None:
    enqueue(database, ALICE, "transition", 40)
    calls: list[datetime] = []
    now = NOW
    while len(calls) < 40:
        calls += [now for _ in claim(database, now)]
        due_at = jobs.next_due_at(database)
        assert due_at is not None
        now = max(due_at, now)
    second = timedelta(seconds=1)
    assert max(sum(begin <= each < begin + second for each in calls) for begin in calls) <= 10
    assert calls[-1] - calls[0] < timedelta(seconds=4.5), "nor is it much slower than that"


def test_work_that_does_not_ask_jira_is_not_held_back(database: Database) -> None:
    enqueue(database, ALICE, "transition", 5)
    enqueue(database, ALICE, "deliver", 5)
    taken = [kind for _ in range(4) for _, kind in claim(database, NOW)]
    assert sorted(taken) == ["deliver"] * 5 + ["transition"]


def test_what_one_site_waits_for_another_need_not(database: Database) -> None:
    for tenant_id in (ALICE, BOB):
        enqueue(database, tenant_id, "fields", 3)
    assert sorted(claim(database, NOW, 4)) == [(ALICE, "fields"), (BOB, "fields")]


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        ("tenant", [(ALICE, "deliver"), (BOB, "fields")]),
        ("pool", [(ALICE, "deliver")]),
        ("endpoint", [(ALICE, "deliver"), (ALICE, "transition"), (BOB, "fields")]),
        ("issue", [(ALICE, "deliver"), (ALICE, "fields"), (ALICE, "transition"), (BOB, "fields")]),
    ],
)
def test_exactly_what_jira_asks_for_rests_and_exactly_as_long(
    database: Database, scope: str, left: list[tuple[int, str]]
) -> None:
    enqueue(database, ALICE, "fields")
    limited = one(database, ALICE)
    for kind in ("fields", "transition", "deliver"):
        enqueue(database, ALICE, kind)
    enqueue(database, BOB, "fields")
    with database.transaction(ALICE) as tx:
        jobs.finish(tx, limited)
        jobs.enqueue(tx, "fields", "another", {}, NOW, NOW)
    jobs.heed(database, limited, scope, 30, NOW)
    assert all_there(database, NOW) == left
    resting = {(ALICE, "fields"), (ALICE, "transition"), (BOB, "fields")} - set(left)
    almost, over = NOW + timedelta(seconds=29.9), NOW + timedelta(seconds=30)
    assert all_there(database, almost) == []
    assert set(all_there(database, over)) == resting


def all_there(database: Database, at: datetime) -> list[tuple[int, str]]:
    """Everything that may be done now, taken and finished."""
    found: list[tuple[int, str]] = []
    while claimed := jobs.claim(database, 10, at):
        for job in claimed:
            found.append((job.tenant_id, job.kind))
            with database.transaction(job.tenant_id) as tx:
                jobs.finish(tx, job)
    return sorted(found)


def test_a_shorter_wish_does_not_end_a_longer_rest(database: Database) -> None:
    enqueue(database, ALICE, "fields")
    job = one(database, ALICE)
    jobs.release(database, job, NOW)
    jobs.heed(database, job, "tenant", 300, NOW)
    jobs.heed(database, job, "tenant", 10, NOW)
    assert claim(database, NOW + timedelta(seconds=299)) == []
    assert claim(database, NOW + timedelta(seconds=300)) != []


def test_a_jira_that_fails_again_and_again_is_left_alone_and_then_tried_by_one(database: Database) -> None:
    enqueue(database, ALICE, "transition", 9)
    enqueue(database, ALICE, "deliver")
    enqueue(database, BOB, "transition")
    jobs.claim(database, 4, NOW)  # begins the lanes
    fail(database, ALICE, pacing.OPENS_AFTER - 1)
    assert [job.probing for job in jobs.claim(database, 4, NOW) if job.tenant_id == ALICE and job.asks_jira][:1] == [
        True
    ]
    fail(database, ALICE, 1)
    rested = NOW + timedelta(seconds=pacing.FIRST_REST_SECONDS)
    assert (ALICE, "transition") not in all_there(database, rested - timedelta(seconds=0.1))
    (probe,) = jobs.claim(database, 10, rested, paced=True)
    assert probe.probing
    assert jobs.claim(database, 10, rested + timedelta(seconds=30)) == [], "nobody else asks meanwhile"
    fail(database, ALICE, 1, rested)
    assert jobs.claim(database, 10, rested + timedelta(seconds=2 * pacing.FIRST_REST_SECONDS - 0.1)) == []
    again = rested + timedelta(seconds=2 * pacing.FIRST_REST_SECONDS)
    assert len(jobs.claim(database, 10, again)) == 1
    jobs.jira_answered(database, ALICE, again)
    assert claim(database, again) == [], "it begins with an empty bucket"
    assert len(claim(database, again + timedelta(seconds=0.2))) == 1


def test_a_probe_whose_worker_died_does_not_close_jira_for_ever(database: Database) -> None:
    enqueue(database, ALICE, "transition", 3)
    jobs.claim(database, 1, NOW)
    fail(database, ALICE, pacing.OPENS_AFTER)
    rested = NOW + timedelta(seconds=pacing.FIRST_REST_SECONDS)
    assert len(jobs.claim(database, 10, rested)) == 1
    assert len(jobs.claim(database, 10, rested + LEASE)) == 1


def test_rests_grow_to_five_minutes_and_spread() -> None:
    rests = [pacing.rest_after(pacing.OPENS_AFTER + number, 0.5) for number in range(8)]
    assert [rest.total_seconds() for rest in rests if rest] == [15, 30, 60, 120, 240, 300, 300, 300]
    assert pacing.rest_after(pacing.OPENS_AFTER - 1, 0.5) is None
    assert pacing.rest_after(5, 0.0) != pacing.rest_after(5, 1.0)


def test_work_that_was_not_begun_is_there_for_others_at_once(database: Database) -> None:
    enqueue(database, ALICE, "deliver")
    (job,) = jobs.claim(database, 1, NOW)
    jobs.release(database, job, NOW)
    assert len(jobs.claim(database, 1, NOW)) == 1
