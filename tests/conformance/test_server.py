"""Class B, at the server itself: requests with two readings, with too much of everything, and that never end."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from plugin import serving
from tests.conformance.cases import case
from tests.plugin.asking import Clock, an_app


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Server]:
    """The app behind its real server, which loses patience after a second and a half."""
    app = an_app(f"sqlite:///{tmp_path_factory.mktemp('server')}/unused.db", Clock())
    server = serving.create_http_server(app, "127.0.0.1", 0, cleanup_interval=1)
    server.request_seconds = 1.5
    thread = threading.Thread(target=_run, args=(server,), daemon=True)
    thread.start()
    yield server
    server.stop()
    thread.join(60)
    server.close()


def _run(server: serving.Server) -> None:
    with suppress(OSError):
        server.run()


def talk(server: serving.Server, *parts: bytes, pause: float = 0.0, patience: float = 60.0) -> bytes:
    """All that comes back until the server hangs up or is silent for `patience` seconds."""
    with closing(socket.create_connection(("127.0.0.1", server.effective_port), timeout=patience)) as line:
        heard = b""
        with suppress(OSError):
            for part in parts:
                line.sendall(part)
                time.sleep(pause)
        with suppress(OSError):
            while part := line.recv(65_536):
                heard += part
        return heard


def statuses(heard: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", heard)]


FIRST = b"POST /connect/events HTTP/1.1\r\nHost: rapport.example\r\n"
HIDDEN = b"GET /health HTTP/1.1\r\nHost: rapport.example\r\nConnection: close\r\n\r\n"
SMUGGLED = {
    "length and chunks": FIRST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": FIRST + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a list of lengths": FIRST + b"Content-Length: 0, 5\r\n\r\n" + HIDDEN,
    "a signed length": FIRST + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "a negative length": FIRST + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "an odd coding": FIRST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks named twice": FIRST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "no size of a chunk": FIRST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + HIDDEN,
    "a chunk with 0x": FIRST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n" + HIDDEN,
    "a chunk with sign": FIRST + b"Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n" + HIDDEN,
    "a chunk too long": FIRST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n" + HIDDEN,
    "bare line feeds": b"POST /connect/events HTTP/1.1\nHost: rapport.example\nContent-Length: 0\n\n" + HIDDEN,
    "a line feed in a header": FIRST + b"X-A: b\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a carriage return in a header": FIRST + b"X-A: b\rContent-Length: 0\r\n\r\n" + HIDDEN,
    "a folded length": FIRST + b"Content-Length:\r\n 0\r\n\r\n" + HIDDEN,
    "a folded header": FIRST + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a blank before the colon": FIRST + b"Content-Length : 0\r\n\r\n" + HIDDEN,
    "no colon": FIRST + b"Content-Length 0\r\n\r\n" + HIDDEN,
    "chunks in HTTP/1.0": FIRST.replace(b"/1.1", b"/1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
}


@case("B14")
@pytest.mark.parametrize("name", SMUGGLED)
def test_a_request_with_two_readings_is_refused_and_hides_no_other(server: serving.Server, name: str) -> None:
    answers = statuses(talk(server, SMUGGLED[name], patience=1.0))
    assert answers in ([], [400], [501]), name


@case("B16")
@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /health HTTP/1.1\r\nHost: rapport.example\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost: rapport.example\r\nX-A: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"GET /health?" + b"y" * 1_000_000 + b" HTTP/1.1\r\nHost: rapport.example\r\nConnection: close\r\n\r\n",
        b"GET /health?" + b"&".join(b"p%d=" % n for n in range(8_000)) + b" HTTP/1.1\r\nHost: rapport.example\r\nConnection: close\r\n\r\n",
        b"GET /health?" + b"a&" * 10_000 + b" HTTP/1.1\r\nHost: rapport.example\r\nConnection: close\r\n\r\n",
    ],
    ids=["headers", "header", "query", "parameters", "small parameters"],
)  # fmt: skip
def test_too_much_of_everything_is_refused(server: serving.Server, request_bytes: bytes) -> None:
    assert statuses(talk(server, request_bytes)) in ([431], [414], [400])
    assert statuses(talk(server, HIDDEN)) == [200]


TRICKLES = {
    "headers": (b"GET /health HTTP/1.1\r\nHost: rapport.example\r\nX-Slow: ", b"y"),
    "a body": (FIRST + b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n", b" "),
    "chunks": (FIRST + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}


@case("B19")
@pytest.mark.parametrize("name", TRICKLES)
def test_a_request_that_trickles_in_is_cut(server: serving.Server, name: str) -> None:
    """With smaller numbers here; in production the two together stay below thirty seconds."""
    assert serving.REQUEST_SECONDS + serving.CLEANUP_SECONDS <= 30
    beginning, drop = TRICKLES[name]
    began = time.monotonic()
    with closing(socket.create_connection(("127.0.0.1", server.effective_port), timeout=0.1)) as line:
        line.sendall(beginning)
        while not hung_up(line, drop):
            assert statuses(talk(server, HIDDEN)) == [200]  # others do not feel it
            assert time.monotonic() - began < 60


def hung_up(line: socket.socket, drop: bytes) -> bool:
    try:
        line.sendall(drop)
        return line.recv(1_000) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
