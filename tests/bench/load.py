"""The load: many connections, kept alive where the server lets them, over raw sockets, from a process of its own so that it costs the server nothing.

`measure` starts that process. Each connection sends its next request when the answer to the last has come.
"""

from __future__ import annotations

import gc
import json
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from tests.bench.servers import load_cores, run
from tests.bench.traffic import Signer, fragments, pages, webhooks

PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Load:
    """What to send: webhooks numbered from `first`; with a `path` one page, or a `fragment` of it. Ends by time or by number."""

    port: int
    client_key: str
    secret: str
    seconds: float
    path: str = ""
    fragment: bool = False
    first: int = 0
    connections: int = 16
    request_limit: int = 200_000


@dataclass(frozen=True)
class Outcome:
    """What came back. `seconds` last until the last answer."""

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: dict[str, int] = field(default_factory=dict)  # answers other than 2xx, by status

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds


def _requests(signer: Signer, load: Load) -> Iterator[bytes]:
    if not load.path:
        return webhooks(signer, load.first)
    return (fragments if load.fragment else pages)(signer, load.path)


class LoadFailed(Exception):
    """The server refused or broke some of the requests: nothing measured would mean anything."""


def measure(load: Load) -> Outcome:
    """Run a load in its own process. Raises LoadFailed unless every answer was a good one."""
    printed = run(
        "tests.bench.load",
        standard_input=json.dumps(asdict(load)),
        cores=load_cores(),
        timeout_seconds=load.seconds + 2 * PATIENCE_SECONDS,
    )
    outcome = Outcome(**json.loads(printed))
    if outcome.refused or not outcome.answered:
        raise LoadFailed(f"{load.path or 'webhooks'}: {outcome.answered} answered well, refused {outcome.refused}")
    return outcome


class _Connection:
    """One connection with at most one request under way. A server that closes it makes it dial again, at its expense."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self._port = port
        self._selector = selector
        self._received = b""
        self._dial()
        self.sent_at = 0.0

    def _dial(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._socket, selectors.EVENT_READ, self)

    def close(self) -> None:
        self._selector.unregister(self._socket)
        self._socket.close()

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        if b"\r\nconnection: close" in self._received.lower():
            self.close()
            self._dial()
        self._received = b""
        self._socket.sendall(request)

    def receive(self) -> int | None:
        """The status once the answer is whole, None before."""
        part = self._socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed a connection in the middle of an answer")
        self._received += part
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        return int(head[9:12]) if len(body) >= int(length or 0) else None


def drive(port: int, requests: Iterator[bytes], connections: int, seconds: float, request_limit: int) -> Outcome:
    """Keep `connections` requests under way until the time is over or `request_limit` is reached."""
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        opened = [_Connection(port, selector) for _ in range(connections)]
        started = time.perf_counter()
        for connection in opened:
            connection.send(next(requests))
        sent = under_way = connections
        while under_way:
            for connection, status in _answers(selector):
                now = time.perf_counter()
                latencies.append(now - connection.sent_at)
                statuses[status] += 1
                if now - started < seconds and sent < request_limit:
                    connection.send(next(requests))
                    sent += 1
                else:
                    under_way -= 1
                    connection.close()
    return _outcome(statuses, sorted(latencies), now - started)


def _answers(selector: selectors.BaseSelector) -> Iterator[tuple[_Connection, int]]:
    """Those connections that have a whole answer now. Raises TimeoutError when nothing comes for long."""
    ready = selector.select(PATIENCE_SECONDS)
    if not ready:
        raise TimeoutError(f"no answer within {PATIENCE_SECONDS} s")
    for key, _ in ready:
        status = key.data.receive()
        if status is not None:
            yield key.data, status


def _outcome(statuses: Counter[int], latencies: list[float], seconds: float) -> Outcome:
    """`latencies` in ascending order."""
    p50, p99 = (latencies[int(share * (len(latencies) - 1))] * 1000 for share in (0.5, 0.99))
    answered = sum(count for status, count in statuses.items() if 200 <= status < 300)
    refused = {str(status): count for status, count in statuses.items() if not 200 <= status < 300}
    return Outcome(answered, seconds, p50, p99, refused)


def _main() -> None:
    load = Load(**json.load(sys.stdin))
    signer = Signer(load.client_key, load.secret)
    requests = _requests(signer, load)
    gc.disable()  # a pause of ours would look like a slow answer
    outcome = drive(load.port, requests, load.connections, load.seconds, load.request_limit)
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    _main()
