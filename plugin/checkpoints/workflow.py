"""A project's statuses in their order, and which way a change of status goes: pure rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from connect import IssueType, Status
from plugin.domain import Direction

FRESH = timedelta(days=1)
_CATEGORIES = ("new", "indeterminate", "done")


@dataclass(frozen=True, slots=True)
class Workflow:
    """The kinds of issue and the statuses of a project, as Jira had them at `read_at`."""

    issue_types: tuple[IssueType, ...]
    statuses: tuple[Status, ...]
    read_at: datetime

    def tells(self, status_ids: Collection[str], now: datetime) -> bool:
        """Whether it can be trusted to place these statuses: admins change workflows."""
        known = {status.id for status in self.statuses}
        return now - self.read_at < FRESH and known.issuperset(status_ids)

    def direction(self, from_status_id: str, to_status_id: str) -> Direction | None:
        """By category (to do, in progress, done), and within one by the order in the workflow. None if unknown."""
        places = {status.id: (_category(status), place) for place, status in enumerate(self.statuses)}
        before, after = places.get(from_status_id), places.get(to_status_id)
        if before is None or after is None or before == after:
            return None
        return Direction.FORWARD if before < after else Direction.BACK


def _category(status: Status) -> int:
    """A status without a category that we know counts as in progress."""
    return _CATEGORIES.index(status.category) if status.category in _CATEGORIES else 1
