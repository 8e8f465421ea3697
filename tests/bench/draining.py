"""How fast one worker process takes jobs through the lanes when the step itself does nothing.

`python -m tests.bench.draining JOBS ROUNDS`, configured by the environment like `rapport worker`; prints the jobs per
second of each round as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time

from plugin.app import create_app
from plugin.jobs import service as jobs
from plugin.ports import Ports
from plugin.settings import load_settings
from plugin.work import Work
from plugin.worker import Worker

TENANTS = 20


def rate(ports: Ports, threads: int, count: int) -> float:
    """Jobs per second from the start of the worker to the commit that finishes the last of `count` jobs."""
    enqueue(ports, count)
    done, counting = 0, threading.Lock()

    def step(work: Work) -> None:
        nonlocal done
        work.done()
        with counting:
            done += 1
            if done == count:
                worker.stop()

    worker = Worker(ports, {"deliver": step}, threads)
    started = time.perf_counter()
    worker.run()
    return count / (time.perf_counter() - started)


def enqueue(ports: Ports, count: int) -> None:
    now = ports.clock()
    for tenant_id in range(1, TENANTS + 1):
        with ports.database.transaction(tenant_id) as tx:
            for number in range(tenant_id - 1, count, TENANTS):
                jobs.enqueue(tx, "deliver", f"nothing:{number}", {"number": number}, now, now)


def _main() -> None:
    settings = load_settings()
    ports: Ports = create_app(settings).extensions["rapport"]
    count, rounds = map(int, sys.argv[1:])
    json.dump([rate(ports, settings.worker_threads, count) for _ in range(rounds)], sys.stdout)


if __name__ == "__main__":
    _main()
