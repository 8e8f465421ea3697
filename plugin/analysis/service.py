"""Put the numbers of a project's period together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

from plugin.analysis import funnel, report
from plugin.analysis.funnel import Funnel
from plugin.analysis.trend import Week, weeks
from plugin.cases import service as cases
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.desk_ratings import service as desk_ratings
from plugin.desk_ratings.service import DeskRatings
from plugin.domain import Role
from plugin.invitations import service as invitations
from plugin.metrics.beside import Beside, beside
from plugin.metrics.change import Change, PairedChange
from plugin.metrics.csat import Csat, csat
from plugin.metrics.gap import Gap, gap
from plugin.questionnaires import service as questionnaires
from plugin.surveys import service as surveys
from plugin.team_views import service as team_views

Found = TypeVar("Found")
PERIODS = (30, 90, 365)  # days


@dataclass(frozen=True, slots=True)
class Analysis:
    """A project over its last `days`. `change` is against as many days before; None where one has no answer."""

    days: int
    csat: Csat
    before: Csat
    change: Change | None
    beside: Beside
    paired: PairedChange
    weeks: tuple[Week, ...]
    by_checkpoint: Mapping[str, Csat]
    by_role: Mapping[str, Csat]
    funnel: Funnel
    funnel_by_checkpoint: Mapping[str, Funnel]
    funnel_by_role: Mapping[Role, Funnel]
    gaps: Mapping[str, Gap]  # where both have spoken, in the order in which the checkpoints were set up
    estimates: int  # of members of the team
    desk: DeskRatings | None  # apart from all others: another question, asked by Jira; None where there are no requests
    desk_csat: Csat


def of_project(tx: Tx, project_id: str, days: int, now: datetime) -> Analysis:
    """What counts within the last `days` days, quarantine and replaced versions left out."""
    since = now - timedelta(days=days)
    apart = cases.apart(tx)
    first = datetime.combine(since.astimezone(UTC), time(), UTC)  # the day in which the period begins belongs to it
    current = surveys.week_counts(tx, project_id, first, apart=apart)
    before = surveys.week_counts(tx, project_id, since - timedelta(days=days), first, apart=apart)
    marks = surveys.mark_counts(tx, project_id, first, apart=apart)
    scored = surveys.last_two_scores(tx, project_id, since, apart)
    asks = invitations.funnel_counts(tx, project_id, since, now, apart)
    roles = customers.roles_by_id(tx, {count.contact_id for count in asks})
    team = team_views.scores_by_checkpoint(tx, project_id, since)
    gaps = {key: found for key, scores in team.items() if (found := gap(scores, report.scores_of(current, key)))}
    desk = desk_ratings.of_project(tx, project_id, since)
    versions = questionnaires.list_by_id(tx, {count.questionnaire_id for count in current})
    series = questionnaires.series_of(tx, versions.values())
    return Analysis(
        days=days,
        csat=report.scores(current),
        before=report.scores(before),
        change=report.change(report.scores(current), report.scores(before)),
        beside=beside(marks, versions),
        paired=report.same_people(scored, series),
        weeks=tuple(weeks(current, series, first, now)),
        by_checkpoint=_named(tx, report.by_checkpoint(current)),
        by_role=report.by_role(current),
        funnel=funnel.funnel(asks),
        funnel_by_checkpoint=_named(tx, funnel.by(asks, lambda count: count.checkpoint_id)),
        gaps=_named(tx, gaps),
        desk=desk,
        desk_csat=csat(desk.counts.items() if desk else ()),
        estimates=sum(count for scores in team.values() for _score, count in scores),
        funnel_by_role=funnel.by(asks, lambda count: roles[count.contact_id]),
    )


def _named(tx: Tx, found: Mapping[int, Found]) -> dict[str, Found]:
    """By the names of the checkpoints; two of one name are told apart by a number."""
    known = checkpoints.list_by_id(tx, set(found))
    names: dict[str, Found] = {}
    for key, share in sorted(found.items()):
        name = known[key].name
        names[name if name not in names else f"{name} ({key})"] = share
    return names
