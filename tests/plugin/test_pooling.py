"""Nothing of us stays on a connection between two transactions: what PgBouncer asks for in transaction mode."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy.engine import make_url

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
    assert database.lossy_settings() == []
    database.engine.dispose()
    with closing(database.engine.raw_connection()) as connection:  # the only one now
        connection.cursor().execute("PRAGMA synchronous=NORMAL")
    assert database.lossy_settings() == ["synchronous"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("default", ["off", "local"])
def test_every_commit_to_postgresql_waits_for_the_disk_whatever_the_default_is(database_url: str, default: str) -> None:
    asking = make_url(database_url).update_query_dict({"options": f"-c synchronous_commit={default}"})
    with closing(Database(asking.render_as_string(hide_password=False))) as database:
        with database.system() as first, database.transaction(1) as second:
            for connection in (first, second.connection):
                assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
        with database.system_reading() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == default


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_only_the_server_can_set_is_read_from_it(database: Database) -> None:
    with database.system_reading() as connection:
        named = ("fsync", "full_page_writes")
        off = [name for name in named if connection.exec_driver_sql(f"SHOW {name}").scalar_one() == "off"]
    assert database.lossy_settings() == off
