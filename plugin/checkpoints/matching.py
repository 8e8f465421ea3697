"""Does a checkpoint care about a transition? Pure rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plugin.checkpoints.workflow import Workflow
from plugin.domain import Checkpoint, Direction


@dataclass(frozen=True, slots=True)
class Move:
    """An issue of a type went from one status to another. By ids only: names change and repeat."""

    issue_type_id: str
    from_status_id: str
    to_status_id: str


def matches(checkpoint: Checkpoint, move: Move) -> bool:
    """Whether everything but direction and condition fits. Empty lists mean any."""
    return (
        checkpoint.enabled
        and checkpoint.starts_on is None
        and not checkpoint.starter
        and checkpoint.to_status_id == move.to_status_id
        and move.from_status_id != move.to_status_id
        and (not checkpoint.issue_type_ids or move.issue_type_id in checkpoint.issue_type_ids)
        and (not checkpoint.from_status_ids or move.from_status_id in checkpoint.from_status_ids)
    )


def needs_workflow(checkpoints: Iterable[Checkpoint], move: Move) -> bool:
    """Whether the order of statuses decides."""
    return any(checkpoint.direction is not Direction.ANY and matches(checkpoint, move) for checkpoint in checkpoints)


def matching(checkpoints: Iterable[Checkpoint], move: Move, workflow: Workflow | None) -> list[Checkpoint]:
    """Those that this change sets off, as far as it can be said without asking Jira about their conditions."""
    way = None if workflow is None else workflow.direction(move.from_status_id, move.to_status_id)
    return [
        checkpoint
        for checkpoint in checkpoints
        if matches(checkpoint, move) and checkpoint.direction in (Direction.ANY, way)
    ]
