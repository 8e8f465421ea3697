"""Which checkpoints would suit a project, from its workflow and what really happened in it: pure rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from connect import IssueType, Status
from plugin.checkpoints.workflow import Workflow
from plugin.domain import KEY_ROLES, Direction, Phase, Role
from plugin.history.service import Traffic
from plugin.suggestions.naming import is_incident, phase_of

MOST_ISSUES_FOR_ALL = 40  # in 90 days, about three a week: beyond, only key roles are asked, or nobody would be left
FEWEST_CHANGES_OF_A_RUNNING_PROJECT = 10
PULSE_WEEKS = 4
_DELAY_HOURS = {Phase.DELIVERY: 24}  # who just got something has not tried it yet


@dataclass(frozen=True, slots=True)
class Proposal:
    """A checkpoint that somebody may want. `to_status_id` "" and `every_weeks` for one by the calendar.

    `changes` and `issues`: how often it would have been reached in the time that was read, and by how many issues.
    """

    key: str
    phase: Phase
    issue_type_ids: tuple[str, ...]
    to_status_id: str
    every_weeks: int | None
    roles: tuple[Role, ...]
    delay_hours: int
    changes: int
    issues: int


def propose(workflow: Workflow, traffic: Sequence[Traffic], roles: Collection[Role]) -> list[Proposal]:
    """At most four, in the order of a project's life. `roles` are those that the project's contacts have."""
    forward = [way for way in traffic if workflow.direction(way.from_status_id, way.to_status_id) is Direction.FORWARD]
    work = [kind for kind in workflow.issue_types if not kind.subtask]
    incidents = [kind for kind in work if is_incident(kind.name)]
    others = [kind for kind in work if kind not in incidents]
    ends = [status for status in workflow.statuses if phase_of(status) is Phase.DELIVERY]
    found = [
        *_most_used(workflow, Phase.REVIEW, others, forward, roles),
        *_acceptance_or_delivery(workflow, others, forward, roles),
        *_of_kind(ends, incidents, Phase.INCIDENT, workflow, forward, roles),
    ]
    return [*found, *_pulse(traffic)]


def _acceptance_or_delivery(
    workflow: Workflow, kinds: list[IssueType], forward: list[Traffic], roles: Collection[Role]
) -> list[Proposal]:
    """Not both: the same person would be asked about the same thing twice within days."""
    accepted = _most_used(workflow, Phase.ACCEPTANCE, kinds, forward, roles)
    delivered = _most_used(workflow, Phase.DELIVERY, kinds, forward, roles)
    if accepted and delivered and accepted[0].issues * 2 >= delivered[0].issues:
        return accepted
    return delivered or accepted


def _most_used(
    workflow: Workflow, phase: Phase, kinds: list[IssueType], forward: list[Traffic], roles: Collection[Role]
) -> list[Proposal]:
    fitting = [status for status in workflow.statuses if phase_of(status) is phase]
    return _of_kind(fitting, kinds, phase, workflow, forward, roles)


def _of_kind(
    statuses: list[Status],
    kinds: list[IssueType],
    phase: Phase,
    workflow: Workflow,
    forward: list[Traffic],
    roles: Collection[Role],
) -> list[Proposal]:
    """One for the status that most issues of these kinds reached; none where no issue did."""
    ids = {kind.id for kind in kinds}
    reached = {
        status.id: [way for way in forward if way.to_status_id == status.id and way.issue_type_id in ids]
        for status in statuses
    }
    busiest = max(reached, key=lambda status_id: _issues(reached[status_id]), default=None)
    if busiest is None or not reached[busiest]:
        return []
    ways, everything = reached[busiest], len(ids) == len(workflow.issue_types)
    seen = {way.issue_type_id for way in ways}
    return [
        Proposal(
            key=f"{phase}:{busiest}",
            phase=phase,
            issue_type_ids=() if everything else tuple(kind.id for kind in kinds if kind.id in seen),
            to_status_id=busiest,
            every_weeks=None,
            roles=_fitting_roles(_issues(ways), roles),
            delay_hours=_DELAY_HOURS.get(phase, 0),
            changes=sum(way.changes for way in ways),
            issues=_issues(ways),
        )
    ]


def _issues(ways: list[Traffic]) -> int:
    return sum(way.issues for way in ways)


def _fitting_roles(issues: int, roles: Collection[Role]) -> tuple[Role, ...]:
    """All (which is: none named), or the key roles where it happens often and there is somebody who has one."""
    key = tuple(role for role in Role if role in KEY_ROLES and role in roles)
    return key if issues > MOST_ISSUES_FOR_ALL else ()


def _pulse(traffic: Sequence[Traffic]) -> list[Proposal]:
    changes, issues = sum(way.changes for way in traffic), sum(way.issues for way in traffic)
    if changes < FEWEST_CHANGES_OF_A_RUNNING_PROJECT:
        return []
    return [Proposal("pulse", Phase.PULSE, (), "", PULSE_WEEKS, (), 0, changes, issues)]
