"""What a step of the flow gets: its job, the outside, and transactions that finish the job with what the step wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from connect import Tenant
from plugin.database import Tx
from plugin.jobs import service as jobs
from plugin.jobs.service import Job
from plugin.ports import Jira, Ports


@dataclass(frozen=True)
class Work:
    """One leased job. `now` is the moment at which the step began."""

    ports: Ports
    job: Job
    now: datetime

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

    @contextmanager
    def finishing(self) -> Iterator[Tx]:
        """The step's last transaction. Rolls back, by LostLease, where another worker owns the job by now."""
        with self.ports.database.transaction(self.job.tenant_id) as tx:
            yield tx
            jobs.finish(tx, self.job)

    def done(self) -> None:
        """Finish without writing anything."""
        with self.finishing():
            pass
