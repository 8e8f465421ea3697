"""A project's history is read page by page, once, within Jira's limits, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connect import JiraRejected, JiraUnreachable, Uninstallation
from plugin.flow import STEPS
from plugin.history import service as history
from plugin.history.service import Known, Reading, ReadingState
from plugin.history.store import history_change, history_issue, history_reading
from plugin.jobs import service as jobs
from plugin.ports import Ports
from plugin.worker import Worker
from tests.plugin.asking import NOW, Clock, an_app, install
from tests.plugin.history.scripted_jira import ScriptedJira

PROJECT = "10000"


class Reader:
    """A site whose history is read by a worker, at the times of the queue itself."""

    def __init__(self, ports: Ports, jira: ScriptedJira, clock: Clock) -> None:
        self.jira, self.clock = jira, clock
        self.tenant_id = install(ports, "acme")
        self.ports = replace(ports, jira=lambda tenant: jira)
        self.worker = Worker(self.ports, STEPS)

    def tell(self, verb: Callable[..., Any], *arguments: Any) -> Any:
        with self.ports.database.transaction(self.tenant_id) as tx:
            return verb(tx, *arguments)

    def known(self) -> Known:
        found: Known = self.tell(history.known, PROJECT)
        return found

    def newest(self) -> Reading:
        newest = self.known().newest
        assert newest is not None
        return newest

    def work(self, until: datetime | None = None) -> None:
        """All work up to a moment, or up to the end of the reading."""
        while (due_at := jobs.next_due_at(self.ports.database)) is not None:
            if due_at > (until or due_at) or (until is None and not self.known().reading):
                break
            self.clock.now = max(due_at, self.clock.now)
            self.worker.drain(self.clock.now)

    def one_job(self) -> jobs.Job:
        """A worker takes the next page's work, and is never heard of again unless the test does it."""
        [job] = jobs.claim(self.ports.database, 1, self.clock.now)
        return job

    def count(self, table: sa.Table) -> int:
        with self.ports.database.reading(self.tenant_id) as tx:
            mine = table.c.tenant_id == self.tenant_id
            return int(tx.execute(sa.select(sa.func.count()).select_from(table).where(mine)).scalar_one())


@pytest.fixture
def reader(database_url: str) -> Iterator[Reader]:
    clock = Clock()
    app = an_app(database_url, clock)
    ports: Ports = app.extensions["rapport"]
    yield Reader(ports, ScriptedJira(250), clock)
    ports.database.close()


