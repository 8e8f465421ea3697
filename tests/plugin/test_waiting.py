"""Nobody waits for the database without end: a lock that others hold is a reason to come again."""

from __future__ import annotations

import threading

import pytest

from connect import Unavailable
from plugin import database as databases
from plugin.database import Database


def test_every_connection_gives_up_a_lock_after_ten_seconds(database: Database) -> None:
    sqlite = database.engine.dialect.name == "sqlite"
    question = "PRAGMA busy_timeout" if sqlite else "SHOW lock_timeout"
    for _ in range(2):
        with database.system_reading() as first, database.system_reading() as second:
            answers = {connection.exec_driver_sql(question).scalar_one() for connection in (first, second)}
        assert answers == {10_000 if sqlite else "10s"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_writer_that_never_ends_does_not_hold_up_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.05)
    writing, done = threading.Event(), threading.Event()

    def write() -> None:
        with database.system():
            writing.set()
            done.wait(60)

    writer = threading.Thread(target=write)
    writer.start()
    writing.wait(60)
    with pytest.raises(Unavailable), database.system():
        pass
    done.set()
    writer.join()
    with database.system():
        pass
