"""Commits that callers share: each is told about its own item, and only after the commit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

import pytest

from connect import Unavailable
from plugin.shared_commit import SharedCommit


class Ledger:
    """Writes batches. The first one waits until it may go on, so that others can gather behind it."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.may_go_on = threading.Event()
        self.writing = threading.Event()

    def write(self, items: Sequence[str]) -> None:
        self.writing.set()
        assert self.may_go_on.wait(60)
        if "away" in items:
            raise Unavailable("database_unavailable")
        if "bad" in items:
            raise ValueError("bad")
        self.batches.append(list(items))


def gathered(ledger: Ledger, *callers: tuple[str, ...]) -> dict[str, Exception | None]:
    """What each caller is told of each of its items, when "first" is being written while the others arrive."""
    shared = SharedCommit(ledger.write)
    with ThreadPoolExecutor(len(callers) + 1) as pool:
        told: dict[tuple[str, ...], Future[list[Exception | None]]] = {
            ("first",): pool.submit(shared.add_each, ["first"])
        }
        assert ledger.writing.wait(60)
        told |= {items: pool.submit(shared.add_each, items) for items in callers}
        while len(shared._waiting) < len(callers):
            pass
        assert not any(each.done() for each in told.values())
        ledger.may_go_on.set()
        return {item: error for items, each in told.items() for item, error in zip(items, each.result(60), strict=True)}


def test_those_who_come_while_one_is_written_share_the_next_commit() -> None:
    ledger = Ledger()
    assert set(gathered(ledger, ("a", "b"), ("c",)).values()) == {None}
    assert [sorted(batch) for batch in ledger.batches] == [["first"], ["a", "b", "c"]]


def test_one_bad_item_takes_nobody_along() -> None:
    ledger = Ledger()
    told = gathered(ledger, ("a", "bad"), ("c",))
    assert [item for item, error in told.items() if error is not None] == ["bad"]
    assert isinstance(told["bad"], ValueError)
    assert sorted(chain(*ledger.batches)) == ["a", "c", "first"]


def test_a_database_that_is_away_is_told_to_all_who_wait_for_it() -> None:
    told = gathered(ledger := Ledger(), ("a", "away"), ("c",))
    assert ledger.batches == [["first"]]
    assert told.pop("first") is None
    assert all(isinstance(error, Unavailable) for error in told.values())


def test_a_commit_that_was_torn_down_acknowledges_nobody() -> None:
    def interrupted(_: Sequence[str]) -> None:
        raise KeyboardInterrupt

    shared = SharedCommit(interrupted)
    with pytest.raises(KeyboardInterrupt):
        shared.add_each(["a"])
    with pytest.raises(KeyboardInterrupt):  # and the next caller does not wait for ever
        shared.add_each(["b"])


def test_many_callers_are_each_written_once() -> None:
    ledger = Ledger()
    ledger.may_go_on.set()
    shared = SharedCommit(ledger.write)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(shared.add_each, ([str(number), str(number + 1)] for number in range(0, 2000, 2))))
    assert sorted(chain(*ledger.batches), key=int) == [str(number) for number in range(2000)]
