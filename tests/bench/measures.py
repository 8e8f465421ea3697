"""What is measured, and in which order: Rapport beside the baseline, in turns, on one engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil
import sqlalchemy as sa
from cryptography.fernet import Fernet

from plugin.database import Database
from plugin.transitions.store import transition_event
from tests.bench import baseline
from tests.bench.figures import Figure
from tests.bench.filling import COMMENTS, fill_ledger, fill_project, install
from tests.bench.load import Load, LoadFailed, Outcome, measure
from tests.bench.servers import all_cores, load_cores, run, server_core, serving
from tests.bench.together import sharing
from tests.bench.traffic import PROJECT_ID, Signer
from tests.databases import fresh_database
from tests.free_ports import free_port

SIGNER = Signer("baseline-and-rapport", "s" * 64)
SECRET_KEY = Fernet.generate_key().decode()
PANEL_ISSUE = f"{PROJECT_ID}00000"
PANEL_PATH = f"/issues/{PANEL_ISSUE}/panel?project={PROJECT_ID}"
WARM_UP_SECONDS = 0.3
CONNECTIONS = 16


@dataclass(frozen=True)
class Plan:
    """How much to measure. `sizes`: answers of the projects whose pages are opened, smallest first; `crowd`: of one more
    project of the site, which is there only to be many. `activities` are those of the largest project's ledger."""

    rounds: int
    webhook_seconds: float
    panel_seconds: float
    sizes: tuple[int, ...]
    page_requests: int
    jobs: int
    crowd: int = 0
    activities: int = 20


FULL = Plan(
    rounds=5,
    webhook_seconds=1.5,
    panel_seconds=1,
    sizes=(100, 10_000, 100_000),
    page_requests=40,
    jobs=500,
    crowd=890_000,
    activities=5000,
)
QUICK = Plan(rounds=1, webhook_seconds=0.5, panel_seconds=0.5, sizes=(100, 1000), page_requests=5, jobs=100)


@dataclass(frozen=True)
class Store:
    """Rapport's database, and the tenant in it whose Jira the load plays."""

    database: Database
    tenant_id: int

    def count_webhooks(self) -> int:
        mine = (transition_event.c.tenant_id == self.tenant_id, transition_event.c.delivery_key.not_like("filled %"))
        with self.database.reading(self.tenant_id) as tx:
            return int(tx.execute(sa.select(sa.func.count()).where(*mine)).scalar_one())


