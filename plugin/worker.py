"""Runs the steps of the flow from the queue. The only place that decides about retries."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import groupby
from operator import attrgetter

import structlog

from connect import ConnectError, JiraBusy, JiraError, JiraTokenMissing, JiraUnreachable
from plugin import telemetry, tracing
from plugin.errors import LostLease, NotFound, PluginError
from plugin.jobs import service as jobs
from plugin.jobs.service import Job
from plugin.ports import Ports
from plugin.work import Work

log = structlog.get_logger()

LATER_SECONDS = 300
IDLE_SECONDS = 0.5
SHORTEST_PAUSE_SECONDS = 0.1
PULSE_SECONDS = 15.0

Steps = Mapping[str, Callable[[Work], None]]


class Worker:
    """Claims due jobs and runs their steps. `run` does so in threads until `stop`; `drain` here and now, for tests."""

    def __init__(self, ports: Ports, steps: Steps, threads: int = 4) -> None:
        self._ports = ports
        self._steps = steps
        self._threads = threads
        self._stopping = threading.Event()
        self._claiming = threading.Lock()
        self._at_hand: deque[list[Job]] = deque()  # claimed for threads that wait: by tenant
        self._wanting = 0  # threads that want some
        self._counting = threading.Lock()
        self._in_hand: Counter[int] = Counter()  # jobs of each tenant

    def run(self) -> None:
        """Work until `stop` is called; then finish what is in hand and return."""
        with ThreadPoolExecutor(self._threads, "work") as pool:
            for _ in range(self._threads):
                pool.submit(self._loop)
            self._pulse()
            while not self._stopping.wait(PULSE_SECONDS):
                self._pulse()

    def _pulse(self) -> None:
        try:
            jobs.pulse(self._ports.database, self._ports.clock())
        except ConnectError as error:
            log.warning("pulse_failed", reason=error.reason)

    def stop(self) -> None:
        self._stopping.set()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            if not self._round():
                self._stopping.wait(self._pause_seconds())

    def _round(self) -> bool:
        """One claim and its work; False when there was nothing to do or the database is away."""
        try:
            claimed = self._claim()
        except ConnectError as error:
            log.warning("claim_failed", reason=error.reason)
            return False
        for job in claimed:
            try:
                self._do_unless_stopping(job)
            finally:
                self._in_hand.subtract([job.tenant_id])
        return bool(claimed)

    def _claim(self) -> list[Job]:
        """Some work of one tenant. One thread at a time looks for it, for all that wait by then."""
        with self._counting:
            self._wanting += 1
        with self._claiming:
            try:
                if not self._at_hand:
                    self._at_hand.extend(self._claim_for(self._wanting))
                return self._at_hand.popleft() if self._at_hand else []
            finally:
                with self._counting:
                    self._wanting -= 1  # before another looks: nothing is claimed for a thread that has some

    def _claim_for(self, threads: int) -> list[list[Job]]:
        """For each of these threads some work of a tenant. One whose Jira or mail server hangs never holds more than half
        of all threads."""
        most = max(1, self._threads // 2)
        full = [tenant_id for tenant_id, count in self._in_hand.items() if count >= most]
        limit = threads * jobs.JOBS_PER_LANE
        claimed = jobs.claim(self._ports.database, limit, self._ports.clock(), paced=True, but=full)
        self._in_hand.update(job.tenant_id for job in claimed)
        return [list(its) for _, its in groupby(claimed, key=attrgetter("tenant_id"))]

    def _do_unless_stopping(self, job: Job) -> None:
        if self._stopping.is_set():
            jobs.release(self._ports.database, job, self._ports.clock())
        else:
            self.do(job, self._ports.clock())

    def _pause_seconds(self) -> float:
        """Until something falls due, but no longer than others might need to bring something new."""
        longest = IDLE_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - spreads the polls of many workers
        try:
            due_at = jobs.next_due_at(self._ports.database)
        except ConnectError:
            return longest
        ahead = longest if due_at is None else (due_at - self._ports.clock()).total_seconds()
        return min(max(ahead, SHORTEST_PAUSE_SECONDS), longest)

    def drain(self, now: datetime) -> int:
        """Do everything that is due at `now`, and what follows from it; the number of jobs done."""
        done = 0
        while claimed := jobs.claim(self._ports.database, 20, now):
            for job in claimed:
                self.do(job, now)
            done += len(claimed)
        return done

    def do(self, job: Job, now: datetime) -> None:
        """Run one step; a failure gives the job another date, or gives it up."""
        began = time.perf_counter()
        ids: dict[str, str | int] = {"tenant": job.tenant_id, "job": job.id, "kind": job.kind, "attempt": job.attempts}
        with structlog.contextvars.bound_contextvars(**ids), tracing.span("step", **ids):
            outcome = self._outcome(Work(self._ports, job, now))
        telemetry.count_step(job.kind, outcome, time.perf_counter() - began)

    def _outcome(self, work: Work) -> str:
        try:
            self._steps[work.job.kind](work)
        except LostLease:
            log.info("lease_lost")
            return "lost"
        except Exception as error:
            return self._failed(work, error)
        if work.job.probing:
            self._note_answered(work.job, work.now)
        return "done"

    def _note_answered(self, job: Job, now: datetime) -> None:
        try:
            jobs.jira_answered(self._ports.database, job.tenant_id, now)
        except ConnectError as unavailable:
            log.warning("note_failed", reason=unavailable.reason)  # the next work tells it again

    def _failed(self, work: Work, error: Exception) -> str:
        known = isinstance(error, ConnectError | PluginError)
        log.warning("step_failed", reason=_internal_words(error), exc_info=None if known else error)
        # A defect of ours may be mended by the next release; a word of refusal from Jira will not. Where several jobs
        # were done in one go, nobody knows whose fault it was: each comes back alone.
        retry = bool(work.along) or (getattr(error, "retry", True) and not isinstance(error, NotFound))
        try:
            self._heed(work.job, error, work.now)
            again = self._give_back(work.job, error, retry, work.now)
            for job in work.along:
                if isinstance(error, JiraUnreachable | JiraBusy):
                    jobs.release(self._ports.database, job, work.now, due_at=job.due_at)  # its turn has not come
                else:
                    self._give_back(job, error, retry, work.now)
        except ConnectError as unavailable:
            log.warning("give_back_failed", reason=unavailable.reason)  # the lease ends by itself
            return "lost"
        return "retry" if again else "dead"

    def _heed(self, job: Job, error: Exception, now: datetime) -> None:
        """What a failure says of this tenant's Jira."""
        database = self._ports.database
        if isinstance(error, JiraUnreachable):
            jobs.jira_failed(database, job.tenant_id, random.random(), now)  # noqa: S311 - spreads rests
        elif isinstance(error, JiraError) and job.probing:
            jobs.jira_answered(database, job.tenant_id, now)
        if isinstance(error, JiraBusy):
            telemetry.count_jira_refusal(error.scope)
            jobs.heed(database, job, error.scope, error.retry_after_seconds or 1, now)

    def _give_back(self, job: Job, error: Exception, retry: bool, now: datetime) -> bool:
        retry_after = getattr(error, "retry_after_seconds", None)
        if isinstance(error, JiraTokenMissing):
            jobs.postpone(self._ports.database, job, _words(error), retry_after or LATER_SECONDS, now)
            return True
        jitter = random.random()  # noqa: S311 - spreads retries
        follow_up = f"{job.kind}_given_up"
        return jobs.retry_or_bury(
            self._ports.database,
            job,
            _words(error),
            retry,
            retry_after,
            jitter,
            now,
            follow_up=follow_up if follow_up in self._steps else None,
        )


def _words(error: Exception) -> str:
    """What the administration page shows: a code, and for our own errors the sentence that was written for people."""
    if isinstance(error, PluginError):
        return f"{error.code}: {error}"
    return error.code if isinstance(error, ConnectError) else "internal_error"


def _internal_words(error: Exception) -> str:
    return error.reason if isinstance(error, ConnectError) else type(error).__name__
