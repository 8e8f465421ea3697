"""What became of a recorded transition, and whether Jira confirms it: pure rules."""

from __future__ import annotations

from enum import StrEnum

from connect import Issue


class Outcome(StrEnum):
    """The word stored with an event once the worker has looked at it. "" = not yet."""

    WAITING = ""
    DECIDED = "decided"  # each contact of each checkpoint has an invitation or a skip
    NO_CHECKPOINT = "no_checkpoint"
    ISSUE_GONE = "issue_gone"
    NOT_CONFIRMED = "not_confirmed"


def confirmed(issue: Issue, changelog_id: str, to_status_id: str) -> bool:
    """Whether Jira's own record holds this change. The webhook's body is not signed, so it is a hint and no more.

    The changelog entry proves it. Where Jira holds more history than it sends with the issue, an entry may be
    missing: then the present status must be the one reported.
    """
    for change in issue.changes:
        if change.changelog_id == changelog_id:
            return change.to_status_id == to_status_id
    return not issue.history_complete and issue.status_id == to_status_id
