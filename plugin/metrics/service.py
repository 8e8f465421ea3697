"""The numbers of a project, from the ledger of asks and answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from plugin.asking import AskCount
from plugin.checkpoints import service as checkpoints
from plugin.database import Tx
from plugin.domain import Checkpoint
from plugin.invitations import service as invitations
from plugin.metrics.csat import Csat, Interval, bounds, csat
from plugin.surveys import service as surveys


@dataclass(frozen=True, slots=True)
class Summary:
    """How the asks of a project, or of one checkpoint, went. asked = answered + silent + failed + open."""

    asked: int
    answered: int
    silent: int
    failed: int
    open: int
    csat: Csat
    bounds: Interval | None


@dataclass(frozen=True, slots=True)
class CheckpointSummary:
    """One checkpoint on the timeline; the dates are None where it has asked nobody."""

    checkpoint: Checkpoint
    summary: Summary
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    total: Summary
    checkpoints: tuple[CheckpointSummary, ...]


def of_project(tx: Tx, project_id: str, now: datetime, apart: Collection[int] = ()) -> ProjectSummary:
    """All checkpoints that exist or have asked, in the order of their first ask; without those that stay `apart`."""
    asks = {key: count for key, count in invitations.ask_counts(tx, project_id, now).items() if key not in apart}
    scores: dict[int, list[tuple[int | None, int]]] = defaultdict(list)
    for row in surveys.score_counts(tx, project_id):
        if row.checkpoint_id in apart:
            continue
        scores[row.checkpoint_id].append((row.score, row.count))
    known = {checkpoint.id: checkpoint for checkpoint in checkpoints.list_of_project(tx, project_id)}
    known |= checkpoints.list_by_id(tx, asks.keys() - known.keys())
    rows = [
        _checkpoint_summary(checkpoint, asks.get(checkpoint.id), scores[checkpoint.id]) for checkpoint in known.values()
    ]
    rows.sort(key=lambda row: (row.first_at is None, row.first_at or row.checkpoint.created_at))
    total = _summary(list(asks.values()), [pair for pairs in scores.values() for pair in pairs])
    return ProjectSummary(total, tuple(rows))


def _checkpoint_summary(
    checkpoint: Checkpoint, asks: AskCount | None, scores: list[tuple[int | None, int]]
) -> CheckpointSummary:
    summary = _summary([] if asks is None else [asks], scores)
    return CheckpointSummary(checkpoint, summary, asks.first_at if asks else None, asks.last_at if asks else None)


def _summary(asks: list[AskCount], scores: list[tuple[int | None, int]]) -> Summary:
    share = csat(scores)
    asked = sum(row.asked for row in asks)
    return Summary(
        asked=asked,
        answered=sum(row.answered for row in asks),
        silent=sum(row.silent for row in asks),
        failed=sum(row.failed for row in asks),
        open=sum(row.open for row in asks),
        csat=share,
        bounds=bounds(share.satisfied, share.n, asked),
    )
