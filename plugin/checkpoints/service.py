"""Set up checkpoints, and find those that a transition concerns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from plugin.checkpoints import store
from plugin.checkpoints.matching import matching
from plugin.database import Tx
from plugin.domain import Checkpoint
from plugin.errors import NotFound
from plugin.questionnaires import service as questionnaires


@dataclass(frozen=True, slots=True)
class CheckpointDetails:
    """What a project admin enters; already checked by the form against the project's own statuses and types."""

    name: str
    issue_type_ids: tuple[str, ...]
    from_status_ids: tuple[str, ...]
    to_status_id: str
    template: str
    low_score: int
    expires_after_days: int


def add(tx: Tx, project_id: str, details: CheckpointDetails, now: datetime) -> int:
    """A new checkpoint asks from now on."""
    return store.add_checkpoint(
        tx, {"project_id": project_id, "enabled": True, **_columns(tx, project_id, details, now)}, now
    )


def change(tx: Tx, project_id: str, checkpoint_id: int, details: CheckpointDetails, now: datetime) -> None:
    """Raises NotFound."""
    store.mark_checkpoint(tx, project_id, checkpoint_id, **_columns(tx, project_id, details, now))


def switch(tx: Tx, project_id: str, checkpoint_id: int, enabled: bool) -> None:
    """Raises NotFound."""
    store.mark_checkpoint(tx, project_id, checkpoint_id, enabled=enabled)


def remove(tx: Tx, project_id: str, checkpoint_id: int, now: datetime) -> None:
    """Ask no more; answers stay. Raises NotFound."""
    store.mark_checkpoint(tx, project_id, checkpoint_id, removed_at=now)


def restore(tx: Tx, project_id: str, checkpoint_id: int) -> None:
    """Undo `remove`. Raises NotFound."""
    store.mark_checkpoint(tx, project_id, checkpoint_id, removed_at=None)


def list_of_project(tx: Tx, project_id: str) -> list[Checkpoint]:
    return store.list_checkpoints(tx, project_id)


def list_by_id(tx: Tx, checkpoint_ids: Collection[int]) -> dict[int, Checkpoint]:
    """Also removed ones."""
    return store.list_checkpoints_by_id(tx, checkpoint_ids)


def get_of_project(tx: Tx, project_id: str, checkpoint_id: int) -> Checkpoint:
    """Raises NotFound for one of another project."""
    found = store.get_checkpoint(tx, checkpoint_id)
    if found.project_id != project_id:
        raise NotFound("this checkpoint does not exist any more")
    return found


def get(tx: Tx, checkpoint_id: int) -> Checkpoint:
    """Raises NotFound. Also finds removed ones."""
    return store.get_checkpoint(tx, checkpoint_id)


def watched(tx: Tx, project_ids: Collection[str]) -> set[tuple[str, str]]:
    """(project id, status id) that some checkpoint cares about: one indexed look, so that events of other projects cost
    next to nothing."""
    return store.list_watched(tx, project_ids)


def concerned(tx: Tx, project_id: str, issue_type_id: str, from_status_id: str, to_status_id: str) -> list[Checkpoint]:
    """The checkpoints of a project that this transition sets off."""
    return matching(store.list_checkpoints(tx, project_id), issue_type_id, from_status_id, to_status_id)


def _columns(tx: Tx, project_id: str, details: CheckpointDetails, now: datetime) -> dict[str, object]:
    return {
        "name": details.name,
        "issue_type_ids": list(details.issue_type_ids),
        "from_status_ids": list(details.from_status_ids),
        "to_status_id": details.to_status_id,
        "survey_id": questionnaires.choose(tx, project_id, details.template, now).id,
        "low_score": details.low_score,
        "expires_after_days": details.expires_after_days,
    }
