"""The migrations lead to exactly the tables that the stores describe, once, on both engines."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import plugin.app  # every store describes its tables
import plugin.migrations
from plugin.database import SYSTEM_TABLES, Database, metadata
from plugin.engines import sqlite_module
from plugin.errors import BadConfiguration
from plugin.migrations import is_up_to_date, migrate, newest


def test_migrations_and_stores_agree(database: Database) -> None:
    with database.system() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_table_of_tenants_falls_with_its_tenant() -> None:
    for table in metadata.sorted_tables:
        if table.name not in SYSTEM_TABLES:
            (key,) = table.c.tenant_id.foreign_keys
            assert (key.column.table.name, key.ondelete) == ("tenant", "CASCADE"), table.name


def test_the_newest_revision_is_the_one_that_alembic_leads_to() -> None:
    assert newest() == ScriptDirectory(str(Path(plugin.migrations.__file__).parent)).get_current_head()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    assert is_up_to_date(database)


def test_of_two_processes_that_start_together_one_migrates(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path}/rapport.db") for _ in range(2)]
    starts = [threading.Thread(target=migrate, args=(database,)) for database in databases]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert all(is_up_to_date(database) for database in databases)
    for database in databases:
        database.close()


def test_who_meets_another_on_a_new_file_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = sqlite_module().connect(f"{tmp_path}/rapport.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("plugin.engines.time.sleep", lambda _seconds: other.rollback())
    database = Database(f"sqlite:///{tmp_path}/rapport.db")
    migrate(database)
    assert is_up_to_date(database)
    database.close()
    other.close()


def test_a_database_of_a_newer_release_is_refused_in_words(database: Database) -> None:
    with database.system() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadConfiguration, match="newer release"):
        migrate(database)


def test_every_connection_to_sqlite_is_durable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/rapport.db")
    with database.system() as one, database.system_reading() as two:
        for connection in (one, two):
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()
