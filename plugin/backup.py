"""A copy of a running SQLite database, whole and as of one moment."""

from __future__ import annotations

import contextlib
from pathlib import Path

from plugin.database import Database
from plugin.engines import sqlite_module
from plugin.errors import BackupFailed, BadConfiguration


def copy_sqlite(database: Database, target: Path) -> int:
    """Copy while others read and write; the number of bytes. The copy appears under its name only when it is whole.

    Raises BadConfiguration for PostgreSQL, BackupFailed where there is such a file already or no room for another.
    """
    if database.engine.dialect.name != "sqlite":
        raise BadConfiguration("DATABASE_URL names PostgreSQL. Use pg_dump: see the README, Backups.")
    if target.exists():
        raise BackupFailed("there is a file of that name already")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        unfinished.touch(mode=0o600)  # it holds names and addresses
        _copy(Path(str(database.engine.url.database)), unfinished)
        unfinished.rename(target)
    except OSError as error:
        raise BackupFailed("the folder cannot be written to") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(source_path: Path, target: Path) -> None:
    sqlite = sqlite_module()
    try:
        with (
            contextlib.closing(sqlite.connect(f"{source_path.absolute().as_uri()}?mode=rw", uri=True)) as source,
            contextlib.closing(sqlite.connect(target)) as copy,
        ):
            source.backup(copy)  # in one step, hence of one moment; with a WAL nobody waits for it
            sound = copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite.Error as error:
        raise BackupFailed("the database cannot be read, or the disk is full") from error
    if not sound:
        raise BackupFailed("the copy is damaged, and so may be the database")
