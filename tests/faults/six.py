"""Rapport on many machines: web and worker processes on one database, behind one address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

from tests.faults.balancer import Balancer
from tests.flow.test_separate_processes import process, wait_until_ready
from tests.free_ports import free_port

LEASE_AND_MORE_SECONDS = 90  # after which the work of a killed process was done by another


@contextmanager
def six_processes(environment: dict[str, str], folder: Path) -> Iterator[tuple[list[Popen[bytes]], list[Popen[bytes]]]]:
    """Three web processes behind a balancer, and three workers."""
    ports = [free_port() for _ in range(3)]
    with ExitStack() as stack:
        webs, workers = [], []
        for port in ports:  # one after the other: six that start together are slow on a small machine
            listen = {"RAPPORT_LISTEN": f"127.0.0.1:{port}"}
            webs.append(
                stack.enter_context(process(environment | listen, folder / f"{port}.log", "serve", "--web-only"))
            )
            wait_until_ready(webs[-1], f"http://127.0.0.1:{port}")
        for number in range(3):
            workers.append(stack.enter_context(process(environment, folder / f"worker{number}.log", "worker")))
        stack.enter_context(Balancer(int(environment["RAPPORT_BASE_URL"].rpartition(":")[2]), ports))
        yield webs, workers
