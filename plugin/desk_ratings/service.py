"""Read what reporters gave in the service desk, sum it up, and rate requests from answers where a project wants that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connect import Issue, Project
from plugin.database import Tx
from plugin.desk_ratings import store
from plugin.desk_ratings.giving import Step, next_step
from plugin.desk_ratings.store import DeskRating, Writing
from plugin.errors import Invalid
from plugin.jobs import service as jobs
from plugin.surveys import service as surveys

__all__ = ["DeskRating", "DeskRatings", "Plan", "Step", "Writing", "find", "look_anew", "look_soon", "next_step", "of_project", "plan", "record", "record_begun", "record_given", "record_not_given", "record_refused", "switch", "write_soon", "writing"]  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request should be rated with: the newest score that counts, 1…5, or None. `ours`: what we may have given."""

    score: int | None
    ours: frozenset[int]


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
    kept = known if known is not None and (rating is None or rating in known.from_us) else None
    found = DeskRating(issue_id, project_id, rating, None if rating is None else found_at, now)
    store.mark_rating(tx, found if kept is None else replace(found, given=kept.given, giving=kept.giving))


def find(tx: Tx, issue_id: str) -> DeskRating | None:
    """None where we never looked: it is no request, or not done yet."""
    return store.find_rating(tx, issue_id)


def of_project(tx: Tx, project_id: str, since: datetime | None) -> DeskRatings | None:
    """What was found since then, or ever; None for a project whose requests we never saw."""
    found = store.list_counts(tx, project_id, since)
    if not found and not store.has_requests(tx, project_id):
        return None
    newest = max((found_at for _, _, found_at in found), default=None)
    return DeskRatings({rating: count for rating, count, _ in found}, newest)


def writing(tx: Tx, project_id: str) -> Writing:
    """Off until somebody switches it on."""
    return store.find_writing(tx, project_id) or Writing()


def switch(tx: Tx, project: Project, on: bool) -> None:
    """Rate requests from answers, or do so no more. Raises Invalid for a project that serves no requests."""
    if on and not project.of_service_desk:
        raise Invalid("only a service project has requests to rate")
    store.mark_writing(tx, project.id, Writing(enabled=on))


def write_soon(tx: Tx, project_id: str, issue_id: str, now: datetime) -> None:
    """An answer counts, or counts no more: have the request's rating follow, where the project wants that."""
    if issue_id and writing(tx, project_id).enabled:
        payload = {"project_id": project_id, "issue_id": issue_id}
        jobs.enqueue(tx, "desk_writing", f"desk_writing:{issue_id}", payload, now, now, coalesce=True)


def plan(tx: Tx, project_id: str, issue_id: str) -> Plan | None:
    """What to rate a request with; None where there is nothing to do, by all that is known without asking Jira.

    Scores are 1 to 5, as the service desk's ratings are: no other item of a survey is one.
    """
    if not writing(tx, project_id).enabled:
        return None
    score = next((each.score for each in surveys.list_of_issue(tx, issue_id) if each.score is not None), None)
    known = store.find_rating(tx, issue_id)
    found, ours = (None, frozenset[int]()) if known is None else (known.rating, known.from_us)
    unsure = known is not None and known.giving is not None
    return Plan(score, ours) if unsure or next_step(score, found, ours) is not Step.LEAVE else None


def record_begun(tx: Tx, project_id: str, issue_id: str, found: int | None, score: int, now: datetime) -> None:
    """Before Jira is told: should we not hear its answer, our own rating must not pass for the reporter's."""
    record(tx, project_id, issue_id, found, now)
    _mark(tx, issue_id, giving=score)


def record_given(tx: Tx, project_id: str, issue_id: str, score: int | None, now: datetime) -> None:
    """The request has the score that counts, from us; None: our rating was taken back, or there is none."""
    record(tx, project_id, issue_id, score, now)
    _mark(tx, issue_id, given=score, giving=None)


def record_not_given(tx: Tx, issue_id: str) -> None:
    """Jira did not take it: whatever was there stays."""
    _mark(tx, issue_id, giving=None)


def _mark(tx: Tx, issue_id: str, **changes: Any) -> None:
    known = store.find_rating(tx, issue_id)
    if known is not None:
        store.mark_rating(tx, replace(known, **changes))


def record_refused(tx: Tx, project_id: str, now: datetime) -> None:
    """Jira does not let us rate this project's requests: stop trying, and say so where it was switched on."""
    store.mark_writing(tx, project_id, Writing(enabled=False, refused_at=now))
