"""Starts what is measured, each in a process of its own: served from one core, while everything else keeps off it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
START_SECONDS = 30


@cache
def all_cores() -> frozenset[int]:
    """What this machine gives us; empty where processes cannot be pinned."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


def server_core() -> frozenset[int]:
    return frozenset({max(all_cores())}) if all_cores() else frozenset()


def load_cores() -> frozenset[int]:
    """All cores but the server's; all where there is only one."""
    return all_cores() - server_core() or all_cores()


def pinned(cores: frozenset[int]) -> Callable[[], None]:
    """To be called by a new process about itself."""
    return lambda: os.sched_setaffinity(0, cores) if cores else None


@contextmanager
def serving(module: str, *arguments: str, port: int, log: Path, environment: Mapping[str, str] | None = None, cores: frozenset[int] | None = None) -> Iterator[psutil.Process]:  # fmt: skip
    """Run `python -m module`, on the server's core unless told otherwise, from the moment in which its port answers.

    What it says goes to the file `log`; a reader of our own would take time from the measurement.
    """
    with log.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **(environment or {})},
            cwd=ROOT,
            stdout=words,
            stderr=words,
            preexec_fn=pinned(server_core() if cores is None else cores),  # noqa: PLW1509 - makes one system call
        )
    try:
        _wait_for(process, port, log)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(module: str, *arguments: str, cores: frozenset[int], timeout_seconds: float, standard_input: str = "", environment: Mapping[str, str] | None = None) -> str:  # fmt: skip
    """What `python -m module` prints, once it has ended well."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **(environment or {})},
        cwd=ROOT,
        input=standard_input,
        stdout=subprocess.PIPE,
        text=True,
        timeout=timeout_seconds,
        preexec_fn=pinned(cores),
        check=True,
    )
    return done.stdout


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{log.stem} does not answer. It said: {log.read_text(errors='replace')[-2000:]}")
