"""Told to stop, the HTTP server answers what has come in, and refuses what comes then: another process can take that."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from plugin.serving import create_http_server
from tests.free_ports import free_port

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_what_has_come_in_is_answered_and_nobody_else_let_in() -> None:
    port, begun, go_on = free_port(), threading.Event(), threading.Event()

    def slow(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        begun.set()
        go_on.wait(60)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    server = create_http_server(slow, "127.0.0.1", port, threads=2)
    serving = threading.Thread(target=server.run)
    serving.start()
    with (
        socket.create_connection(("127.0.0.1", port), 60) as in_hand,
        socket.create_connection(("127.0.0.1", port), 60) as new,
    ):
        in_hand.sendall(REQUEST)
        assert begun.wait(60)
        server.stop()
        new.sendall(REQUEST)
        while server.socket is not None:
            server.pull_trigger()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 60)
        go_on.set()
        answers = [connection.makefile("rb").read() for connection in (in_hand, new)]
    serving.join(60)
    assert not serving.is_alive()
    server.close()
    assert all(answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"ok") for answer in answers)
    assert b"connection: close" in answers[1].lower(), "the next request goes elsewhere"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can close the door between two who come")
def test_who_comes_while_the_door_is_closing_is_refused_and_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
        raise AssertionError("nothing was asked")

    server = create_http_server(nobody, "127.0.0.1", 0, threads=1)
    address, let_in, late = server.socket.getsockname(), server.handle_accept, socket.socket()
    late.setblocking(False)

    def let_in_before_another_comes() -> None:
        let_in()
        late.connect_ex(address)

    monkeypatch.setattr(server, "handle_accept", let_in_before_another_comes)
    with late:
        server.stop()
        server.run()
        met = late.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    server.close()
    assert met in (0, errno.ECONNREFUSED), "still knocking, or refused"
