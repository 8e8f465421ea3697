"""Ports for the servers of tests, which nobody takes between the choice and the start.

A port that the kernel picks may go to any client on the machine a moment later. These lie below the ones that it hands out
(Linux: from 32768), and each test process has a block of them for itself.
"""

from __future__ import annotations

import atexit
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle

PORTS = range(12_000, 32_000)
BLOCK = 600
ROW = 3  # what the demo needs, one after the other


def free_port() -> int:
    """A port of 127.0.0.1 where nobody listens; the two after it are free too and belong to the caller."""
    return next(first for first in _rows() if all(_is_free(first + each) for each in range(ROW)))


@cache
def _rows() -> Iterator[int]:
    block = _claim_block()
    return cycle(range(block + ROW, block + BLOCK, ROW))


def _claim_block() -> int:
    """The first port of a block, which stays bound as long as this process lives: the sign that the block is taken."""
    for first in range(PORTS.start, PORTS.stop - BLOCK, BLOCK):
        sign = socket.socket()
        try:
            sign.bind(("127.0.0.1", first))
        except OSError:
            sign.close()
        else:
            atexit.register(sign.close)
            return first
    raise RuntimeError(f"All ports from {PORTS.start} to {PORTS.stop} are taken: end other test runs.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have ended do no harm
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
