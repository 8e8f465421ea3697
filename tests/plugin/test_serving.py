"""Requests that the HTTP server has taken together: all are answered, and one that is not taken keeps nobody waiting."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from waitress.task import WSGITask

from plugin.serving import create_http_server
from tests.free_ports import free_port


class Door:
    """Takes what has no query. The first batch waits until it may go on, so that others can gather behind it."""

    path = "/together"

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Event()
        self.may_go_on = threading.Event()

    def take_together(self, environs: Sequence[WSGIEnvironment]) -> list[bool]:
        self.batches.append([each["HTTP_NAME"] for each in environs])
        self.begun.set()
        assert self.may_go_on.wait(60)
        for each in environs:
            each["taken"] = not each["QUERY_STRING"]
        return [each["taken"] for each in environs]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = f"{environ['HTTP_NAME']} {environ.get('taken', 'never asked')}".encode()
        start_response("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]


@contextmanager
def served(door: Door) -> Iterator[int]:
    """The port of a server with two threads."""
    port = free_port()
    server = create_http_server(door, "127.0.0.1", port, door, threads=2)
    serving = threading.Thread(target=server.run)
    serving.start()
    yield port
    server.stop()
    serving.join(60)
    assert not serving.is_alive()
    server.close()


def request(name: str, target: str = "/together", connection: str = "close") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\nName: {name}\r\nConnection: {connection}\r\n\r\n".encode()


def test_those_who_come_while_others_are_taken_are_taken_together_and_others_do_not_wait_for_them() -> None:
    door = Door()
    with served(door) as port, ExitStack() as lines:

        def say(words: bytes) -> socket.socket:
            line = lines.enter_context(socket.create_connection(("127.0.0.1", port), 60))
            line.sendall(words)
            return line

        def heard(line: socket.socket) -> bytes:
            return line.makefile("rb").read().partition(b"\r\n\r\n")[2]

        first = say(request("first"))
        assert door.begun.wait(60)
        second, refused = say(request("second")), say(request("refused", "/together?no"))
        twice = say(request("third", connection="keep-alive") + request("fourth"))
        assert heard(say(request("other", "/other"))) == b"other never asked"
        door.may_go_on.set()
        assert [heard(each) for each in (first, second, refused)] == [b"first True", b"second True", b"refused False"]
        assert twice.makefile("rb").read().endswith(b"fourth True")
    assert [sorted(batch) for batch in door.batches] == [["first"], ["refused", "second", "third"], ["fourth"]]


def test_a_request_of_which_nothing_can_be_made_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    make = WSGITask.get_environment

    def make_unless_broken(task: WSGITask) -> WSGIEnvironment:
        if task.request.headers["NAME"] == "broken":
            raise OSError("no file for its body")
        return make(task)

    monkeypatch.setattr(WSGITask, "get_environment", make_unless_broken)
    door = Door()
    with served(door) as port, ExitStack() as lines:
        first, broken, second = (
            lines.enter_context(socket.create_connection(("127.0.0.1", port), 60)) for _ in range(3)
        )
        first.sendall(request("first"))
        assert door.begun.wait(60)
        broken.sendall(request("broken"))
        second.sendall(request("second"))
        door.may_go_on.set()
        answers = [line.makefile("rb").read() for line in (first, broken, second)]
    assert answers[0].endswith(b"first True")
    assert answers[1].startswith(b"HTTP/1.1 500")
    assert answers[2].endswith(b"second True")
