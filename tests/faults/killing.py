"""Rapport is killed again and again under load. Then: is everything that was acknowledged there, and nothing twice?"""

from __future__ import annotations

import random
import socket
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from plugin.database import Database, metadata
from plugin.settings import load_settings
from tests.bench.filling import install
from tests.bench.traffic import Signer
from tests.databases import everything
from tests.devhost.mailbox import Mailbox
from tests.faults.customers import Customers
from tests.faults.jira import Jira, confirmed
from tests.faults.load import Load
from tests.faults.under_test import Rapports
from tests.faults.world import ask_greta
from tests.free_ports import free_port
from tests.plugin.asking import NOW

START_SECONDS = 60
DRAIN_SECONDS = 1200
WORKER_THREADS = 4  # RAPPORT_WORKER_THREADS as it is by itself


@dataclass(frozen=True)
class Outcome:
    """`lost`: acknowledged and not there. `undecided`: there, and nobody dealt with it. The rest must not be twice.

    `broken_tries`: of customers, who then tried again; `unanswered`: who never came through.
    """

    kills: int
    acknowledged: int
    lost: int
    undecided: int
    events_twice: int
    decided_twice: int
    undecided_asks: int
    answers: int
    broken_tries: int
    unanswered: int
    answers_lost: int
    answers_twice: int
    mailed_twice: int
    written_most: int
    dead: int
    whole: bool

    def faults(self) -> dict[str, int]:
        """What should be nothing and is not. A mail may go twice: a kill may find each thread between sending and noting."""
        free = ("kills", "acknowledged", "answers", "broken_tries", "mailed_twice", "written_most", "whole")
        found = {name: count for name, count in asdict(self).items() if name not in free and count}
        return (
            found
            | ({} if self.whole else {"damaged": 1})
            | ({"mailed": 1} if self.mailed_twice > self.kills * WORKER_THREADS else {})
        )


@dataclass
class World:
    """Sites, their Jira and mailbox, and how to begin Rapport there."""

    environment: dict[str, str]
    port: int
    signers: list[Signer]
    jira: Jira
    mailbox: Mailbox
    rapports: Rapports
    tenant_ids: list[int]

    @property
    def url(self) -> str:
        return self.environment["DATABASE_URL"]

    def await_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.01)
        raise AssertionError("Rapport does not start")


@contextmanager
def a_world(database_url: str, sites: int, log: Path, **settings: str) -> Iterator[World]:
    """`sites` sites that each ask one contact; nothing runs yet."""
    port, mailbox = free_port(), Mailbox(free_port())
    mailbox.start()
    with Jira() as jira:
        environment = {
            "RAPPORT_BASE_URL": f"http://127.0.0.1:{port}",
            "RAPPORT_LISTEN": f"127.0.0.1:{port}",
            "RAPPORT_SECRET_KEYS": Fernet.generate_key().decode(),
            "RAPPORT_MAIL_FROM": "Rapport <rapport@rapport.example>",
            "RAPPORT_SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
            "DATABASE_URL": database_url,
            "RAPPORT_TRUST_STORAGE": "1",  # the tests' own PostgreSQL forgoes it, for speed
            "RAPPORT_DEVELOPMENT": "1",
            "RAPPORT_EXTRA_HOSTS": jira.url.removeprefix("http://"),
            "RAPPORT_LOG_LEVEL": "error",
        } | settings
        signers, tenant_ids = _sites(environment, sites, jira.url)
        rapports = Rapports(environment, log)
        try:
            yield World(environment, port, signers, jira, mailbox, rapports, tenant_ids)
        finally:
            rapports.close()
            mailbox.stop()


def _sites(environment: Mapping[str, str], count: int, jira_url: str) -> tuple[list[Signer], list[int]]:
    from plugin.app import create_app  # noqa: PLC0415
    from plugin.migrations import migrate  # noqa: PLC0415

    settings = load_settings(environment)
    signers = [Signer(f"client-{number}", f"{number:064d}") for number in range(count)]
    with closing(Database(settings.database_url)) as database:
        migrate(database)
        ids = [
            install(database, settings.secret_keys, signer, jira_url, NOW, f"token {signer.client_key}")
            for signer in signers
        ]
    ports = create_app(settings).extensions["rapport"]
    with closing(ports.database):
        for tenant_id in ids:
            ask_greta(ports, tenant_id)
    return signers, ids