def test_a_history_is_read_to_its_end(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reader.work()
    reading = reader.newest()
    assert (reading.state, reading.pages, reading.issues, reading.expected_issues) == (ReadingState.DONE, 3, 250, 250)
    assert reading.shortened_issues == 1
    assert {jql for jql, _, _ in reader.jira.asked} == {'project = 10000 AND updated >= "2026-08-18" ORDER BY key ASC'}
    assert [(token, size) for _, token, size in reader.jira.asked] == [(None, 100), ("100", 100), ("200", 100)]
    assert reader.jira.counted == 1
    ways = reader.tell(history.traffic, reading)
    assert [(way.from_status_id, way.to_status_id, way.changes, way.issues) for way in ways] == [
        ("2", "3", 250, 250),
        ("3", "4", 250, 250),
    ], "what lies before the ninety days does not count"


def test_changes_come_oldest_first_with_those_who_are_in_fields(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reader.work()
    with reader.ports.database.reading(reader.tenant_id) as tx:
        changes = list(history.changes(tx, reader.newest(), ["4", "3"]))
    assert [change.to_status_id for change in changes] == ["3"] * 250 + ["4"] * 250
    assert changes[0].people == {"reporter": ["712020:rita"]}
    assert changes[0].happened_at == NOW - timedelta(days=60)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_fifty_thousand_issues_take_five_hundred_calls_within_the_pace(reader: Reader) -> None:
    reader.jira.issues = 50_000
    reader.tell(history.begin, PROJECT, NOW)
    read_at: list[datetime] = []
    while reader.known().reading:
        due_at = jobs.next_due_at(reader.ports.database)
        assert due_at is not None
        reader.clock.now = max(due_at, reader.clock.now)
        if len(reader.jira.asked) == 250:
            reader.one_job()  # its process is killed
            reader.clock.advance(seconds=61)
        before = len(reader.jira.asked)
        reader.worker.drain(reader.clock.now)
        read_at += [reader.clock.now] * (len(reader.jira.asked) - before)
    assert reader.newest().state is ReadingState.DONE
    assert reader.count(history_issue) == 50_000
    assert reader.count(history_change) == 100_000
    assert len(reader.jira.asked) <= 500
    hour = timedelta(hours=1)
    assert max(sum(begin <= each < begin + hour for each in read_at) for begin in set(read_at)) <= 300


def test_a_process_that_dies_after_asking_reads_that_one_page_again(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    first = reader.one_job()
    reader.worker.do(first, reader.clock.now)
    lost = reader.one_job()
    reader.clock.advance(seconds=61)
    again = reader.one_job()
    assert again.key == lost.key
    reader.worker.do(lost, reader.clock.now)  # it was only slow: what it brings is too late and is not kept
    assert reader.newest().pages == 1
    reader.worker.do(again, reader.clock.now)
    reader.work()
    assert [token for _, token, _ in reader.jira.asked] == [None, "100", "100", "200"]
    assert (reader.newest().state, reader.newest().issues) == (ReadingState.DONE, 250)
    assert reader.count(history_issue) == 250


def test_while_jira_is_away_the_reading_says_so_and_goes_on_by_itself(reader: Reader) -> None:
    reader.jira.failures = [JiraUnreachable("timeout")]
    reader.tell(history.begin, PROJECT, NOW)
    reader.work(until=NOW)
    known = reader.known()
    assert known.reading
    assert known.job is not None
    assert known.job.error == "jira_unavailable"
    reader.work()
    assert reader.newest().state is ReadingState.DONE
    assert [size for _, _, size in reader.jira.asked] == [100, 25, 100, 100, 100], "a page that failed comes in parts"


def test_a_page_that_jira_does_not_know_any_more_begins_the_reading_again_once(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reader.worker.do(reader.one_job(), NOW)
    reader.jira.failures = [JiraRejected("jira_400")]
    reader.work()
    assert [token for _, token, _ in reader.jira.asked] == [None, "100", None, "100", "200"]
    assert reader.newest().issues == 250
    assert reader.count(history_issue) == 250


def test_a_reading_that_jira_refuses_stops_and_can_be_taken_up_again(reader: Reader) -> None:
    reader.jira.failures = [JiraRejected("jira_400")]
    reader.tell(history.begin, PROJECT, NOW)
    reader.work()
    assert reader.known().stopped
    reader.tell(history.resume, PROJECT, NOW)
    assert reader.known().reading
    reader.work()
    assert reader.newest().state is ReadingState.DONE


def test_a_reading_whose_work_was_dropped_can_be_taken_up_again(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reader.tell(jobs.clear)  # as when the site removes us
    assert reader.known().stopped
    reader.tell(history.resume, PROJECT, NOW)
    reader.work()
    assert reader.newest().state is ReadingState.DONE


def test_a_cancelled_reading_stops_and_goes_on_from_where_it_was(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reader.worker.do(reader.one_job(), NOW)
    late = reader.one_job()
    reader.tell(history.cancel, PROJECT)
    reader.worker.do(late, NOW)
    assert (reader.newest().state, reader.newest().pages) == (ReadingState.CANCELLED, 1)
    assert reader.count(history_issue) == 100
    reader.tell(history.resume, PROJECT, NOW)
    reader.work()
    assert (reader.newest().state, reader.newest().issues) == (ReadingState.DONE, 250)
    assert [token for _, token, _ in reader.jira.asked].count(None) == 1


def test_a_page_that_was_under_way_when_somebody_cancelled_is_not_kept(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reading = reader.newest()
    page = reader.jira.search_page("", with_changes=True, people_fields=("reporter", "customfield_10031"))
    reader.tell(history.cancel, PROJECT)
    assert reader.tell(history.record_page, reading, page, NOW) is False
    assert reader.count(history_issue) == 0


def test_who_asks_twice_reads_once(reader: Reader) -> None:
    for _ in range(3):
        reader.tell(history.begin, PROJECT, NOW)
    reader.work()
    assert reader.count(history_reading) == 1
    assert len(reader.jira.asked) == 3


def test_reading_again_keeps_what_is_known_until_it_is_done(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reader.work()
    first = reader.newest()
    assert history.is_fresh(first, NOW + timedelta(hours=23))
    assert not history.is_fresh(first, NOW + timedelta(hours=25))
    reader.jira.issues = 120
    reader.tell(history.begin, PROJECT, reader.clock.now)
    reader.worker.do(reader.one_job(), reader.clock.now)
    assert reader.known().complete == first
    reader.work()
    complete = reader.known().complete
    assert complete is not None
    assert complete.id > first.id
    assert reader.count(history_reading) == 1
    assert reader.count(history_issue) == 120


def test_facts_are_forgotten_after_a_month(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reader.work()
    reader.work(until=NOW + timedelta(days=31))
    assert [reader.count(table) for table in (history_reading, history_issue, history_change)] == [0, 0, 0]


def test_a_site_that_is_purged_leaves_no_facts(reader: Reader) -> None:
    reader.tell(history.begin, PROJECT, NOW)
    reader.work()
    reader.ports.tenants.uninstall(Uninstallation("client-acme", "token", "body", NOW), NOW)  # type: ignore[attr-defined]
    reader.work(until=NOW + timedelta(days=31))
    assert [reader.count(table) for table in (history_reading, history_issue, history_change)] == [0, 0, 0]


def test_two_projects_of_a_site_share_its_pace(reader: Reader) -> None:
    reader.jira.issues = 7_000
    for project_id in (PROJECT, "10001"):
        reader.tell(history.begin, project_id, NOW)
    reader.work(until=NOW)
    assert len(reader.jira.asked) == 100
