"""How fast several worker processes take the jobs of one queue: they are all up before the first job is there.

`python -m tests.bench.together` is one of them: it says `ready`, waits for a line, then prints a line for each job that it does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing

from plugin.app import create_app
from plugin.ports import Ports
from plugin.settings import load_settings
from plugin.work import Work
from plugin.worker import Worker
from tests.bench.draining import enqueue
from tests.bench.servers import ROOT, pinned

PATIENCE_SECONDS = 120


def sharing(count: int, environment: Mapping[str, str], cores: Sequence[frozenset[int]]) -> float:
    """Jobs per second of one worker process on each of `cores`, without the first tenth, in which they warm up.

    Raises TimeoutError where they do not finish `count` jobs in two minutes.
    """
    ports: Ports = create_app(load_settings(environment)).extensions["rapport"]
    with closing(ports.database):
        enqueue(ports, count)
    children = [_worker(environment, core) for core in cores]
    try:
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        return _measured(children, count)
    finally:
        for child in children:
            child.terminate()
            child.wait(PATIENCE_SECONDS)


def _worker(environment: Mapping[str, str], core: frozenset[int]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.together"],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=pinned(core),  # noqa: PLW1509 - makes one system call
    )


def _measured(children: Sequence[subprocess.Popen[str]], count: int) -> float:
    finished = threading.Semaphore(0)

    def listen(child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        with child.stdout:  # until it ends
            for _ in child.stdout:
                finished.release()

    for child in children:
        threading.Thread(target=listen, args=(child,), daemon=True).start()
    for child in children:
        assert child.stdin is not None
        with child.stdin:
            child.stdin.write("go\n")
    warm = count // 10
    _await(finished, warm)
    began = time.perf_counter()
    _await(finished, count - warm)
    return (count - warm) / (time.perf_counter() - began)


def _await(finished: threading.Semaphore, count: int) -> None:
    for _ in range(count):
        if not finished.acquire(timeout=PATIENCE_SECONDS):
            raise TimeoutError("the jobs are not done")


def _main() -> None:
    settings = load_settings()
    ports: Ports = create_app(settings).extensions["rapport"]

    def step(work: Work) -> None:
        work.done()
        os.write(1, b"done\n")

    worker = Worker(ports, {"deliver": step}, settings.worker_threads)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    os.write(1, b"ready\n")
    sys.stdin.readline()
    worker.run()


if __name__ == "__main__":
    _main()
