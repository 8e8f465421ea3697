"""Set up checkpoints, and find those that a transition concerns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from plugin.checkpoints import store
from plugin.checkpoints.matching import matching
from plugin.database import Tx
from plugin.domain import Checkpoint, RepeatRule
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
    delay_hours: int = 0
    repeat: RepeatRule = RepeatRule.ALWAYS
    sample_percent: int = 100
    reminders: int = 1
    reminder_days: int = 3
    signed_by: str = ""


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


def watched_since(tx: Tx, project_id: str) -> dict[str, datetime]:
    """Since when some checkpoint of a project cares about each status that one cares about now, by status id."""
    return store.list_watched_since(tx, project_id)


def project_ids(tx: Tx) -> list[str]:
    """Projects in which some checkpoint asks."""
    return store.list_project_ids(tx)


def concerned(tx: Tx, project_id: str, issue_type_id: str, from_status_id: str, to_status_id: str) -> list[Checkpoint]:
    """The checkpoints of a project that this transition sets off."""
    return matching(store.list_checkpoints(tx, project_id), issue_type_id, from_status_id, to_status_id)


def locked(tx: Tx, checkpoints: Collection[Checkpoint]) -> list[Checkpoint]:
    """The same ones as they are now. Whoever else decides about one of them waits until this transaction ends."""
    return store.list_locked_checkpoints(tx, {checkpoint.id for checkpoint in checkpoints})


def hold(tx: Tx, checkpoint: Checkpoint, now: datetime) -> None:
    """A storm: asks of this checkpoint are held back from now on."""
    store.mark_checkpoint(tx, checkpoint.project_id, checkpoint.id, held_since=now)


def let_go(tx: Tx, checkpoint: Checkpoint, now: datetime) -> None:
    """Somebody decided about the storm; the checkpoint asks again."""
    store.mark_checkpoint(tx, checkpoint.project_id, checkpoint.id, held_since=None, held_until=now)


def _columns(tx: Tx, project_id: str, details: CheckpointDetails, now: datetime) -> dict[str, object]:
    same = {name: getattr(details, name) for name in CheckpointDetails.__dataclass_fields__ if name != "template"}
    lists = {"issue_type_ids": list(details.issue_type_ids), "from_status_ids": list(details.from_status_ids)}
    return same | lists | {"survey_id": questionnaires.choose(tx, project_id, details.template, now).id}
