"""Everything recorded about a project that a post-mortem tells, read in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from plugin.activities import service as activities
from plugin.activities.service import Completion, Line
from plugin.cases import service as cases
from plugin.cases.service import Case, LoopTime
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.customers.service import Registered
from plugin.database import Tx
from plugin.desk_ratings import service as desk_ratings
from plugin.desk_ratings.service import DeskRatings
from plugin.domain import Checkpoint, Contact, Response, SkipReason
from plugin.history import service as history
from plugin.invitations import service as invitations
from plugin.lessons import service as lessons
from plugin.lessons.service import Lesson, Reuse
from plugin.metrics import service as metrics
from plugin.metrics.gap import Gap, gap
from plugin.metrics.service import ProjectSummary
from plugin.surveys import service as surveys
from plugin.team_views import service as team_views
from plugin.warnings import service as warnings
from plugin.warnings.service import EarlyWarning

COMMENTS = 100


@dataclass(frozen=True, slots=True)
class Release:
    name: str
    released: bool
    on: date | None


@dataclass(frozen=True, slots=True)
class Slip:
    """A due date that moved to a later day."""

    issue_key: str
    at: datetime
    before: date
    after: date


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What only Jira knows; empty until the worker has asked."""

    releases: tuple[Release, ...] = ()
    slips: tuple[Slip, ...] = ()
    read_at: datetime | None = None

    @classmethod
    def of(cls, raw: Mapping[str, Any], read_at: datetime | None) -> SiteFacts:
        releases = (Release(each["name"], each["released"], _day(each["on"])) for each in raw.get("releases", []))
        slips = (
            Slip(each["issue_key"], datetime.fromisoformat(each["at"]), date.fromisoformat(each["before"]), date.fromisoformat(each["after"]))
            for each in raw.get("slips", [])
        )  # fmt: skip
        return cls(tuple(releases), tuple(slips), read_at)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Facts:
    """`heard`: ids of contacts who have ever answered. `missed`: by checkpoint, what passed before it asked."""

    summary: ProjectSummary
    register: tuple[Registered, ...]
    heard: frozenset[int]
    gaps: Mapping[SkipReason, int]
    lines: tuple[Line, ...]
    completion: tuple[Completion, ...]
    cases: tuple[Case, ...]
    loop: LoopTime
    warnings: tuple[EarlyWarning, ...]
    comments: tuple[Response, ...]
    checkpoints: Mapping[int, Checkpoint]
    people: Mapping[int, Contact]
    lessons: tuple[Lesson, ...]
    reuse: Reuse
    missed: Mapping[int, int] = field(default_factory=dict)
    team_gaps: Mapping[int, Gap] = field(default_factory=dict)
    desk: DeskRatings | None = None
    site: SiteFacts = SiteFacts()


def gather(tx: Tx, project_id: str, site: SiteFacts, now: datetime) -> Facts:
    summary = metrics.of_project(tx, project_id, now, cases.apart(tx))
    lines = activities.ledger(tx, project_id, now, summary)
    register = customers.register(tx, project_id)
    comments = surveys.list_comments(tx, project_id, COMMENTS)
    found = warnings.list_of_project(tx, project_id)
    named = {each.contact_id for each in comments} | {
        int(each.about.partition(":")[2]) for each in found if each.about.startswith("contact:")
    }
    return Facts(
        summary=summary,
        register=tuple(register),
        heard=surveys.who_answered(tx, project_id),
        gaps=invitations.count_skips(tx, project_id),
        lines=tuple(lines),
        completion=tuple(activities.completion(lines)),
        cases=tuple(cases.list_of_project(tx, project_id)),
        loop=cases.loop_time_of_project(tx, project_id),
        warnings=tuple(found),
        comments=tuple(comments),
        checkpoints=checkpoints.list_by_id(tx, {each.checkpoint_id for each in comments}),
        people=customers.list_contacts_by_id(tx, named),
        lessons=tuple(lessons.list_of_project(tx, project_id)),
        reuse=lessons.reuse_of_project(tx, project_id),
        missed=_missed(tx, project_id, summary),
        team_gaps=_gaps(tx, project_id),
        desk=desk_ratings.of_project(tx, project_id, since=None),
        site=site,
    )


def _gaps(tx: Tx, project_id: str) -> dict[int, Gap]:
    """By checkpoint at which both the team and customers have spoken."""
    said: dict[int, list[tuple[int | None, int]]] = defaultdict(list)
    for count in surveys.score_counts(tx, project_id):
        said[count.checkpoint_id].append((count.score, count.count))
    team = team_views.scores_by_checkpoint(tx, project_id)
    return {key: found for key, scores in team.items() if (found := gap(scores, said[key])) is not None}


def _missed(tx: Tx, project_id: str, summary: ProjectSummary) -> dict[int, int]:
    """By checkpoint: status changes of the read history that would have set it off before it existed."""
    reading = history.known(tx, project_id).complete
    if reading is None:
        return {}
    rules = [row.checkpoint for row in summary.checkpoints if row.checkpoint.to_status_id]
    counts: dict[int, int] = {}
    for change in history.changes(tx, reading, {rule.to_status_id for rule in rules}):
        for rule in rules:
            if change.to_status_id == rule.to_status_id and change.happened_at < rule.created_at:
                counts[rule.id] = counts.get(rule.id, 0) + 1
    return counts
