"""Jira is away for an hour while work piles up, and comes back. Time is the queue's own: nobody waits."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connect import Issue, JiraUnreachable, StatusChange, StatusChanged, Watched
from plugin import flow
from plugin.flow import STEPS
from plugin.invitations import service as invitations
from plugin.jobs import service as jobs
from plugin.ports import OutgoingMail, Ports
from plugin.transitions.service import Delivery
from plugin.worker import Worker
from tests.faults.world import FROM_STATUS_ID, PROJECT_ID, TO_STATUS_ID, an_issue, ask_greta
from tests.plugin.asking import NOW, Clock, an_app, install

OUTAGE = timedelta(hours=1)
WORKERS = 3


@dataclass
class Jira:
    """Away until `back_at`; afterwards it knows every issue, and counts."""

    clock: Clock
    back_at: datetime
    asked_in_vain: int = 0
    answered_at: list[datetime] = field(default_factory=list)
    read_at: list[datetime] = field(default_factory=list)
    written: Counter[str] = field(default_factory=Counter)

    def _answer(self) -> None:
        if self.clock.now < self.back_at:
            self.asked_in_vain += 1
            raise JiraUnreachable("timeout")
        self.answered_at.append(self.clock.now)

    def get_issues(self, issue_ids: Sequence[str], people_fields: Sequence[str] = ()) -> dict[str, Issue]:
        self._answer()
        self.read_at.append(self.clock.now)
        changes = {each: StatusChange(f"9{each}", NOW, None, FROM_STATUS_ID, TO_STATUS_ID) for each in issue_ids}
        return {issue_id: an_issue(issue_id, (change,)) for issue_id, change in changes.items()}

    def set_issue_property(self, issue_id: str, key: str, value: Mapping[str, Any]) -> None:
        self._answer()
        self.written[issue_id] += 1

    def watch_projects(self, project_ids: Collection[str], now: datetime) -> Watched:
        self._answer()
        return Watched()


@dataclass
class Mailer:
    sent: Counter[str] = field(default_factory=Counter)

    def send(self, mail: OutgoingMail, now: datetime) -> None:
        self.sent[mail.message_id] += 1


@dataclass(frozen=True)
class Outcome:
    """What became of `jobs` waiting transitions. `busiest_second`: calls in it, after Jira was back.

    `drained_minutes`: until all was looked at. Whom to ask when is another matter: nobody is asked too often.
    """

    decided: int
    decided_twice: int
    mailed_twice: int
    written_twice: int
    left: int
    asked_in_vain: int
    busiest_second: int
    drained_minutes: float


def run(database_url: str, waiting: int) -> Outcome:
    clock = Clock()
    app = an_app(database_url, clock)
    with closing(app.extensions["rapport"].database):
        jira, mailer = Jira(clock, NOW + OUTAGE), Mailer()
        ports: Ports = replace(app.extensions["rapport"], jira=lambda _tenant: jira, mailer=mailer)
        tenant_id = install(ports, "acme")
        ask_greta(ports, tenant_id)
        _happen(ports, tenant_id, waiting)
        workers = [Worker(ports, STEPS, threads=2) for _ in range(WORKERS)]
        turn = 0
        while (due_at := jobs.next_due_at(ports.database)) is not None and due_at < NOW + timedelta(hours=6):
            clock.now = max(clock.now, due_at)
            for job in jobs.claim(ports.database, jobs.JOBS_PER_LANE, clock.now, paced=True):
                workers[turn % WORKERS].do(job, clock.now)
                turn += 1
        return _outcome(ports, tenant_id, waiting, jira, mailer)


def _happen(ports: Ports, tenant_id: int, count: int) -> None:
    for number in range(count):
        event = StatusChanged(str(20000 + number), f"DEMO-{number}", PROJECT_ID, f"9{20000 + number}", FROM_STATUS_ID, TO_STATUS_ID, None, NOW)  # fmt: skip
        flow.on_arrivals(ports.database, [(tenant_id, Delivery(f"delivery {number}", event, NOW))])


def _outcome(ports: Ports, tenant_id: int, waiting: int, jira: Jira, mailer: Mailer) -> Outcome:
    with ports.database.reading(tenant_id) as tx:
        decisions = Counter[int]()
        events = range(1, waiting + 1)
        for start in range(0, waiting, 500):
            part = list(events[start : start + 500])
            asked, skipped = invitations.list_of_events(tx, part)
            decisions.update(each.event_id for each in (*asked, *skipped))
        left = len(jobs.list_waiting(tx, "transition")) + jobs.queue_state(tx, NOW + OUTAGE * 6).dead
    return Outcome(
        decided=len(decisions),
        decided_twice=sum(count > 1 for count in decisions.values()),
        mailed_twice=sum(count > 1 for count in mailer.sent.values()),
        written_twice=sum(count > 1 for count in jira.written.values()),
        left=left,
        asked_in_vain=jira.asked_in_vain,
        busiest_second=_busiest_second(jira.answered_at),
        drained_minutes=(jira.read_at[-1] - jira.back_at).total_seconds() / 60,
    )


def _busiest_second(moments: list[datetime]) -> int:
    second = timedelta(seconds=1)
    return max(bisect_left(moments, begin + second) - index for index, begin in enumerate(moments))
