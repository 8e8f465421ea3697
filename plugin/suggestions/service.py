"""Propose checkpoints to a project, and keep what its admin said to each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connect import Project
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.checkpoints.workflow import Workflow
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Checkpoint, Direction, Phase, RepeatRule
from plugin.errors import NotFound
from plugin.history import service as history
from plugin.history.service import Reading
from plugin.suggestions import store
from plugin.suggestions.proposing import Proposal, propose
from plugin.web.languages import gettext as _

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A draft, or one that was left out, with its reason: so many issues, so many times."""

    checkpoint: Checkpoint
    changes: int
    issues: int
    left_out: bool


def propose_to(tx: Tx, reading: Reading, project: Project, now: datetime) -> None:
    """Draft what suits the project by its history; leave alone what somebody has said something about before."""
    workflow = checkpoints.learn_workflow(tx, project, now)
    known = {each.key: each.checkpoint_id for each in store.list_suggestions(tx, project.id)}
    taken = {checkpoint.to_status_id for checkpoint in checkpoints.list_of_project(tx, project.id)}
    roles = {contact.role for entry in customers.register(tx, project.id) for contact in entry.contacts}
    for proposal in propose(workflow, history.traffic(tx, reading), roles):
        checkpoint_id = known.get(proposal.key)
        if checkpoint_id is None:
            if proposal.to_status_id in taken:
                continue
            checkpoint_id = checkpoints.add_draft(tx, project.id, _details(proposal, workflow, now), now)
        values = {"checkpoint_id": checkpoint_id, "changes": proposal.changes, "issues": proposal.issues}
        store.mark_suggestion(tx, project.id, proposal.key, values, now)


def list_of_project(tx: Tx, project_id: str) -> list[Suggestion]:
    """What was proposed and is not switched on: drafts, and those that were left out."""
    suggested = store.list_suggestions(tx, project_id)
    drafts = {draft.id: draft for draft in checkpoints.list_drafts(tx, project_id)}
    others = checkpoints.list_by_id(tx, [each.checkpoint_id for each in suggested])
    return [
        Suggestion(others[each.checkpoint_id], each.changes, each.issues, each.checkpoint_id not in drafts)
        for each in suggested
        if others[each.checkpoint_id].draft
    ]


def get_draft(tx: Tx, project_id: str, checkpoint_id: int) -> Checkpoint:
    """A suggestion that is not switched on, also one that was left out. Raises NotFound."""
    found = checkpoints.get_of_project(tx, project_id, checkpoint_id)
    if not found.draft:
        raise NotFound("this checkpoint is switched on already")
    return found


def _details(proposal: Proposal, workflow: Workflow, now: datetime) -> CheckpointDetails:
    """By the calendar the first ask is about a week away."""
    by_calendar = proposal.every_weeks is not None
    return CheckpointDetails(
        name=_("In between") if by_calendar else _name(proposal, workflow),
        issue_type_ids=proposal.issue_type_ids,
        from_status_ids=(),
        to_status_id=proposal.to_status_id,
        template=proposal.phase,
        low_score=2,
        expires_after_days=14,
        delay_hours=proposal.delay_hours,
        repeat=RepeatRule.ALWAYS if by_calendar else RepeatRule.ONCE_PER_ISSUE,
        direction=Direction.ANY if by_calendar else Direction.FORWARD,
        phase=proposal.phase,
        audience_roles=proposal.roles,
        starts_on=_weekday_after(now.date() + timedelta(days=7)) if by_calendar else None,
        every_weeks=proposal.every_weeks,
    )


def _name(proposal: Proposal, workflow: Workflow) -> str:
    """That of the team's own status; an incident ends where other work ends, and is told apart by its kind."""
    status = next(status.name for status in workflow.statuses if status.id == proposal.to_status_id)
    kinds = [kind.name for kind in workflow.issue_types if kind.id in proposal.issue_type_ids]
    return f"{', '.join(kinds)} → {status}" if proposal.phase is Phase.INCIDENT and kinds else status


def _weekday_after(day: date) -> date:
    return day if day.weekday() < SATURDAY else day + timedelta(days=7 - day.weekday())
