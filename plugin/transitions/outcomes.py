"""What became of a recorded transition, and whether Jira confirms it: pure rules."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from connect import Issue, StatusChange
from plugin.domain import TransitionEvent

LATEST = timedelta(days=1)  # a rule is told of within hours, if at all


class Outcome(StrEnum):
    """The word stored with an event once the worker has looked at it. "" = not yet."""

    WAITING = ""
    DECIDED = "decided"  # each contact of each checkpoint has an invitation or a skip
    NO_CHECKPOINT = "no_checkpoint"
    CONDITION_NOT_MET = "condition_not_met"
    ISSUE_GONE = "issue_gone"
    NOT_CONFIRMED = "not_confirmed"
    REPEATED = "repeated"  # another event is about the same change


def confirmed(issue: Issue, changelog_id: str, to_status_id: str) -> bool:
    """Whether Jira's own record holds this change. The webhook's body is not signed, so it is a hint and no more.

    The changelog entry proves it. Where Jira holds more history than it sends with the issue, an entry may be
    missing: then the present status must be the one reported.
    """
    for change in issue.changes:
        if change.changelog_id == changelog_id:
            return change.to_status_id == to_status_id
    return not issue.history_complete and issue.status_id == to_status_id


def change_of(issue: Issue, event: TransitionEvent) -> str | None:
    """Id of the change in Jira's record that the event is about; None where Jira does not confirm it.

    An event that names none is about the nearest one in time that goes the same way.
    """
    if event.configuration is not None:
        return _followed_by_rule(issue, event)
    if event.names_change:
        return event.changelog_id if confirmed(issue, event.changelog_id, event.to_status_id) else None
    way = (event.from_status_id, event.to_status_id)
    same = [change for change in issue.changes if (change.from_status_id, change.to_status_id) == way]
    return _nearest(same, event)


def _nearest(changes: Iterable[StatusChange], event: TransitionEvent) -> str | None:
    nearest = min(changes, key=lambda change: abs(change.at - event.happened_at), default=None)
    return None if nearest is None else nearest.changelog_id


def _followed_by_rule(issue: Issue, event: TransitionEvent) -> str | None:
    """Some transitions change no status: then the issue must be where the rule says, and the event keeps its own name."""
    there = (event.to_status_id, event.to_status_name)
    near = [each for each in issue.changes if abs(each.at - event.happened_at) < LATEST]
    same = [each for each in near if _is(there, each.to_status_id, each.to_status_name)]
    nearest = _nearest(same, event)
    if nearest is not None:
        return nearest
    return event.changelog_id if _is(there, issue.status_id, issue.status_name) else None


def _is(wanted: tuple[str, str], status_id: str, status_name: str) -> bool:
    """By its id where that is known, else by its name."""
    wanted_id, wanted_name = wanted
    return wanted_id == status_id if wanted_id else bool(wanted_name) and wanted_name == status_name


def name_of(event: TransitionEvent, change_id: str) -> str:
    """What tells an event from all others about its issue: the change, and the rule that followed it if one did."""
    if event.configuration is None or not change_id.isdecimal():
        return change_id
    return f"{change_id} rule {hashlib.sha256(event.configuration.encode()).hexdigest()[:16]}"
