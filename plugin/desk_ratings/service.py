"""Read what reporters gave in the service desk, and sum it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connect import Issue
from plugin.database import Tx
from plugin.desk_ratings import store
from plugin.desk_ratings.store import DeskRating
from plugin.jobs import service as jobs

__all__ = ["DeskRating", "DeskRatings", "find", "look_anew", "look_soon", "of_project", "record"]


@dataclass(frozen=True, slots=True)
class DeskRatings:
    """How often each rating 1…5 was found in a period, best first, and when the newest was; None without any."""

    counts: Mapping[int, int]
    newest_at: datetime | None

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    @property
    def mean(self) -> float | None:
        """None without any: a missing rating is not 0."""
        return sum(rating * count for rating, count in self.counts.items()) / self.n if self.n else None


def look_soon(tx: Tx, issue: Issue, now: datetime) -> None:
    """Have the rating of a request that is done read, now and again later, unless that is planned. Any other issue has
    none."""
    if issue.of_service_desk and issue.done:
        payload = {"project_id": issue.project_id, "issue_id": issue.id, "done_at": now.isoformat()}
        jobs.enqueue(tx, "desk_rating", _key(issue), payload, now, now)


def look_anew(tx: Tx, issue: Issue, now: datetime) -> None:
    """The same for a request that was moved: the times to look count from now."""
    jobs.cancel(tx, _key(issue))
    look_soon(tx, issue, now)


def _key(issue: Issue) -> str:
    return f"desk_rating:{issue.id}"


def record(tx: Tx, project_id: str, issue_id: str, rating: int | None, now: datetime) -> None:
    """Jira says this now; None where nobody has rated, or a rating was taken back."""
    known = store.find_rating(tx, issue_id)
    found_at = known.found_at if known is not None and known.rating == rating else now
    store.mark_rating(tx, DeskRating(issue_id, project_id, rating, None if rating is None else found_at, now))


def find(tx: Tx, issue_id: str) -> DeskRating | None:
    """None where we never looked: it is no request, or not done yet."""
    return store.find_rating(tx, issue_id)


def of_project(tx: Tx, project_id: str, since: datetime) -> DeskRatings | None:
    """What was found since then; None for a project whose requests we never saw."""
    found = store.list_counts(tx, project_id, since)
    if not found and not store.has_requests(tx, project_id):
        return None
    newest = max((found_at for _, _, found_at in found), default=None)
    return DeskRatings({rating: count for rating, count, _ in found}, newest)
