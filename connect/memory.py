"""The last minute: what Jira answered, so that a page that is opened again asks nothing twice; and who made us ask
about how much."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

REMEMBERED = timedelta(seconds=60)
_LIMIT = 10_000
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Walk(Generic[Key]):
    """How many different things each key has been at in a minute, which begins with the first. Thread-safe; knows 10,000
    keys, the newest. `clock` is aware UTC."""

    def __init__(self, clock: Callable[[], datetime], per_minute: int) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._lock = threading.Lock()
        self._seen: dict[Key, tuple[datetime, set[Hashable]]] = {}

    def step(self, key: Key, thing: Hashable) -> int:
        """At one more; 0, or in how many seconds there is room for it."""
        now = self._clock()
        with self._lock:
            began_at, things = self._seen.get(key, (now, set()))
            if not timedelta(0) <= now - began_at < REMEMBERED:
                began_at, things = now, set()
            if thing not in things and len(things) >= self._per_minute:
                return math.ceil((began_at + REMEMBERED - now).total_seconds())
            things.add(thing)
            self._seen.pop(key, None)
            if len(self._seen) >= _LIMIT:
                del self._seen[next(iter(self._seen))]
            self._seen[key] = (began_at, things)
            return 0


class Memory(Generic[Key, Value]):
    """Thread-safe; holds at most 10,000 answers, each for a minute. `clock` is aware UTC."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[Key, tuple[datetime, Value]] = {}

    def get(self, key: Key, ask: Callable[[], Value]) -> Value:
        """The remembered answer, or what `ask` returns now. What `ask` raises is not remembered."""
        now = self._clock()
        with self._lock:
            kept = self._answers.get(key)
        if kept is not None and timedelta(0) <= now - kept[0] < REMEMBERED:
            return kept[1]
        answer = ask()
        self._keep(key, now, answer)
        return answer

    def _keep(self, key: Key, now: datetime, answer: Value) -> None:
        with self._lock:
            self._answers.pop(key, None)
            if len(self._answers) >= _LIMIT:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = (now, answer)
