"""An installation, a purge and a migration are cut off after each of their statements: all of it is there, or nothing.

`python -m tests.faults.halfway WHAT NUMBER`, with the environment of `rapport`, dies after that many statements.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from cryptography.fernet import Fernet

from connect import Installation, Uninstallation
from plugin import flow
from plugin.database import Database
from plugin.jobs import service as jobs
from plugin.migrations import is_up_to_date, migrate
from plugin.sealing import Seal
from plugin.settings import load_settings
from plugin.tenants.service import TenantService
from tests.databases import everything, fresh_database
from tests.faults.under_test import ROOT
from tests.plugin.asking import NOW

UNTIL = NOW + timedelta(minutes=10)
SITE = Installation(
    "acme", "s" * 64, "https://acme.atlassian.net", "https://acme.atlassian.net", None, "token", "body", UNTIL
)
AGAIN = Installation(
    "acme", "t" * 64, "https://acme.atlassian.net", "https://acme.atlassian.net", None, "token 3", "body 3", UNTIL
)
GONE = Uninstallation("acme", "token 2", "body 2", UNTIL)


@dataclass(frozen=True)
class Halfway:
    """`deaths`: cut off and tried again. `halves`: what was neither whole nor nothing; `unlike`: not as if uninterrupted."""

    deaths: dict[str, int]
    halves: int
    unlike: int
    returned_lost: int


def _tenants(database: Database) -> TenantService:
    seal = Seal(load_settings(os.environ).secret_keys)
    return TenantService(database, seal, flow.after_uninstall, flow.after_return, flow.after_access)


def _install(database: Database) -> None:
    _tenants(database).install(SITE, NOW)


def _purge(database: Database) -> None:
    with database.transaction(1) as tx:
        if _tenants(database).purge(tx, NOW):
            jobs.clear(tx)


STEPS: Mapping[str, Callable[[Database], object]] = {"migrate": migrate, "install": _install, "purge": _purge}


def _before(what: str, database: Database) -> None:
    """What must have happened."""
    if what != "migrate":
        migrate(database)
    if what == "purge":
        _install(database)
        _tenants(database).uninstall(GONE, NOW)


@contextmanager
def _empty(engine: str, folder: Path) -> Iterator[str]:
    """A database without any table."""
    with fresh_database(engine, folder) as url:
        if engine == "sqlite":
            (folder / "rapport.db").unlink()
        else:
            with closing(Database(url)) as database, database.system() as connection:
                connection.exec_driver_sql("DROP OWNED BY CURRENT_USER")
        yield url
        for path in folder.glob("rapport.db*"):
            path.unlink()


def run(engine: str, folder: Path, every: int = 25) -> Halfway:
    """`every`: a migration is cut off after each so many statements, as it has hundreds."""
    fresh = partial(_empty, engine, folder)
    deaths, halves, unlike = dict[str, int](), 0, 0
    environment = {"RAPPORT_SECRET_KEYS": Fernet.generate_key().decode(), "RAPPORT_BASE_URL": "https://rapport.example", "RAPPORT_MAIL_FROM": "Rapport <rapport@rapport.example>"}  # fmt: skip
    os.environ |= environment
    for what in STEPS:
        number, died = 1, True
        with fresh() as url:
            nothing, whole = _uncut(what, url)
        while died:
            with fresh() as url:
                died, now, after = _cut(what, url, number)
            halves += now not in (nothing, whole)
            unlike += after != whole
            number += every if what == "migrate" else 1
            deaths[what] = deaths.get(what, 0) + died
    with fresh() as url:
        lost = _returned_during_purge(url)
    return Halfway(deaths, halves, unlike, lost)


def _uncut(what: str, url: str) -> tuple[object, object]:
    with closing(Database(url)) as database:
        _before(what, database)
        nothing = _state(database)
        STEPS[what](database)
        return nothing, _state(database)


def _cut(what: str, url: str, number: int) -> tuple[bool, object, object]:
    """Whether it died, how things stood then, and how they stand after another try."""
    with closing(Database(url)) as database:
        _before(what, database)
    child = [sys.executable, "-m", "tests.faults.halfway", what, str(number)]
    died = subprocess.run(child, env={**os.environ, "DATABASE_URL": url}, cwd=ROOT, check=False).returncode == -signal.SIGKILL  # fmt: skip
    with closing(Database(url)) as database:
        now = _state(database)
        STEPS[what](database)
        return died, now, _state(database)


def _state(database: Database) -> object:
    """The number of rows of each table, or that there is none."""
    if not sa.inspect(database.engine).has_table("tenant") or not is_up_to_date(database):
        return None
    return {
        name: len(rows) for name, rows in everything(database.engine.url.render_as_string(hide_password=False)).items()
    }


def _returned_during_purge(url: str) -> int:
    """A site installs us again while it is being purged: 1 if its new installation is lost."""
    with closing(Database(url)) as database:
        _before("purge", database)
        begun, back = threading.Event(), threading.Event()

        def purge() -> None:
            with database.transaction(1) as tx:
                assert _tenants(database).purge(tx, NOW)
                begun.set()
                back.wait(0.5)  # the other one waits for us, or has come first

        purging = threading.Thread(target=purge)
        purging.start()
        begun.wait(5)
        _tenants(database).install(AGAIN, NOW + timedelta(days=30))
        back.set()
        purging.join()
        found = _tenants(database).find_tenant("acme", now=True)
        return int(found is None or not found.installed or found.shared_secret != AGAIN.shared_secret)


def _die_after(database: Database, number: int) -> None:
    seen = 0

    @sa.event.listens_for(database.engine, "after_cursor_execute")
    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    with closing(Database(os.environ["DATABASE_URL"])) as _database:
        _die_after(_database, int(sys.argv[2]))
        STEPS[sys.argv[1]](_database)