def run(database_url: str, kills: int, acknowledged: int, folder: Path, *, sites: int = 100, longest_seconds: float = 1.2, senders: int = 32, mutant: str = "", **settings: str) -> Outcome:  # fmt: skip
    """Kill at least so often, and until at least so many events are acknowledged; then let it finish in peace."""
    chance = random.Random(kills)
    with a_world(database_url, sites, folder / "rapport.log", **settings) as world:
        load, killed = Load(world.port, world.signers, senders), 0
        customers = Customers(world.mailbox)
        load.start()
        customers.start()
        while killed < kills or len(load.acknowledged) < acknowledged:
            pid = world.rapports.start("serve", mutant)
            world.await_ready()
            time.sleep(chance.uniform(0.02, longest_seconds))
            world.rapports.kill(pid)
            killed += 1
        last = world.rapports.start("serve")
        world.await_ready()
        load.stop()
        customers.stop()
        if not mutant:
            answer_and_drain(world, customers)
        else:  # its loss shows at once, to who looks at tables that nobody is writing to
            world.rapports.kill(last)
        return judge(world, killed, load.acknowledged, customers)


def answer_and_drain(world: World, customers: Customers | None = None) -> Customers:
    """The customers that answered, also while work was still going on."""
    until, customers = time.monotonic() + DRAIN_SECONDS, customers or Customers(world.mailbox)
    while time.monotonic() < until:
        customers.answer_new()
        if not _waiting(world.url):
            break
        time.sleep(0.5)
    return customers


def _waiting(url: str) -> int:
    with closing(Database(url)) as database, database.system_reading() as connection:
        due = "SELECT count(*) FROM job WHERE state = 'ready' AND kind IN ('transition', 'deliver', 'fields') AND due_at < {}"
        soon = "now() + interval '1 hour'" if connection.dialect.name == "postgresql" else "datetime('now', '+1 hour')"
        return int(connection.exec_driver_sql(due.format(soon)).scalar_one())


def judge(world: World, kills: int, acknowledged: set[tuple[int, int]], customers: Customers) -> Outcome:
    """What the database says, beside what we noted."""
    rows = _rows(world.url)
    site_of = {tenant_id: site for site, tenant_id in enumerate(world.tenant_ids)}
    events = [(site_of[row["tenant_id"]], int(row["issue_id"])) for row in rows["transition_event"]]
    expected = {row["id"] for row in rows["transition_event"] if confirmed(int(row["issue_id"]))}
    decisions = Counter(row["event_id"] for row in (*rows["invitation"], *rows["invitation_skip"]))
    responses = Counter((row["tenant_id"], row["invitation_id"]) for row in rows["survey_response"])
    mailed = Counter(str(mail.message["message-id"]) for mail in world.mailbox.messages)
    return Outcome(
        kills=kills,
        acknowledged=len(acknowledged),
        lost=len(acknowledged - set(events)),
        undecided=sum(row["outcome"] == "" for row in rows["transition_event"]),
        events_twice=len(events) - len(set(events)),
        decided_twice=sum(count > 1 for count in decisions.values()),
        undecided_asks=len(expected - decisions.keys()),
        answers=len(responses),
        broken_tries=customers.broken,
        unanswered=customers.gave_up,
        answers_lost=len(customers.answered - responses.keys()),
        answers_twice=sum(count > 1 for count in responses.values()),
        mailed_twice=sum(count - 1 for count in mailed.values()),
        written_most=max(world.jira.written.values(), default=0),
        dead=sum(row["state"] == "dead" for row in rows["job"]),
        whole=_is_whole(world.url),
    )


def _rows(url: str) -> dict[str, list[dict[str, Any]]]:
    found = everything(url)
    names = {name: [column.name for column in metadata.tables[name].columns] for name in found}
    return {name: [dict(zip(names[name], row, strict=True)) for row in rows] for name, rows in found.items()}


def _is_whole(url: str) -> bool:
    with closing(Database(url)) as database, database.system_reading() as connection:
        if connection.dialect.name == "postgresql":
            return True
        return bool(connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok")
