"""Nothing of us stays on a connection between two transactions: what PgBouncer asks for in transaction mode."""

from __future__ import annotations

from contextlib import closing

import pytest

from plugin.database import Database
from plugin.jobs import service as jobs
from tests.plugin.asking import NOW


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_is_given_back_as_it_was(database: Database) -> None:
    for number in range(8):  # a driver that prepares statements does so after some repetitions
        with database.transaction(1) as tx:
            jobs.enqueue(tx, "step", f"step:{number}", {}, NOW, NOW)
        assert jobs.claim(database, 2, NOW)
    with closing(database.engine.raw_connection()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE source = 'session'")
        assert cursor.fetchall() == []
        cursor.execute("SELECT name FROM pg_prepared_statements")
        assert cursor.fetchall() == []
        cursor.execute("SELECT current_setting('rapport.tenant', true)")
        assert cursor.fetchone() in ((None,), ("",))
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_connection_to_sqlite_syncs_each_commit(database: Database) -> None:
    with database.system_reading() as first, database.system_reading() as second:
        for connection in (first, second):
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")
            ]
            assert found == ["wal", 2]
