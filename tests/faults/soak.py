"""A steady load for as long as you like: does anything grow that should not?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.faults.killing import a_world
from tests.faults.load import Load

WARM_UP = 0.3  # of the time: caches fill, threads begin


@dataclass(frozen=True)
class Soak:
    """`memory_growth`: of the resident memory after the warm-up, as a share of it."""

    acknowledged: int
    megabytes: float
    memory_growth: float
    files_growth: int
    most_log_megabytes: float
    refused: dict[int, int]


def run(database_url: str, folder: Path, seconds: float) -> Soak:
    with a_world(database_url, 20, folder / "rapport.log") as world:
        process = psutil.Process(world.rapports.start("serve"))
        world.await_ready()
        load, log = Load(world.port, world.signers, senders=4, rest_seconds=0.05), 0.0
        load.start()
        time.sleep(seconds * WARM_UP)
        memory, files = process.memory_info().rss, process.num_fds()
        until = time.monotonic() + seconds * (1 - WARM_UP)
        while time.monotonic() < until:
            time.sleep(1)
            log = max(log, sum(path.stat().st_size for path in folder.glob("*-wal")) / 1_000_000)
        now, refused = process.memory_info().rss, {code: n for code, n in load.answers.items() if not 200 <= code < 300}
        files = process.num_fds() - files
        load.stop()
        return Soak(len(load.acknowledged), now / 1_000_000, now / memory - 1, files, log, refused)
