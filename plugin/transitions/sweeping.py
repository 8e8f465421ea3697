"""Look for what no webhook told us: once an hour, through the changed issues of each project that asks somebody.

Jira gives a webhook up after some tries, and we may be away for longer than that. Whatever came first, webhook or sweep, a
change of an issue is stored once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connect import Issue, JiraRejected, StatusChanged
from plugin.checkpoints import service as checkpoints
from plugin.database import Tx
from plugin.jobs import service as jobs
from plugin.ports import Jira
from plugin.transitions import store
from plugin.transitions.store import Delivery, Sweep
from plugin.work import Work

EVERY = timedelta(hours=1)
OVERLAP = timedelta(minutes=15)  # Jira's search lags behind changes, and its clock may differ from ours
LOOK_BACK = timedelta(days=7)  # who would still like to be asked?


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of changed issues says: changes that some checkpoint cares about, known or not; and the issues."""

    sweep: Sweep
    deliveries: tuple[Delivery, ...]
    next_page_token: str | None
    issues: tuple[Issue, ...] = ()

    @property
    def last(self) -> bool:
        return self.next_page_token is None


def start(tx: Tx, project_id: str, now: datetime) -> None:
    """Sweep this project from now on, every hour. Does nothing where that is so already."""
    store.add_sweep(tx, project_id, now)
    jobs.enqueue(tx, "sweep", f"sweep:{project_id}", {"project_id": project_id}, now + EVERY, now)


def hurry(tx: Tx, project_id: str, now: datetime) -> None:
    """Sweep this project now, and from now on every hour."""
    store.add_sweep(tx, project_id, now)
    jobs.enqueue(tx, "sweep", f"sweep:{project_id}", {"project_id": project_id}, now, now, coalesce=True)


def next_page(work: Work) -> Page:
    """The page that is due. Raises JiraError."""
    with work.reading() as tx:
        sweep = store.get_sweep(tx, work.payload["project_id"])
        since = checkpoints.watched_since(tx, sweep.project_id)
    began_at = sweep.began_at or work.now
    sweep = sweep if sweep.began_at else sweep.begun(began_at)
    if not since:
        return Page(sweep, (), None)
    token = sweep.page_token
    try:
        page = work.jira.search_page(_jql(sweep, began_at), token, with_changes=True)
    except JiraRejected:
        if token is None:
            raise
        sweep = sweep.begun(began_at)  # Jira's names of pages do not live for ever: from the first one
        page = work.jira.search_page(_jql(sweep, began_at), None, with_changes=True)
    earliest = _earliest(sweep, began_at)
    found = (each for issue in page.issues for each in _changes(_whole(work.jira, issue, earliest), since, earliest))
    deliveries = tuple(Delivery(_key(event), event, work.now) for event in found)
    return Page(sweep, deliveries, page.next_page_token, page.issues)


def record_page(tx: Tx, page: Page) -> None:
    """Note how far it is."""
    swept_until = page.sweep.began_at if page.last else page.sweep.swept_until
    began_at = None if page.last else page.sweep.began_at
    store.mark_sweep(tx, page.sweep.project_id, swept_until, began_at, page.next_page_token)


def _earliest(sweep: Sweep, began_at: datetime) -> datetime:
    return max(sweep.swept_until, began_at - LOOK_BACK) - OVERLAP


def _jql(sweep: Sweep, began_at: datetime) -> str:
    """By age and not by date, which Jira reads in the time zone of our account there; the same words for each page."""
    minutes = math.ceil((began_at - _earliest(sweep, began_at)).total_seconds() / 60)
    return f"project = {sweep.project_id} AND updated >= -{minutes}m ORDER BY key ASC"


def _whole(jira: Jira, issue: Issue, earliest: datetime) -> Issue:
    """A search sends fewer changes than the issue itself does."""
    reaches_back = any(change.at < earliest for change in issue.changes)
    return issue if issue.history_complete or reaches_back else jira.get_issue(issue.id)


def _changes(issue: Issue, since: Mapping[str, datetime], earliest: datetime) -> Iterator[StatusChanged]:
    """Those to a status that was watched already when they happened."""
    for change in issue.changes:
        watched_since = since.get(change.to_status_id)
        if watched_since is None or change.from_status_id is None or change.at < max(earliest, watched_since):
            continue
        yield StatusChanged(
            issue_id=issue.id,
            issue_key=issue.key,
            project_id=issue.project_id,
            changelog_id=change.changelog_id,
            from_status_id=change.from_status_id,
            to_status_id=change.to_status_id,
            actor_account_id=change.actor_account_id,
            happened_at=change.at,
        )


def _key(event: StatusChanged) -> str:
    return f"sweep {event.issue_id} {event.changelog_id}"
