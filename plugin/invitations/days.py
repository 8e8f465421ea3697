"""Asks on days of the calendar: about a project as a whole, without any issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from plugin.asking import Decided
from plugin.checkpoints import projects
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.projects import KnownProject
from plugin.database import Tx
from plugin.domain import Checkpoint
from plugin.invitations import service
from plugin.transitions import service as transitions
from plugin.transitions.outcomes import Outcome
from plugin.work import Work


@dataclass(frozen=True, slots=True)
class Due:
    """A checkpoint has to ask, or had to last, on this day, and then again at `next_at`, if ever."""

    checkpoint: Checkpoint
    day: date
    project: KnownProject
    next_at: datetime | None


def due(work: Work) -> Due | None:
    """What a checkpoint by the calendar has to ask by now; None if nothing, or nothing any more. Raises JiraError."""
    with work.reading() as tx:
        checkpoint = checkpoints.get(tx, work.payload["checkpoint_id"])
    day = checkpoints.day_due(checkpoint, work.now)
    if day is None:
        return None
    project = projects.look_up(work.jira, checkpoint)
    return Due(checkpoint, day, project, checkpoints.next_due_at(checkpoint, day))


def decide(tx: Tx, due: Due, now: datetime) -> Decided:
    """Decide about each person of the project; nothing where that was done for this day."""
    event_id = transitions.record_day(tx, due.checkpoint.project_id, due.checkpoint.id, due.day, now)
    if event_id is None:
        return Decided()
    event = transitions.get(tx, event_id)
    about = service.about_project(event, due.project)
    decided = service.decide(tx, *about, [service.audience_of_project(tx, due.checkpoint, due.project)], now)
    transitions.close(tx, event, Outcome.DECIDED, None)
    return decided
