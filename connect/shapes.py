"""What others sent, held against the shape that we expect of it, by any number of threads."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

Shape = TypeVar("Shape")

_known: set[Any] = set()  # shapes
_learning = threading.Lock()


def shaped(raw: Any, shape: type[Shape]) -> Shape:
    """Raises msgspec.ValidationError for what is of another shape, RecursionError for what is nested without end."""
    if shape not in _known:
        _learn(shape)
    return msgspec.convert(raw, shape)


def _learn(shape: Any) -> None:
    """msgspec looks at a class when it first meets it, and runs Python meanwhile: a second thread that comes to the half
    known class then ends the whole process (0.22: a null pointer in C)."""
    with _learning:
        msgspec.json.Decoder(shape)
        _known.add(shape)
