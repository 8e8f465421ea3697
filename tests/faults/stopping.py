"""Rapport is told to stop under load, is frozen and thawed, or finds its database locked by another program."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.bench.traffic import WEBHOOK_PATH
from tests.faults.balancer import Balancer
from tests.faults.killing import Outcome, World, a_world, answer_and_drain, judge
from tests.faults.load import Load
from tests.free_ports import free_port

FROZEN_SECONDS = 75  # longer than a lease
LOCKED_SECONDS = 30
THREADS = 4  # of a worker


@dataclass(frozen=True)
class Stops:
    """`slowest_stop_seconds`: from the signal to the end of the process. `answers` that were no 2xx, by status."""

    stops: int
    slowest_stop_seconds: float
    answers: dict[int, int]
    outcome: Outcome


def deploy(database_url: str, folder: Path, stops: int = 5) -> Stops:
    """Of two processes behind a balancer one after the other is told to stop (SIGTERM) and begun anew, under load."""
    ports, slowest = (free_port(), free_port()), 0.0
    with a_world(database_url, 10, folder / "rapport.log") as world, Balancer(world.port, ports):
        pids = [_serve(world, port) for port in ports]
        load = Load(world.port, world.signers, senders=4, rest_seconds=0.01, keep_alive=False)
        load.start()
        for number in range(stops):
            time.sleep(1)
            slowest = max(slowest, _stop(world, pids[number % 2]))
            pids[number % 2] = _serve(world, ports[number % 2])
        load.stop()
        outcome = judge(world, 0, load.acknowledged, answer_and_drain(world))
        return Stops(stops, slowest, _refused(load), outcome)


def _serve(world: World, port: int) -> int:
    pid = world.rapports.start(f"serve {port}")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert world.rapports.lives(pid), f"Rapport ended while starting on port {port}"
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"http://127.0.0.1:{port}/ready", timeout=1).status_code == 200:
                return pid
        time.sleep(0.05)
    raise AssertionError("Rapport does not start")


def _stop(world: World, pid: int) -> float:
    began = time.monotonic()
    world.rapports.signal(pid, signal.SIGTERM)
    while world.rapports.lives(pid) and time.monotonic() - began < 60:
        time.sleep(0.02)
    return time.monotonic() - began


def _refused(load: Load) -> dict[int, int]:
    return {status: count for status, count in load.answers.items() if not 200 <= status < 300}


def freeze(database_url: str, folder: Path, seconds: float = FROZEN_SECONDS) -> Outcome:
    """Of two workers one is frozen (SIGSTOP) in the midst of its work until its lease is over, and goes on as if nothing were."""
    with a_world(database_url, 20, folder / "rapport.log", RAPPORT_WORKER_THREADS=str(THREADS)) as world:
        world.rapports.start("serve --web-only")
        world.await_ready()
        frozen, _other = world.rapports.start("worker"), world.rapports.start("worker")
        load = Load(world.port, world.signers, senders=4, rest_seconds=0.01)
        load.start()
        time.sleep(5)
        world.rapports.signal(frozen, signal.SIGSTOP)
        time.sleep(seconds / 15)
        load.stop()
        time.sleep(seconds)
        world.rapports.signal(frozen, signal.SIGCONT)
        return judge(world, THREADS, load.acknowledged, answer_and_drain(world))  # each may have had one mail half sent


@dataclass(frozen=True)
class Locked:
    """`answers` to webhooks while another program held the lock; `without_hint`: those that did not say when to come back."""

    answers: dict[int, int]
    without_hint: int
    slowest_seconds: float
    recovered: bool


def lock(folder: Path, seconds: float = LOCKED_SECONDS) -> Locked:
    """Another program begins to write into SQLite's file, and takes its time."""
    path = folder / "rapport.db"
    with a_world(f"sqlite:///{path}", 1, folder / "rapport.log") as world, closing(sqlite3.connect(path, isolation_level=None)) as other:  # fmt: skip
        world.rapports.start("serve --web-only")
        world.await_ready()
        answers, without_hint, slowest = Counter[int](), 0, 0.0
        other.execute("BEGIN IMMEDIATE")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began, answer = time.monotonic(), _webhook(world)
            answers[answer.status_code] += 1
            without_hint += "Retry-After" not in answer.headers
            slowest = max(slowest, time.monotonic() - began)
        other.execute("ROLLBACK")
        return Locked(dict(answers), without_hint, slowest, _webhook(world).ok)


def _webhook(world: World) -> requests.Response:
    token = world.signers[0].token("POST", WEBHOOK_PATH, 1)
    body = {"webhookEvent": "jira:issue_deleted", "issue": {"id": "10007", "fields": {"project": {"id": "10000"}}}}
    url = f"http://127.0.0.1:{world.port}{WEBHOOK_PATH}"
    return requests.post(url, json=body, headers={"Authorization": f"JWT {token}"}, timeout=60)
