"""The primary of two PostgreSQL servers dies under load, and its standby takes over."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from plugin.database import Database
from plugin.transitions import sweeping
from tests.faults.customers import Customers
from tests.faults.jira import confirmed
from tests.faults.killing import Outcome, World, a_world, answer_and_drain, judge
from tests.faults.load import Load
from tests.faults.postgresql import ROLE, Server, own_server, standby_of
from tests.faults.restarts import until_acknowledged
from tests.faults.world import PROJECT_ID

EVENTS = 500  # acknowledged before the primary dies, and again after
CUTS = 2  # of all connections: what was sent and not noted goes again

_LEFT_BEHIND = (
    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'rapport' AND backend_start < now() - interval '5 s'"
)
_UNSWEPT = "SELECT count(*) FROM job WHERE kind = 'sweep' AND due_at < now() + interval '30 min'"
_CHANGED = "SELECT array_agg(issue_id) FROM transition_event"
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


@dataclass(frozen=True)
class Behind:
    """`lost`: transitions that were acknowledged, and that the standby did not have. `swept`: how things stand after the next
    sweep. `surveys`: mails, for so many `transitions`."""

    lost: int
    swept: Outcome
    surveys: int
    transitions: int


def run(folder: Path) -> Failover:
    with own_server() as primary, standby_of(primary) as standby:
        url = _either(primary, standby)
        with a_world(url, 20, folder / "rapport.log", RAPPORT_TRUST_STORAGE="0") as world:
            world.rapports.start("serve")
            world.await_ready()
            load = Load(world.port, world.signers, senders=4)
            load.start()
            _await_events(load)
            primary.stop()
            standby.promote()
            reconnect = until_acknowledged(load)
            primary.become_standby()
            standby.ask(_CUT_OFF)
            passed_by = until_acknowledged(load)
            _await_events(load)
            load.stop()
            refused = {status: count for status, count in load.answers.items() if not 200 <= status < 300}
            outcome = judge(world, CUTS, load.acknowledged, answer_and_drain(world))
            left = int(primary.ask(_LEFT_BEHIND))
            return Failover(reconnect, passed_by, left, load.slowest_seconds, refused, outcome)


def to_one_behind(folder: Path) -> Behind:
    """Nobody waits for the standby, and it had lost its primary before that died. Mails go out only after."""
    with own_server() as primary, standby_of(primary) as standby, a_world(_either(primary, standby), 20, folder / "rapport.log", RAPPORT_TRUST_STORAGE="0") as world:  # fmt: skip
        load, customers = _lose_the_last(world, primary, standby), Customers(world.mailbox)
        happened = {(site, issue_id) for site, issue_id in load.acknowledged if confirmed(issue_id)}
        lost = judge(world, 0, happened, customers).lost
        world.jira.changed = frozenset(issue_id for _, issue_id in happened)
        world.rapports.start("worker")
        _sweep(world, standby)
        swept = judge(world, 0, happened, answer_and_drain(world, customers))
        transitions = sum(confirmed(int(each)) for each in standby.ask(_CHANGED))
        return Behind(lost, swept, len(world.mailbox.messages), transitions)


def _lose_the_last(world: World, primary: Server, standby: Server) -> Load:
    """Events of which the standby has the first half."""
    world.rapports.start("serve --web-only")
    world.await_ready()
    load = Load(world.port, world.signers, senders=4)
    load.start()
    _await_events(load)
    primary.set("synchronous_standby_names", "")
    standby.set("primary_conninfo", "")
    _await_events(load)
    load.stop()
    primary.stop()
    standby.promote()
    return load


def _sweep(world: World, server: Server) -> None:
    """At once, what else comes once an hour."""
    with closing(Database(world.url)) as database:
        for tenant_id in world.tenant_ids:
            with database.transaction(tenant_id) as tx:
                sweeping.hurry(tx, PROJECT_ID, datetime.now(UTC))
    until = time.monotonic() + 120
    while server.ask(_UNSWEPT):
        assert time.monotonic() < until, "sites are not swept"
        time.sleep(0.1)


def _either(*servers: Server) -> str:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://{ROLE}:{ROLE}@{hosts}/{make_url(servers[0].url).database}"


def _await_events(load: Load) -> None:
    enough = len(load.acknowledged) + EVENTS
    until = time.monotonic() + 120
    while len(load.acknowledged) < enough:
        assert time.monotonic() < until, "events are not acknowledged"
        time.sleep(0.05)
