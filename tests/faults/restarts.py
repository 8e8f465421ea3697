"""PostgreSQL is stopped hard and started again, every few seconds, under load."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.killing import Outcome, a_world, answer_and_drain, judge
from tests.faults.load import Load
from tests.faults.postgresql import own_server

PAUSE_SECONDS = 5.0


@dataclass(frozen=True)
class Restarts:
    """`slowest_reconnect_seconds`: from a server that takes connections to the next acknowledgement."""

    restarts: int
    slowest_reconnect_seconds: float
    slowest_answer_seconds: float
    refused: dict[int, int]
    outcome: Outcome


def run(seconds: float, folder: Path) -> Restarts:
    with own_server() as server, a_world(server.url, 20, folder / "rapport.log") as world:
        world.rapports.start("serve")
        world.await_ready()
        load, reconnects = Load(world.port, world.signers, senders=4), list[float]()
        load.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
            server.stop()
            server.start()
            reconnects.append(until_acknowledged(load))
        load.stop()
        refused = {status: count for status, count in load.answers.items() if not 200 <= status < 300}
        outcome = judge(world, len(reconnects), load.acknowledged, answer_and_drain(world))
        return Restarts(len(reconnects), max(reconnects), load.slowest_seconds, refused, outcome)


def until_acknowledged(load: Load) -> float:
    """Seconds to the next acknowledgement; sixty where there is none."""
    began, before = time.monotonic(), load.answers[204]
    while load.answers[204] == before and time.monotonic() - began < 60:
        time.sleep(0.02)
    return time.monotonic() - began
