"""One site has very much to do, the others have little: how long do they wait?"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

from plugin.jobs import service as jobs
from plugin.ports import Ports
from plugin.work import Work
from plugin.worker import Worker
from tests.plugin.asking import an_app
from tests.running import Clock

BIG, SMALL_SITES, OF_EACH = 1, 49, 5
STEP_SECONDS = 0.005


@dataclass(frozen=True)
class Outcome:
    """After how many seconds, and how many jobs of the big site, the last of the small ones was served."""

    seconds: float
    jobs_of_the_big_one: int


def run(database_url: str, flood: int) -> Outcome:
    app = an_app(database_url, Clock())  # type: ignore[arg-type]  # turns are told apart by the real time
    ports: Ports = app.extensions["rapport"]
    with closing(ports.database):
        for tenant_id in range(1, SMALL_SITES + 2):
            _enqueue(ports, tenant_id, flood if tenant_id == BIG else OF_EACH)
        return _serve(ports)


def _enqueue(ports: Ports, tenant_id: int, count: int) -> None:
    with ports.database.transaction(tenant_id) as tx:
        jobs.enqueue_each(
            tx, "deliver", {f"n:{number}": {"n": number} for number in range(count)}, ports.clock(), ports.clock()
        )


def _serve(ports: Ports) -> Outcome:
    done: Counter[int] = Counter()
    counting = threading.Lock()

    def step(work: Work) -> None:
        time.sleep(STEP_SECONDS)  # what a mail server needs
        work.done()
        with counting:
            done[work.job.tenant_id] += 1
            if sum(done.values()) - done[BIG] == SMALL_SITES * OF_EACH:
                worker.stop()

    worker = Worker(ports, {"deliver": step}, threads=4)
    began = time.monotonic()
    worker.run()
    return Outcome(time.monotonic() - began, done[BIG])
