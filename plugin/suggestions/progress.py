"""How far the reading of a project's history is, for people: pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from plugin.history.service import Known, ReadingState

_SOON = timedelta(seconds=30)  # a shorter wait is not worth a word


class Stage(StrEnum):
    """What there is to see."""

    NOTHING = "nothing"
    READING = "reading"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """`issues` of about `expected` are read; `percent` 0…99 is None while that is unknown. Only the end is 100.

    `goes_on_at`: the next page is so far away that it should be said. `error` is the code of what it stumbled over.
    """

    stage: Stage
    issues: int = 0
    expected: int | None = None
    percent: int | None = None
    goes_on_at: datetime | None = None
    error: str = ""


def of(known: Known, now: datetime) -> Progress:
    newest = known.newest
    if newest is None:
        return Progress(Stage.NOTHING)
    if newest.state is not ReadingState.READING:
        stage = Stage.DONE if newest.state is ReadingState.DONE else Stage.CANCELLED
        return Progress(stage, newest.issues, newest.expected_issues)
    if known.job is None or known.stopped:
        return Progress(
            Stage.STOPPED, newest.issues, newest.expected_issues, error=known.job.error if known.job else ""
        )
    waits = known.job.token == "" and known.job.due_at > now + _SOON
    return Progress(
        Stage.READING,
        newest.issues,
        newest.expected_issues,
        _percent(newest.issues, newest.expected_issues),
        known.job.due_at if waits else None,
        known.job.error,
    )


def _percent(issues: int, expected: int | None) -> int | None:
    """Jira's estimate may be too low."""
    return None if expected is None else min(99, 100 * issues // max(expected, 1))
