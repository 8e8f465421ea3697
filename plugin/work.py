"""What a step of the flow gets: its job, the outside, and transactions that finish the job with what the step wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from connect import Tenant
from plugin.database import Tx
from plugin.errors import LostLease
from plugin.jobs import service as jobs
from plugin.jobs.service import Job
from plugin.ports import Jira, Ports


@dataclass(frozen=True)
class Work:
    """One leased job. `now` is the moment at which the step began.

    `along` holds further jobs of the same kind and tenant that the step took along and has not finished yet.
    """

    ports: Ports
    job: Job
    now: datetime
    along: list[Job] = field(default_factory=list)

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.job.payload

    @cached_property
    def tenant(self) -> Tenant:
        return self.ports.tenants.get_tenant(self.job.tenant_id)

    @cached_property
    def jira(self) -> Jira:
        """Raises RuntimeError in a kind of work that is listed as asking nothing of Jira: it would go unpaced."""
        if not self.job.asks_jira:
            raise RuntimeError(f"{self.job.kind} stands in plugin.jobs.pacing.WITHOUT_JIRA")
        return self.ports.jira(self.tenant)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with self.ports.database.reading(self.job.tenant_id) as tx:
            yield tx

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        """A transaction before the end of the step: only for what must be known before the outside is."""
        with self.ports.database.transaction(self.job.tenant_id) as tx:
            yield tx

    def take_along(self, limit: int) -> list[Job]:
        """This job and up to `limit` more of its kind, so that what they ask of Jira is asked once.

        Each of them is finished by itself: `finishing(job)`.
        """
        self.along.extend(jobs.take_along(self.ports.database, self.job, limit, self.now))
        return [self.job, *self.along]

    @contextmanager
    def finishing(self, job: Job | None = None) -> Iterator[Tx]:
        """The last transaction of the step, or of one of several jobs at hand.

        Rolls back, by LostLease, where another worker owns the job by now.
        """
        job = job or self.job
        with self.ports.database.transaction(self.job.tenant_id) as tx:
            yield tx
            jobs.finish(tx, job)
        self.along[:] = [other for other in self.along if other.id != job.id]

    def require_lease(self) -> None:
        """To be asked before what cannot be taken back. Raises LostLease where the process stood still for so long that
        another worker may be on it by now."""
        if self.ports.clock() >= self.now + jobs.LEASE:
            raise LostLease(self.job.key)

    def done(self) -> None:
        """Finish without writing anything."""
        with self.finishing():
            pass

    def put_off(self, due_at: datetime) -> None:
        """Do this job later instead: nothing went wrong, it is only too early."""
        with self.writing() as tx:
            jobs.put_off(tx, self.job, due_at, self.now)