class Bench:
    """Rapport and the baseline, both served, on databases of their own."""

    def __init__(self, plan: Plan, engine: str, ports: tuple[int, int], store: Store, plain: sa.Engine, process: psutil.Process) -> None:  # fmt: skip
        self.plan = plan
        self.engine = engine
        self.store = store
        self.plain = plain
        self.process = process
        self._rapport_port, self._baseline_port = ports
        self._sent = 0  # webhooks so far, so that each has a number of its own

    def figure(self, what: str, value: float) -> Figure:
        return Figure(what, self.engine, value)

    def webhooks(self) -> Iterator[Figure]:
        rounds = self._in_turns(self._webhook_round, self.plan.webhook_seconds)
        self.require_stored(self._sent)
        yield from self._compared("webhook", rounds)
        yield self.figure("webhook p99 ÷ baseline", median(ours.p99_ms / plain.p99_ms for ours, plain in rounds))
        yield self.figure("webhook p99, ms", median(ours.p99_ms for ours, _ in rounds))
        yield self.figure("baseline webhook p99, ms", median(plain.p99_ms for _, plain in rounds))

    def panel(self) -> Iterator[Figure]:
        rounds = self._in_turns(
            lambda port, seconds: self._page_round(port, PANEL_PATH, seconds), self.plan.panel_seconds
        )
        yield from self._compared("issue panel", rounds)

    def post_mortems(self) -> Iterator[Figure]:
        """One reader, so that the time to the whole answer is the server's time."""
        plain = self._one_reader(self._baseline_port, PANEL_PATH)
        smallest = None
        for number, size in enumerate(self.plan.sizes):
            outcome = self._one_reader(self._rapport_port, f"/projects/{20_000 + number}/post-mortem")
            what = f"post-mortem of {size:,} answers"
            yield self.figure(f"{what}, median ms", outcome.p50_ms)
            yield self.figure(f"{what}, p99 ms", outcome.p99_ms)
            yield self.figure(f"{what} ÷ baseline page", outcome.p50_ms / plain.p50_ms)
            smallest = smallest or outcome
            if outcome is not smallest:
                yield self.figure(f"{what} ÷ of {self.plan.sizes[0]:,}", outcome.p50_ms / smallest.p50_ms)

    def satisfaction(self) -> Iterator[Figure]:
        """By answers of the project, by period, and in the crowd's own project: the cost follows the period."""
        *smaller, largest = enumerate(self.plan.sizes)
        pages = [(f"{size:,} answers", number, 90) for number, size in smaller]
        pages += [("the largest project", largest[0], days) for days in (30, 90, 365)]
        if self.plan.crowd:
            pages.append((f"{self.plan.crowd:,} answers", len(self.plan.sizes), 30))
        for name, number, days in pages:
            outcome = self._one_reader(self._rapport_port, f"/projects/{20_000 + number}/satisfaction?days={days}")
            yield self.figure(f"satisfaction of {name}, {days} days, median ms", outcome.p50_ms)
            yield self.figure(f"satisfaction of {name}, {days} days, p99 ms", outcome.p99_ms)

    def draft(self) -> Iterator[Figure]:
        """The largest project's, which has thousands of activities beside its answers."""
        path = f"/projects/{20_000 + len(self.plan.sizes) - 1}/draft"
        outcome = self._one_reader(self._rapport_port, path, fragment=True)
        yield self.figure("draft of the largest project's post-mortem, median ms", outcome.p50_ms)
        yield self.figure("draft of the largest project's post-mortem, p99 ms", outcome.p99_ms)

    def memory(self, what: str = "resident memory of a web process, MB") -> Iterator[Figure]:
        yield self.figure(what, self.process.memory_info().rss / 1_000_000)

    def _in_turns(self, measured: Callable[[int, float], Outcome], seconds: float) -> list[tuple[Outcome, Outcome]]:
        """Rapport's and the baseline's outcome of each round; who begins changes from round to round."""
        for port in (self._rapport_port, self._baseline_port):
            measured(port, WARM_UP_SECONDS)
        rounds = []
        for number in range(self.plan.rounds):
            order = (self._rapport_port, self._baseline_port)[:: 1 if number % 2 else -1]
            outcomes = {port: measured(port, seconds) for port in order}
            rounds.append((outcomes[self._rapport_port], outcomes[self._baseline_port]))
        return rounds

    def _compared(self, what: str, rounds: list[tuple[Outcome, Outcome]]) -> Iterator[Figure]:
        ratio = median(ours.per_second / plain.per_second for ours, plain in rounds)
        yield self.figure(f"{what} throughput ÷ baseline", ratio)
        yield self.figure(f"{what}s per second", median(ours.per_second for ours, _ in rounds))
        yield self.figure(f"baseline {what}s per second", median(plain.per_second for _, plain in rounds))

    def _webhook_round(self, port: int, seconds: float) -> Outcome:
        load = Load(port, SIGNER.client_key, SIGNER.secret, seconds, first=self._sent, connections=CONNECTIONS)
        outcome = measure(load)
        self._sent += outcome.answered
        return outcome

    def _page_round(self, port: int, path: str, seconds: float) -> Outcome:
        return measure(Load(port, SIGNER.client_key, SIGNER.secret, seconds, path, connections=CONNECTIONS))

    def _one_reader(self, port: int, path: str, *, fragment: bool = False) -> Outcome:
        once = Load(port, SIGNER.client_key, SIGNER.secret, 6, path, fragment, connections=1, request_limit=8)
        measure(once)  # every reader's permission is known from here on
        return measure(Load(**{**vars(once), "request_limit": self.plan.page_requests}))

    def require_stored(self, acknowledged: int) -> None:
        """Every webhook that either app acknowledged must be a row of its own by now; LoadFailed otherwise."""
        stored = self.store.count_webhooks() + baseline.count_changes(self.plain)
        if stored != acknowledged:
            raise LoadFailed(f"{acknowledged} webhooks were acknowledged, {stored} are stored")


def measure_engine(plan: Plan, engine: str, folder: Path) -> Iterator[Figure]:
    """Every figure of one engine, each as soon as it is known."""
    with _served(plan, engine, folder) as bench:
        yield from bench.webhooks()
        yield from bench.memory("resident memory of a web process that served webhooks only, MB")
        yield from bench.panel()
        yield from bench.post_mortems()
        yield from bench.satisfaction()
        yield from bench.draft()
        yield from bench.memory()
    yield Figure("jobs per second of a worker process", engine, _jobs_per_second(plan, engine, folder))
    if engine == "postgresql":
        yield from _two_workers(plan, folder)


