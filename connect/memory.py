"""What Jira answered within the last minute, so that a page that is opened again asks nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

REMEMBERED = timedelta(seconds=60)
_LIMIT = 10_000
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


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
