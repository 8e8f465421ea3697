"""A copy of a database at work: whole, and nothing missing that was stored before it began."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest

from plugin.backup import copy_sqlite
from plugin.database import Database
from plugin.errors import BackupFailed, BadConfiguration
from plugin.jobs import service as jobs
from plugin.migrations import is_up_to_date
from tests.databases import everything
from tests.plugin.asking import NOW

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def enqueue(database: Database, number: int) -> None:
    with database.transaction(1) as tx:
        jobs.enqueue(tx, "step", f"step:{number}", {"number": number}, NOW, NOW)


def test_a_copy_made_under_load_restores_everything_that_was_stored_before(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    stored, stop = [0], threading.Event()

    def write() -> None:
        while not stop.is_set():
            enqueue(database, stored[0])
            stored[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while stored[0] < 50:
            stop.wait(0.005)
        before = stored[0]
        copy_sqlite(database, tmp_path / "copy.db")
        during = stored[0]
    finally:
        stop.set()
        writer.join()
    restored = tmp_path / "elsewhere" / "rapport.db"
    restored.parent.mkdir()
    shutil.copyfile(tmp_path / "copy.db", restored)
    with closing(Database(f"sqlite:///{restored}")) as again:
        assert is_up_to_date(again)
        numbers = {row[4] for row in everything(f"sqlite:///{restored}")["job"]}
        assert {f'{{"number": {number}}}' for number in range(before)} <= numbers
        assert len(numbers) <= during + 1
        enqueue(again, 10**6)
        assert jobs.claim(again, 1, NOW)
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0, "names and addresses are nobody else's business"


def test_nothing_is_written_over(database: Database, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(BackupFailed, match="already"):
        copy_sqlite(database, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_where_no_copy_can_be_made_nothing_is_left(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed):
        copy_sqlite(database, tmp_path / "no such folder" / "copy.db")
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with closing(Database(f"sqlite:///{broken}")) as damaged, pytest.raises(BackupFailed):
        copy_sqlite(damaged, tmp_path / "copy.db")
    assert list(tmp_path.glob("copy*")) == []


def test_postgresql_is_copied_by_its_own_tools(database: Database, tmp_path: Path) -> None:
    with (
        closing(Database("postgresql://nobody@127.0.0.1:1/nothing")) as other,
        pytest.raises(BadConfiguration, match="pg_dump"),
    ):
        copy_sqlite(other, tmp_path / "copy.db")
