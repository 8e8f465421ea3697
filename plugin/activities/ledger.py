"""One line of the ledger, whoever wrote it, and what the lines add up to. Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What can be done for the relationship."""

    CHECKPOINT = "checkpoint"  # a survey
    UPDATE = "update"  # a routine update
    REVIEW = "review"  # with the customer present
    EXPECTATION = "expectation"  # talking about what to expect
    RECOVERY = "recovery"  # of a low score
    SERVICE_POINT = "service_point"  # the team knows its role at a moment that customers feel
    OTHER = "other"


class Origin(StrEnum):
    """Who put a line into the ledger."""

    TEMPLATE = "template"
    LESSON = "lesson"
    PERSON = "person"
    APP = "app"  # read from what the app recorded


@dataclass(frozen=True, slots=True)
class Activity:
    """A line that is kept. `result` "" means that nobody has said what came of it. `repeat_days` 0 means once.

    `issue_key` is "" or the Jira issue that it is about. `noted_for` names a line of the app that this one carries
    somebody's judgement for ("case:5"), "" for a line of its own.
    """

    id: int
    project_id: str
    kind: Kind
    title: str
    planned_on: date | None
    done_on: date | None
    result: str
    more_needed: bool
    more: str
    repeat_days: int
    origin: Origin
    issue_key: str
    noted_for: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as people see it. `key` names it: "activity:7", "checkpoint:3", "case:5"."""

    key: str
    kind: Kind
    title: str
    planned_on: date | None
    done_on: date | None
    result: str
    more_needed: bool
    more: str
    origin: Origin
    issue_key: str

    def overdue(self, today: date) -> bool:
        return self.done_on is None and self.planned_on is not None and self.planned_on < today

    @property
    def gap(self) -> bool:
        """Done, and nobody has said what came of it."""
        return self.done_on is not None and not self.result


@dataclass(frozen=True, slots=True)
class Completion:
    """Of one kind: `planned` counts every line, also those that nobody planned and somebody did."""

    kind: Kind
    planned: int
    done: int
    with_result: int
    more_needed: int


def line(activity: Activity) -> Line:
    shared = {name: getattr(activity, name) for name in Line.__dataclass_fields__ if name != "key"}
    return Line(key=f"activity:{activity.id}", **shared)


def merged(kept: Iterable[Activity], of_the_app: Sequence[Line]) -> list[Line]:
    """All lines by date, those without one last; a note joins the line that it is for."""
    kept = list(kept)
    notes = {activity.noted_for: activity for activity in kept if activity.noted_for}
    lines = [line(activity) for activity in kept if not activity.noted_for]
    lines += [_noted(each, notes.get(each.key)) for each in of_the_app]
    return sorted(lines, key=lambda each: (each.done_on or each.planned_on or date.max, each.key))


def _noted(of_the_app: Line, note: Activity | None) -> Line:
    if note is None:
        return of_the_app
    values = {name: getattr(of_the_app, name) for name in Line.__dataclass_fields__}
    return Line(**{**values, "more_needed": note.more_needed, "more": note.more})


def completion(lines: Iterable[Line]) -> list[Completion]:
    """One row for each kind that occurs, in the order of `Kind`."""
    lines = list(lines)
    of_kind = {kind: [each for each in lines if each.kind is kind] for kind in Kind}
    return [
        Completion(
            kind,
            len(found),
            sum(each.done_on is not None for each in found),
            sum(each.done_on is not None and bool(each.result) for each in found),
            sum(each.more_needed for each in found),
        )
        for kind, found in of_kind.items()
        if found
    ]


def next_time(activity: Activity) -> date | None:
    """When a repeated activity is due again; None for one that happens once or is not done."""
    if activity.done_on is None or activity.repeat_days == 0:
        return None
    return activity.done_on + timedelta(days=activity.repeat_days)
