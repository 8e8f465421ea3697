"""Workers in threads: a site that hangs does not stop the others, and a worker that is told to stop does."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from plugin.jobs import service as jobs
from plugin.ports import Ports
from plugin.work import Work
from plugin.worker import Worker
from tests.plugin.asking import NOW, Clock, an_app

HANGING, OTHER = 1, 2


@pytest.fixture
def ports(database_url: str) -> Iterator[Ports]:
    ports: Ports = an_app(database_url, Clock()).extensions["rapport"]
    yield ports
    ports.database.close()


def enqueue(ports: Ports, tenant_id: int, count: int) -> None:
    with ports.database.transaction(tenant_id) as tx:
        for number in range(count):
            jobs.enqueue(tx, "deliver", str(number), {}, NOW, NOW)


def test_a_site_that_hangs_holds_half_of_the_threads_and_no_more(ports: Ports) -> None:
    enqueue(ports, HANGING, 20)
    enqueue(ports, OTHER, 20)
    let_go, served, done = threading.Event(), threading.Event(), []

    def step(work: Work) -> None:
        if work.job.tenant_id == HANGING:
            let_go.wait(60)
        work.done()
        done.append(work.job.tenant_id)
        if done.count(OTHER) == 20:
            served.set()

    worker = Worker(ports, {"deliver": step}, threads=4)
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        assert served.wait(60)
        assert HANGING not in done
    finally:
        worker.stop()
        let_go.set()
        running.join()
    assert done.count(HANGING) <= 2, "what was in hand is finished, the rest is given back"
    with ports.database.reading(HANGING) as tx:
        state = jobs.queue_state(tx, NOW)
    assert state.waiting == 20 - done.count(HANGING)
    assert len(jobs.claim(ports.database, 40, NOW)) == 2, "at once, without waiting for a lease"


def test_each_thread_has_work_of_another_site_whoever_looked_for_it(ports: Ports) -> None:
    enqueue(ports, HANGING, 2)
    enqueue(ports, OTHER, 2)
    both, met = threading.Barrier(2), []

    def step(work: Work) -> None:
        try:
            both.wait(60)  # no thread can do both
        except threading.BrokenBarrierError:
            worker.stop()
            raise
        met.append(work.job.tenant_id)
        work.done()
        if len(met) == 4:
            worker.stop()

    worker = Worker(ports, {"deliver": step}, threads=2)
    worker.run()
    assert sorted(met) == [HANGING, HANGING, OTHER, OTHER]
    with ports.database.reading(OTHER) as tx:
        assert jobs.queue_state(tx, NOW).waiting == 0