@contextmanager
def _served(plan: Plan, engine: str, folder: Path) -> Iterator[Bench]:
    port, baseline_port, jira_port = free_port(), free_port(), free_port()
    with _database(engine, folder / "rapport") as url, _database(engine, folder / "baseline") as baseline_url:
        database, plain = Database(url), baseline.create_engine(baseline_url)
        baseline.prepare(plain, SIGNER.client_key, SIGNER.secret, PANEL_ISSUE, COMMENTS)
        tenant_id = _fill(database, plan, jira_port)
        ours = serving(
            "plugin.cli",
            "serve",
            "--web-only",
            port=port,
            log=folder / "rapport.log",
            environment=environment_of(url, port),
        )
        theirs = serving(
            "tests.bench.baseline", baseline_url, str(baseline_port), port=baseline_port, log=folder / "baseline.log"
        )
        jira = serving(
            "tests.bench.jira_stub", str(jira_port), port=jira_port, log=folder / "jira.log", cores=load_cores()
        )
        try:
            with jira, theirs, ours as process:
                yield Bench(plan, engine, (port, baseline_port), Store(database, tenant_id), plain, process)
        finally:
            database.close()
            plain.dispose()


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    folder.mkdir()
    with fresh_database(engine, folder) as url:
        yield url


def _fill(database: Database, plan: Plan, jira_port: int) -> int:
    """The tenant's id."""
    now = datetime.now(UTC)
    tenant_id = install(database, [SECRET_KEY], SIGNER, f"http://127.0.0.1:{jira_port}", now)
    with database.transaction(tenant_id) as tx:
        fill_project(tx, PROJECT_ID, 10, 0, now)
        for number, size in enumerate(plan.sizes):
            fill_project(tx, str(20_000 + number), size, 5, now)
        fill_ledger(tx, str(20_000 + len(plan.sizes) - 1), plan.activities, now)
        if plan.crowd:
            fill_project(tx, str(20_000 + len(plan.sizes)), plan.crowd, 0, now)
    if database.engine.dialect.name == "postgresql":  # what its autovacuum does a minute later
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    return tenant_id


def environment_of(database_url: str, port: int) -> Mapping[str, str]:
    """Of a process that is measured, with everything beside it on this machine."""
    return {
        "RAPPORT_BASE_URL": f"http://127.0.0.1:{port}",
        "RAPPORT_LISTEN": f"127.0.0.1:{port}",
        "RAPPORT_SECRET_KEYS": SECRET_KEY,
        "RAPPORT_MAIL_FROM": "Rapport <rapport@rapport.example>",
        "RAPPORT_DEVELOPMENT": "1",  # Jira's stand-in speaks plain http
        "DATABASE_URL": database_url,
        "RAPPORT_TRUST_STORAGE": "1",  # the tests' own PostgreSQL forgoes it, for speed
    }


def _jobs_per_second(plan: Plan, engine: str, folder: Path) -> float:
    with _database(engine, folder / "worker") as url:
        printed = run(
            "tests.bench.draining",
            str(plan.jobs),
            str(plan.rounds),
            cores=server_core(),
            environment=environment_of(url, free_port()),
            timeout_seconds=120,
        )
    return float(median(json.loads(printed)))


def _two_workers(plan: Plan, folder: Path) -> Iterator[Figure]:
    """Two worker processes beside one, in turns, each on a core of its own, on one PostgreSQL."""
    with _database("postgresql", folder / "workers") as url:
        environment = environment_of(url, free_port())
        rounds = [_one_and_two(plan.jobs, environment, number % 2) for number in range(plan.rounds)]
    yield Figure("two worker processes ÷ one", "postgresql", median(two / one for one, two in rounds))
    yield Figure("jobs per second of two worker processes", "postgresql", median(two for _, two in rounds))


def _one_and_two(count: int, environment: Mapping[str, str], turn: int) -> tuple[float, float]:
    """Jobs per second of one, and of two that share twice as many; who begins, and the one's core, change by turn."""
    cores = ([frozenset({core}) for core in sorted(all_cores())[-2:]] or [frozenset[int]()]) * 2
    cores = cores[:2]  # the same one twice where there is no other
    found = {
        len(used): sharing(len(used) * count, environment, used) for used in (cores[turn:][:1], cores)[:: 1 - 2 * turn]
    }
    return found[1], found[2]
