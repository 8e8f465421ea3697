"""What a case is, the state that follows from its dates, and what a set of cases says about us. Pure rules."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connect import StatusChange
from plugin.cases.business_time import hours_between
from plugin.cases.word import Word


class CaseState(StrEnum):
    """Computed from dates, never stored."""

    OPEN = "open"  # nobody has spoken with the customer yet
    CONTACTED = "contacted"
    CLOSED = "closed"  # the team is done; the customer has not been asked, or not answered, whether it helped
    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    WITHDRAWN = "withdrawn"  # the answer does not count any more: it was no person's, or the person changed it


@dataclass(frozen=True, slots=True)
class Case:
    """One low answer to be followed up. `low_score` is the limit that it met, `recheck_score` the word after it.

    `invitation_id` is the ask that was answered low, from a `checkpoint_id`; or `conversation_id` is where the team heard
    it, perhaps from somebody who was not named. `recheck_id` is the ask that asks again. `jira_issue_id` is None while
    there is no Jira issue; `told` is the last state that was written there.
    """

    id: int
    project_id: str
    invitation_id: int | None
    conversation_id: int | None
    checkpoint_id: int | None
    customer_id: int | None
    contact_id: int | None
    issue_id: str
    issue_key: str
    time_zone: str
    country: str
    score: int
    low_score: int
    opened_at: datetime
    due_at: datetime
    jira_issue_id: str | None
    jira_issue_key: str | None
    jira_issue_gone: bool
    contacted_at: datetime | None
    closed_at: datetime | None
    recheck_id: int | None
    recheck_score: int | None
    rechecked_at: datetime | None
    withdrawn_at: datetime | None
    told: str

    @property
    def state(self) -> CaseState:
        if self.withdrawn_at is not None:
            return CaseState.WITHDRAWN
        if self.recheck_score is not None:
            return CaseState.RECOVERED if self.recheck_score > self.low_score else CaseState.NOT_RECOVERED
        if self.closed_at is not None:
            return CaseState.CLOSED
        return CaseState.OPEN if self.contacted_at is None else CaseState.CONTACTED

    @property
    def under_way(self) -> bool:
        return self.state in (CaseState.OPEN, CaseState.CONTACTED)

    @property
    def hours_to_contact(self) -> float | None:
        """Working hours; None before the first contact."""
        if self.contacted_at is None:
            return None
        return hours_between(self.opened_at, self.contacted_at, self.time_zone, self.country)

    def covers(self, said: Word) -> bool:
        """Whether that is followed up with it: one person has one case at a time about an issue, or about the project as a
        whole. People who were not named count as one."""
        same = (self.project_id, self.issue_id, self.contact_id) == (said.project_id, said.issue_id, said.contact_id)
        over = self.withdrawn_at is not None or (self.closed_at is not None and self.closed_at <= said.said_at)
        return same and not over

    def overdue(self, now: datetime) -> bool:
        return self.state is CaseState.OPEN and self.due_at < now


@dataclass(frozen=True, slots=True)
class Progress:
    """What the history of a case's Jira issue says: first contact, end."""

    contacted_at: datetime | None
    closed_at: datetime | None


def progress(changes: Iterable[StatusChange], categories: Mapping[str, str]) -> Progress:
    """From the status changes, oldest first, and Jira's category of each status ("new", "indeterminate", "done").

    Work that begins is the first contact; an issue that is opened again is not closed. A status that the project does
    not know any more counts as work.
    """
    contacted_at = closed_at = None
    for change in changes:
        category = categories.get(change.to_status_id, "indeterminate")
        if category != "new" and contacted_at is None:
            contacted_at = change.at
        closed_at = (closed_at or change.at) if category == "done" else None
    return Progress(contacted_at, closed_at)


@dataclass(frozen=True, slots=True)
class LoopTime:
    """How fast first contacts came. `median_hours` are working hours, None without any contact; shares are of `n`."""

    n: int
    contacted: int
    in_target: int
    median_hours: float | None
    recovered: int
    rechecked: int


def loop_time(cases: Sequence[Case], target_hours: float) -> LoopTime:
    """Of the cases that were not withdrawn. Within the target: contacted after at most `target_hours` working hours."""
    counted = [case for case in cases if case.state is not CaseState.WITHDRAWN]
    hours = [case.hours_to_contact for case in counted if case.hours_to_contact is not None]
    states = [case.state for case in counted]
    recovered, not_recovered = states.count(CaseState.RECOVERED), states.count(CaseState.NOT_RECOVERED)
    return LoopTime(
        n=len(counted),
        contacted=len(hours),
        in_target=sum(each <= target_hours for each in hours),
        median_hours=statistics.median(hours) if hours else None,
        recovered=recovered,
        rechecked=recovered + not_recovered,
    )
