"""The numbers of a project, from the ledger of asks and answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from plugin.asking import AskCount
from plugin.checkpoints import service as checkpoints
from plugin.counts import ScoreCount
from plugin.database import Tx
from plugin.domain import Checkpoint
from plugin.invitations import service as invitations
from plugin.metrics.csat import Csat, Interval, bounds, csat
from plugin.questionnaires import service as questionnaires
from plugin.surveys import service as surveys

Series = Mapping[int, tuple[int, int]]  # questionnaire → (survey, number of its wording)


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
    """One checkpoint on the timeline; the dates are None where it has asked nobody.

    `by_wording` has one share for each wording that was answered, oldest first; empty where there was only one.
    """

    checkpoint: Checkpoint
    summary: Summary
    first_at: datetime | None
    last_at: datetime | None
    by_wording: tuple[Csat, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    total: Summary
    checkpoints: tuple[CheckpointSummary, ...]


def of_project(tx: Tx, project_id: str, now: datetime, apart: Collection[int] = ()) -> ProjectSummary:
    """All checkpoints that exist or have asked, in the order of their first ask; without those that stay `apart`."""
    asks = {key: count for key, count in invitations.ask_counts(tx, project_id, now).items() if key not in apart}
    scores: dict[int, list[ScoreCount]] = defaultdict(list)
    for row in surveys.score_counts(tx, project_id):
        if row.checkpoint_id not in apart:
            scores[row.checkpoint_id].append(row)
    series = _series(tx, [row for found in scores.values() for row in found])
    known = {checkpoint.id: checkpoint for checkpoint in checkpoints.list_of_project(tx, project_id)}
    known |= checkpoints.list_by_id(tx, asks.keys() - known.keys())
    rows = [
        _checkpoint_summary(checkpoint, asks.get(checkpoint.id), scores[checkpoint.id], series)
        for checkpoint in known.values()
    ]
    rows.sort(key=lambda row: (row.first_at is None, row.first_at or row.checkpoint.created_at))
    return ProjectSummary(
        _summary(list(asks.values()), [row for found in scores.values() for row in found]), tuple(rows)
    )


def _series(tx: Tx, scores: Iterable[ScoreCount]) -> Series:
    answered = questionnaires.list_by_id(tx, {row.questionnaire_id for row in scores})
    return questionnaires.series_of(tx, answered.values())


def _checkpoint_summary(
    checkpoint: Checkpoint, asks: AskCount | None, scores: list[ScoreCount], series: Series
) -> CheckpointSummary:
    summary = _summary([] if asks is None else [asks], scores)
    first, last = (asks.first_at, asks.last_at) if asks else (None, None)
    return CheckpointSummary(checkpoint, summary, first, last, _by_wording(scores, series))


def _by_wording(scores: list[ScoreCount], series: Series) -> tuple[Csat, ...]:
    """Versions that can be compared are one wording. A checkpoint that changed its survey began another."""
    found: dict[tuple[int, int], list[tuple[int | None, int]]] = defaultdict(list)
    for row in sorted(scores, key=lambda row: row.questionnaire_id):
        found[series[row.questionnaire_id]].append((row.score, row.count))
    return tuple(csat(pairs) for pairs in found.values()) if len(found) > 1 else ()


def _summary(asks: list[AskCount], scores: list[ScoreCount]) -> Summary:
    share = csat((row.score, row.count) for row in scores)
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
