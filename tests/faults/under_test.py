"""`rapport` in processes that are killed and begun again all the time: they come from one that has all modules loaded.

`python -m tests.faults.under_test` reads lines of `words of the command|mutant` and answers with the process's id. A mutant
is a defect put in on purpose, to see that the tests would notice.
"""

from __future__ import annotations

import importlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import reduce
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from plugin import cli
from plugin.jobs import service as jobs
from plugin.shared_commit import SharedCommit

ROOT = Path(__file__).parents[2]


class Rapports:
    """Starts processes of Rapport, all with one environment; kills what is left at the end."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log.open("ab")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
        command = [sys.executable, "-m", "tests.faults.under_test"]
        self._parent = Popen(command, env=inherited | dict(environment), cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=self._log, text=True)  # fmt: skip
        self.living: list[int] = []

    def start(self, words: str = "serve", mutant: str = "") -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(f"{words}|{mutant}\n")
        self._parent.stdin.flush()
        pid = int(self._parent.stdout.readline())
        self.living.append(pid)
        return pid

    def kill(self, pid: int, how: signal.Signals = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        self.living.remove(pid)

    def signal(self, pid: int, which: signal.Signals) -> None:
        os.kill(pid, which)

    def lives(self, pid: int) -> bool:
        with suppress(ProcessLookupError):
            os.kill(pid, 0)
            return True
        if pid in self.living:
            self.living.remove(pid)
        return False

    def close(self) -> None:
        for pid in list(self.living):
            self.kill(pid)
        self._parent.terminate()
        self._parent.wait()
        for pipe in (self._parent.stdin, self._parent.stdout, self._log):
            if pipe is not None:
                pipe.close()


def acknowledge_before_the_commit() -> None:
    """The mutant: what Jira tells us is stored a little later than it is answered."""
    waiting: queue.Queue[Any] = queue.Queue()
    add = SharedCommit.add_each

    def later() -> None:
        while True:
            add(*waiting.get())

    threading.Thread(target=later, daemon=True).start()

    def put(commit: Any, items: Any) -> list[Exception | None]:
        waiting.put((commit, items))
        return [None for _ in items]

    SharedCommit.add_each = put  # type: ignore[method-assign]


def die(point: str) -> None:
    """Have this process kill itself the first time it comes to a point: `before` or `after`, module, name in it."""
    moment, module, name = point.split(" ")
    *path, last = name.split(".")
    owner = reduce(getattr, path, importlib.import_module(module))
    was = getattr(owner, last)

    def deadly(*given: Any, **named: Any) -> Any:
        if moment == "after":
            was(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, last, deadly)


def _on_its_port(words: list[str]) -> list[str]:
    """A number among the words is a port of this machine to listen on instead of the usual one."""
    for word in words:
        if word.isdecimal():
            os.environ["RAPPORT_LISTEN"] = f"127.0.0.1:{word}"
    return [word for word in words if not word.isdecimal()]


def _mutate(mutant: str) -> None:
    if mutant == "acknowledge early":
        acknowledge_before_the_commit()
    elif mutant:
        die(mutant)


def _shorten_leases() -> None:
    """RAPPORT_TEST_LEASE, in seconds: for runs that cannot wait until the work of a killed process falls due again."""
    seconds = os.environ.pop("RAPPORT_TEST_LEASE", "")
    if seconds:
        jobs.LEASE = timedelta(seconds=float(seconds))


def _main() -> None:
    _shorten_leases()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        words, mutant = line.strip().split("|")
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)
            _mutate(mutant)
            cli.main(_on_its_port(words.split()), prog_name="rapport")
        print(pid, flush=True)


if __name__ == "__main__":
    _main()
