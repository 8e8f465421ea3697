"""The primary of two PostgreSQL servers dies under load, and its standby takes over."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.faults.customers import Customers
from tests.faults.killing import Outcome, a_world, answer_and_drain, judge
from tests.faults.load import Load
from tests.faults.postgresql import ROLE, Server, own_server, standby_of
from tests.faults.restarts import until_acknowledged

EVENTS = 500  # acknowledged before the primary dies, and again after
CUTS = 2  # of all connections: what was sent and not noted goes again

_LEFT_BEHIND = (
    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'rapport' AND backend_start < now() - interval '5 s'"
)
_CUT_OFF = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'rapport'"


@dataclass(frozen=True)
class Failover:
    """`reconnect_seconds`: from a standby that takes writes to the next acknowledgement, by the same process of Rapport.
    `passed_by_seconds`: the same after all connections were cut, with the old primary back, first in the address and read
    only. `left_behind`: connections that stayed there."""

    reconnect_seconds: float
    passed_by_seconds: float
    left_behind: int
    slowest_answer_seconds: float
    refused: dict[int, int]
    outcome: Outcome


def run(folder: Path, *, following: bool = True) -> Failover:
    """Not `following`, the control: nobody waits for the standby, and it had lost its primary before that died."""
    with own_server() as primary, standby_of(primary) as standby:
        url = _either(primary, standby)
        with a_world(url, 20, folder / "rapport.log", RAPPORT_TRUST_STORAGE="0") as world:
            world.rapports.start("serve")
            world.await_ready()
            load = Load(world.port, world.signers, senders=4)
            load.start()
            _await_events(load)
            if not following:
                _lose_sight(primary, standby)
                _await_events(load)
            primary.stop()
            standby.promote()
            reconnect = until_acknowledged(load)
            primary.become_standby()
            standby.ask(_CUT_OFF)
            passed_by = until_acknowledged(load)
            _await_events(load)
            load.stop()
            customers = answer_and_drain(world) if following else Customers(world.mailbox)  # whose surveys are lost too
            refused = {status: count for status, count in load.answers.items() if not 200 <= status < 300}
            outcome = judge(world, CUTS, load.acknowledged, customers)
            left = int(primary.ask(_LEFT_BEHIND))
            return Failover(reconnect, passed_by, left, load.slowest_seconds, refused, outcome)


def _either(*servers: Server) -> str:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://{ROLE}:{ROLE}@{hosts}/{make_url(servers[0].url).database}"


def _lose_sight(primary: Server, standby: Server) -> None:
    primary.set("synchronous_standby_names", "")
    standby.set("primary_conninfo", "")


def _await_events(load: Load) -> None:
    enough = len(load.acknowledged) + EVENTS
    until = time.monotonic() + 120
    while len(load.acknowledged) < enough:
        assert time.monotonic() < until, "events are not acknowledged"
        time.sleep(0.05)
