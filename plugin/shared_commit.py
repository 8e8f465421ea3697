"""One durable commit for all who wait for one: syncing a disk costs the same for one row as for twenty."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from connect import Unavailable

GATHER_SECONDS = 0.003  # a quarter more throughput, and a shorter wait for the slowest
Item = TypeVar("Item")


class _Waiting(Generic[Item]):
    """One caller's items, and what became of each. `turn` is held until they are done, or this caller's turn to write."""

    __slots__ = ("done", "errors", "items", "turn")

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.done = False
        self.fail(Unavailable("not_written"))  # until they are
        self.turn = threading.Lock()
        self.turn.acquire()

    def fail(self, error: Exception | None) -> None:
        """All were stopped by this, or by nothing."""
        self.errors = [error for _ in self.items]


class SharedCommit(Generic[Item]):
    """`add_each(items)` returns once `write` has committed them, maybe with those of others: what stopped each, or None.

    One transaction is under way at a time: a second one would make both smaller. Who comes meanwhile waits; the first of
    these writes for them all. In a burst it lets a moment pass first, in which more come. A batch that fails is tried again
    item by item, so that one that cannot be written takes nobody along.
    """

    def __init__(self, write: Callable[[Sequence[Item]], None]) -> None:
        self._write = write
        self._under_way = False
        self._guard = threading.Lock()
        self._waiting: list[_Waiting[Item]] = []
        self._in_company = False  # whether the last batch was more than one item

    def add_each(self, items: Sequence[Item]) -> list[Exception | None]:
        mine = _Waiting(items)
        with self._guard:
            writes = not self._under_way
            if writes:
                self._under_way = True
            else:
                self._waiting.append(mine)
        if not writes:
            mine.turn.acquire()
        if not mine.done:
            self._write_for_all(mine)
        return mine.errors

    def _write_for_all(self, mine: _Waiting[Item]) -> None:
        if self._in_company:
            time.sleep(GATHER_SECONDS)
        batch = [mine, *self._take()]
        self._in_company = len(batch) > 1
        try:
            self._store(batch)
        finally:
            for each in batch:
                each.done = True
                each.turn.release()
            self._pass_on()

    def _take(self) -> list[_Waiting[Item]]:
        with self._guard:
            taken, self._waiting = self._waiting, []
        return taken

    def _pass_on(self) -> None:
        """The next transaction is the business of whoever has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.pop(0).turn.release()
            else:
                self._under_way = False

    def _store(self, batch: list[_Waiting[Item]]) -> None:
        """Leaves each with what stopped it, or None. Adds to the batch whoever came too late for a database that is away."""
        items = [item for each in batch for item in each.items]
        try:
            self._write(items)
        except Unavailable as error:
            batch += self._take()  # they have waited as long
            for each in batch:
                each.fail(error)
        except Exception as error:
            for each in batch:
                each.errors = [error if len(items) == 1 else self._error_alone(item) for item in each.items]
        else:
            for each in batch:
                each.fail(None)

    def _error_alone(self, item: Item) -> Exception | None:
        try:
            self._write([item])
        except Exception as error:
            return error
        return None
