"""What became of a recorded transition, and whether Jira confirms it: pure rules."""

from __future__ import annotations

from enum import StrEnum

from connect import Issue
from plugin.domain import TransitionEvent


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
    if event.names_change:
        return event.changelog_id if confirmed(issue, event.changelog_id, event.to_status_id) else None
    way = (event.from_status_id, event.to_status_id)
    same = [change for change in issue.changes if (change.from_status_id, change.to_status_id) == way]
    nearest = min(same, key=lambda change: abs(change.at - event.happened_at), default=None)
    return None if nearest is None else nearest.changelog_id
