"""Read a project's history: begin, go on page by page, cancel, and tell what is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connect import Issue, IssuePage
from plugin.database import Tx
from plugin.history import pacing, store
from plugin.history.store import Change, Reading, ReadingState, Traffic
from plugin.jobs import service as jobs
from plugin.jobs.service import Job

__all__ = ["Change", "Known", "Reading", "ReadingState", "Traffic", "begin", "cancel", "changes", "erase_account", "forget", "get", "jql", "known", "prepare", "record_page", "restart", "resume", "traffic", "which"]  # fmt: skip

DAYS = 90
FRESH = timedelta(days=1)
KEPT = timedelta(days=30)  # facts older than that say little, and name accounts


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a project's history: the newest reading, and the newest complete one, which may be the same.

    `job` is the work on the newest one. Its `error` says where it has stumbled; it is tried again by itself.
    """

    newest: Reading | None
    complete: Reading | None
    job: Job | None

    @property
    def reading(self) -> bool:
        """Whether one is under way, also where it waits for a better moment."""
        return self.newest is not None and self.newest.state is ReadingState.READING and not self.stopped

    @property
    def stopped(self) -> bool:
        """Whether the newest one was not cancelled, and yet goes on only if somebody says so."""
        at_it = self.job is not None and self.job.state != "dead"
        return self.newest is not None and self.newest.state is ReadingState.READING and not at_it


def known(tx: Tx, project_id: str) -> Known:
    readings = store.list_readings(tx, project_id)
    newest = readings[0] if readings else None
    complete = next((reading for reading in readings if reading.state is ReadingState.DONE), None)
    return Known(newest, complete, None if newest is None else jobs.find(tx, _key(newest.id, newest.pages)))


def is_fresh(reading: Reading, now: datetime) -> bool:
    return reading.finished_at is not None and now - reading.finished_at < FRESH


def begin(tx: Tx, project_id: str, now: datetime) -> None:
    """Read the last 90 days, beside what is known from an earlier reading. Does nothing while one is at it."""
    if known(tx, project_id).reading:
        return
    reading_id = store.add_reading(tx, project_id, now - timedelta(days=DAYS), now)
    _read_next(tx, reading_id, 0, now)


def cancel(tx: Tx, project_id: str) -> None:
    """Stop where it is. What was read stays, so that it can go on from there."""
    newest = known(tx, project_id).newest
    if newest is not None:
        store.mark_reading(tx, newest.id, ReadingState.READING, state=ReadingState.CANCELLED)


def resume(tx: Tx, project_id: str, now: datetime) -> None:
    """Go on with the newest reading from where it stopped: it was cancelled, or its work was given up."""
    found = known(tx, project_id)
    if found.newest is None or found.newest.state is ReadingState.DONE or found.reading:
        return
    store.mark_reading(tx, found.newest.id, found.newest.state, state=ReadingState.READING)
    if found.job is not None and found.stopped:
        jobs.run_again(tx, found.job.id, now)
    else:
        _read_next(tx, found.newest.id, found.newest.pages, now)


def get(tx: Tx, reading_id: int) -> Reading:
    """Raises NotFound."""
    return store.get_reading(tx, reading_id)


def jql(reading: Reading) -> str:
    """All issues touched since then, in an order that does not change while pages are turned."""
    return f"{which(reading)} ORDER BY key ASC"


def which(reading: Reading) -> str:
    """The issues of a reading as JQL."""
    return f'project = {reading.project_id} AND updated >= "{reading.since:%Y-%m-%d}"'


def prepare(tx: Tx, reading: Reading, expected_issues: int, people_fields: Sequence[str]) -> None:
    """Note what Jira said before the first page."""
    changes = {"expected_issues": expected_issues, "people_fields": list(people_fields)}
    store.mark_reading(tx, reading.id, ReadingState.READING, **changes)


def restart(tx: Tx, reading: Reading) -> None:
    """Jira does not know the next page any more: from the first one. What was read is known and costs no more room."""
    changes = {"page_token": None, "issues": 0, "shortened_issues": 0, "restarted": True}
    store.mark_reading(tx, reading.id, ReadingState.READING, **changes)


def record_page(tx: Tx, reading: Reading, page: IssuePage, now: datetime) -> bool:
    """Keep what a page says and have the next one read; True if it was the last. A cancelled reading keeps nothing."""
    done = page.next_page_token is None
    state = ReadingState.DONE if done else ReadingState.READING
    changes: dict[str, object] = {
        "state": state,
        "finished_at": now if done else None,
        "page_token": page.next_page_token,
        "pages": reading.pages + 1,
        "issues": reading.issues + len(page.issues),
        "shortened_issues": reading.shortened_issues + sum(not issue.history_complete for issue in page.issues),
    }
    if not store.mark_reading(tx, reading.id, ReadingState.READING, **changes):
        return False
    store.add_facts(tx, *_facts(reading, page.issues))
    if done:
        _finish(tx, reading, now)
    else:
        _read_next(tx, reading.id, reading.pages + 1, now)
    return done


def _finish(tx: Tx, reading: Reading, now: datetime) -> None:
    older = [each.id for each in store.list_readings(tx, reading.project_id) if each.id < reading.id]
    store.delete_readings(tx, older)
    jobs.enqueue(tx, "forget_history", f"forget_history:{reading.id}", {"reading_id": reading.id}, now + KEPT, now)


def forget(tx: Tx, reading_id: int) -> None:
    store.delete_readings(tx, [reading_id])


def traffic(tx: Tx, reading: Reading) -> list[Traffic]:
    return store.list_traffic(tx, reading.id)


def changes(tx: Tx, reading: Reading, to_status_ids: Collection[str]) -> Iterator[Change]:
    """Changes to one of these statuses, oldest first."""
    return store.iterate_changes(tx, reading.id, to_status_ids)


def _read_next(tx: Tx, reading_id: int, pages: int, now: datetime) -> None:
    due_at, paid_until = pacing.next_page(store.find_paid_until(tx), now)
    store.mark_paid_until(tx, paid_until)
    jobs.enqueue(tx, "history", _key(reading_id, pages), {"reading_id": reading_id}, due_at, now)


def _key(reading_id: int, pages: int) -> str:
    return f"history:{reading_id}:{pages}"


def _facts(reading: Reading, issues: Sequence[Issue]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of issues and of their changes since the reading's beginning."""
    issue_rows, change_rows = [], []
    for issue in issues:
        since = [change for change in issue.changes if change.at >= reading.since and change.from_status_id]
        change_rows += [
            {
                "reading_id": reading.id,
                "issue_id": issue.id,
                "changelog_id": change.changelog_id,
                "from_status_id": change.from_status_id,
                "to_status_id": change.to_status_id,
                "actor_account_id": change.actor_account_id,
                "happened_at": change.at,
            }
            for change in since
        ]
        if since:
            issue_rows.append(_issue_row(reading, issue))
    return issue_rows, change_rows


def _issue_row(reading: Reading, issue: Issue) -> dict[str, Any]:
    accounts = {field: [user.account_id for user in users] for field, users in issue.people.items() if users}
    return {
        "reading_id": reading.id,
        "issue_id": issue.id,
        "issue_key": issue.key,
        "issue_type_id": issue.issue_type_id,
        "people": accounts,
    }


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget this Jira user in all that was read; the number of rows."""
    return store.clear_account(tx, account_id)
