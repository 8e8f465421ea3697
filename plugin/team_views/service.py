"""Take down what a member of the team thinks, and sum it up without names."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from plugin.checkpoints import service as checkpoints
from plugin.database import Tx
from plugin.errors import Invalid, NotFound
from plugin.team_views import store

SCORES = range(1, 6)


def record(
    tx: Tx, project_id: str, checkpoint_id: int | None, score: int | None, account_id: str, now: datetime
) -> None:
    """Raises Invalid where something is missing, NotFound for a checkpoint of another project."""
    if checkpoint_id is None or score is None or score not in SCORES:
        raise Invalid("choose a checkpoint and a score from 1 to 5")
    if checkpoint_id not in {checkpoint.id for checkpoint in checkpoints.list_of_project(tx, project_id)}:
        raise NotFound("this checkpoint does not exist any more")
    store.mark_view(tx, project_id, checkpoint_id, account_id, score, now)


def scores_by_checkpoint(tx: Tx, project_id: str, since: datetime | None = None) -> dict[int, list[tuple[int, int]]]:
    """(score, how many members) at each checkpoint that somebody has a view on."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for count in store.list_counts(tx, project_id, since):
        found[count.checkpoint_id].append((count.score, count.count))
    return dict(found)


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget whose views these are; how many there were."""
    return store.clear_account(tx, account_id)
