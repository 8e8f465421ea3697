"""One durable commit for all who wait for one: syncing a disk costs the same for one row as for twenty."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from connect import Unavailable

Item = TypeVar("Item")


class _Waiting(Generic[Item]):
    """One caller's item, and what became of it. `turn` is held until it is done, or this caller's turn to write."""

    __slots__ = ("done", "error", "item", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.done = False
        self.error: Exception | None = Unavailable("not_written")  # until it is
        self.turn = threading.Lock()
        self.turn.acquire()


class SharedCommit(Generic[Item]):
    """`add(item)` returns once `write(items)` has committed a transaction with this item in it, or raises what stopped it.

    The first caller writes for all who came while another transaction was under way. A batch that fails is tried again
    item by item, so that one that cannot be written takes nobody along.
    """

    def __init__(self, write: Callable[[Sequence[Item]], None]) -> None:
        self._write = write
        self._guard = threading.Lock()
        self._waiting: list[_Waiting[Item]] = []
        self._writing = False

    def add(self, item: Item) -> None:
        mine = _Waiting(item)
        with self._guard:
            self._waiting.append(mine)
            first, self._writing = not self._writing, True
        if not first:
            mine.turn.acquire()
        if not mine.done:
            self._write_for_all()
        if mine.error is not None:
            raise mine.error

    def _write_for_all(self) -> None:
        batch: list[_Waiting[Item]] = []
        try:
            batch = self._take()
            self._store(batch)
        finally:
            for each in batch:
                each.done = True
                each.turn.release()
            self._pass_on()

    def _take(self) -> list[_Waiting[Item]]:
        with self._guard:
            batch, self._waiting = self._waiting, []
        return batch

    def _pass_on(self) -> None:
        """The next transaction is the business of whoever has waited longest."""
        with self._guard:
            self._writing = bool(self._waiting)
            if self._waiting:
                self._waiting[0].turn.release()

    def _store(self, batch: list[_Waiting[Item]]) -> None:
        """Leaves each with what stopped it, or None. Adds to the batch whoever came too late for a database that is away."""
        try:
            self._write([each.item for each in batch])
        except Unavailable as error:
            batch += self._take()  # they have waited as long
            for each in batch:
                each.error = error
        except Exception as error:
            for each in batch:
                each.error = error if len(batch) == 1 else self._error_alone(each)
        else:
            for each in batch:
                each.error = None

    def _error_alone(self, one: _Waiting[Item]) -> Exception | None:
        try:
            self._write([one.item])
        except Exception as error:
            return error
        return None
