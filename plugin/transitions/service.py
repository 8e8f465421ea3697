"""Record what Jira tells us, once, and say what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time

from connect import Issue, PostFunctionRan, StatusChanged
from plugin.database import Tx
from plugin.domain import TransitionEvent
from plugin.ports import Jira
from plugin.transitions import store
from plugin.transitions.outcomes import Outcome, change_of, name_of
from plugin.transitions.store import Delivery

__all__ = ["Delivery", "close", "erase_actor", "get", "last_received_at", "list_of_project", "look_up", "name_change", "record", "record_case", "record_day", "record_wish"]  # fmt: skip


def record(tx: Tx, deliveries: Sequence[Delivery]) -> list[int]:
    """The ids of newly stored events: without repeats, and without changes that no checkpoint could care about."""
    changes = [(each.key, each.event, each.received_at) for each in deliveries if isinstance(each.event, StatusChanged)]
    calls = [(each.key, each.event, each.received_at) for each in deliveries if isinstance(each.event, PostFunctionRan)]
    return store.add_watched_events(tx, changes) + store.add_events(tx, calls)


def record_day(tx: Tx, project_id: str, checkpoint_id: int, day: date, now: datetime) -> int | None:
    """A day of the calendar on which a checkpoint asks, without any issue; None for a repeat."""
    key = f"calendar:{checkpoint_id}:{day.isoformat()}"
    change = StatusChanged("", "", project_id, key, "", "", None, datetime.combine(day, time(), UTC))
    return next(iter(store.add_events(tx, [(key, change, now)])), None)


def record_wish(tx: Tx, issue: Issue, account_id: str, once: str, now: datetime) -> int | None:
    """Somebody wants an issue's customer asked; None for a repeat, which has the same `once`."""
    key = f"wish {issue.id} {once}"
    wish = StatusChanged(issue.id, issue.key, issue.project_id, key, "", "", account_id, now)
    return next(iter(store.add_events(tx, [(key, wish, now)])), None)


def record_case(
    tx: Tx, project_id: str, issue_id: str, issue_key: str, summary: str, case_id: int, now: datetime
) -> int | None:
    """A case is closed about which nobody was asked before: its customer is asked now, on record. None for a repeat."""
    key = f"case:{case_id}"
    closed = StatusChanged(issue_id, issue_key, project_id, key, "", "", None, now)
    event_id = next(iter(store.add_events(tx, [(key, closed, now)])), None)
    if event_id is not None:
        store.mark_event(tx, event_id, outcome=Outcome.DECIDED, summary=summary)
    return event_id


def get(tx: Tx, event_id: int) -> TransitionEvent:
    """Raises NotFound."""
    return store.get_event(tx, event_id)


def look_up(
    jira: Jira, events: Iterable[TransitionEvent], people_fields: Sequence[str] = ()
) -> dict[int, Issue | None]:
    """What Jira itself says of the issue of each event, by event id: one call for all of them where that is enough."""
    looked_at = list(events)
    issues = jira.get_issues([event.issue_id for event in looked_at], people_fields)
    return {event.id: _far_enough_back(jira, event, issues.get(event.issue_id), people_fields) for event in looked_at}


def _far_enough_back(
    jira: Jira, event: TransitionEvent, issue: Issue | None, people_fields: Sequence[str]
) -> Issue | None:
    """Read alone, an issue comes with more of its history."""
    if issue is None or issue.history_complete or change_of(issue, event) is not None:
        return issue
    return jira.get_issues([event.issue_id], people_fields).get(event.issue_id)


def name_change(tx: Tx, event: TransitionEvent, changelog_id: str) -> bool:
    """Say which change of the issue an event is about; False where another event was about it already.

    A change and each rule that follows it have an event of their own.
    """
    name = name_of(event, changelog_id)
    return event.changelog_id == name or store.mark_change(tx, event, name)


def close(tx: Tx, event: TransitionEvent, outcome: Outcome, issue: Issue | None) -> None:
    """What became of an event, and what it was about in the words of its day, for the log."""
    if issue is None:
        return store.mark_event(tx, event.id, outcome=outcome)
    names = {change.changelog_id: change.to_status_name for change in issue.changes}
    now = issue.status_name if issue.status_id == event.to_status_id else event.to_status_name
    status = names.get(event.changelog_id) or now
    found = {"summary": issue.summary, "to_status_name": status, "project_id": event.project_id or issue.project_id}
    return store.mark_event(tx, event.id, outcome=outcome, **found)


def list_of_project(tx: Tx, project_id: str, limit: int = 50) -> list[TransitionEvent]:
    """Newest first."""
    return store.list_events(tx, project_id, limit)


def erase_actor(tx: Tx, account_id: str) -> int:
    """Forget which issues this Jira user moved; the number of events."""
    return store.clear_actor(tx, account_id)


def last_received_at(tx: Tx) -> datetime | None:
    return store.get_last_received_at(tx)
