"""The HTTP server: waitress, with an end to requests that never end, and without two ways to say how long a body is.

waitress reads requests whole before a thread of ours sees them, so a slow client holds a socket and nothing else. But its
own timeout starts anew with every byte.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol
from wsgiref.types import WSGIApplication, WSGIEnvironment

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.wasyncore import dispatcher

THREADS = 16  # of which most wait: for a commit that they share, or for Jira
HEADER_BYTES = 65_536
BODY_BYTES = 6_291_456  # the largest webhook, and some room
CONNECTIONS = 1000
REQUEST_SECONDS = 20
CLEANUP_SECONDS = 5
FINISH_SECONDS = 20  # for what has come in when we are told to stop
FRESH_SECONDS = 1  # in which the request of a new connection is on its way
GATHER_SECONDS = 0.001  # in which more come who share a commit
TOGETHER = 64  # at most

_ATTACH_FILTER, _RETURN = 26, 0x06  # SO_ATTACH_FILTER of asm/socket.h, BPF_RET | BPF_K of linux/bpf_common.h


class Together(Protocol):
    """What can take several requests to `path` at once, before the application is called for each, and tells which it took."""

    path: str

    def take_together(self, environs: Sequence[WSGIEnvironment], /) -> list[bool]: ...


def _take_none(environs: Sequence[WSGIEnvironment]) -> list[bool]:
    return [False for _ in environs]


class _Parser(HTTPRequestParser):
    environ: WSGIEnvironment | None = None  # as the application sees it, once it was asked for

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.began_at = time.time()

    def parse_header(self, header_plus: bytes) -> None:
        """A body whose length is said twice is read in two ways by two servers: request smuggling. So is a folded line."""
        if b"\n " in header_plus or b"\n\t" in header_plus:
            raise ParsingError("folded header")
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length beside Transfer-Encoding")
        if self.version != "1.1" and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding before HTTP/1.1")


class _Task(WSGITask):
    request: Any  # an error's has no headers, but that is another task
    channel: Any

    def execute(self) -> None:
        if self.channel.server.stopping:
            self.request.headers["CONNECTION"] = "close"  # as if asked to: the next request goes elsewhere
        super().execute()

    def get_environment(self) -> WSGIEnvironment:
        if self.request.environ is None:
            self.request.environ = super().get_environment()
        environ: WSGIEnvironment = self.request.environ
        return environ

    def set_close_on_finish(self) -> None:
        """waitress closes connections whose answer has no Content-Length; an answer 204 has none, and is over all the same."""
        asked_to = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked_to or self.version != "1.1":
            super().set_close_on_finish()


class _Channel(HTTPChannel):
    parser_class = _Parser
    task_class = _Task


def _environ_of(channel: Any) -> WSGIEnvironment | None:
    """None where none can be made of its request: the thread that it gets then meets the same error, and answers 500."""
    try:
        return _Task(channel, channel.requests[0]).get_environment()
    except Exception:
        return None


class _Dispatcher(ThreadedTaskDispatcher):
    """Gives each request a thread, but one for all requests that can be taken together: handing each from thread to thread,
    twice, costs more than storing it. One batch is under way at a time; who comes meanwhile is the next."""

    def __init__(self, together: Together | None) -> None:
        super().__init__()
        self._path = together.path if together else None
        self._take = together.take_together if together else _take_none
        self._gathered: deque[Any] = deque()  # channels
        self._under_way = False  # set by the server's own thread, cleared by the batch's
        self.answering = False  # the end of it is soon enough to wake the server's own thread

    def add_task(self, task: Any) -> None:
        request = task.requests[0]
        if request.error is None and request.path == self._path:
            self._gathered.append(task)
        else:
            super().add_task(task)

    def begin_batch(self) -> None:
        """From the server's own thread, at each turn."""
        if self._gathered and not self._under_way:
            self._under_way = True
            batch: Any = _Batch(self)
            super().add_task(batch)

    def take_batch(self) -> None:
        """From a thread of ours: all that have come, and those that come meanwhile."""
        server = self._gathered[0].server
        try:
            while batch := self._next_of_batch():
                self._answer(batch)
                server.pull_trigger()
                if len(batch) > 1:
                    time.sleep(GATHER_SECONDS)
        finally:
            self._under_way = False
            server.pull_trigger()

    def _next_of_batch(self) -> list[Any]:
        return [self._gathered.popleft() for _ in range(min(len(self._gathered), TOGETHER))]

    def _answer(self, batch: list[Any]) -> None:
        """Here, what was taken; what was not may be long in being answered, each by a thread of its own."""
        environs = [_environ_of(each) for each in batch]
        taken = iter(self._take([environ for environ in environs if environ is not None]))
        self.answering = True
        try:
            for each, environ in zip(batch, environs, strict=True):
                if environ is not None and next(taken):
                    each.service()
                else:
                    super().add_task(each)
        finally:
            self.answering = False


class _Batch:
    """What the dispatcher's queue holds for all that are gathered."""

    def __init__(self, dispatcher: _Dispatcher) -> None:
        self.service = dispatcher.take_batch

    def cancel(self) -> None:
        """Their connections are closed by now."""


class Server(TcpWSGIServer):
    """`run` serves until `stop`, and answers what has come in by then. `request_seconds`: how long a request may take to
    arrive."""

    channel_class = _Channel
    request_seconds: float = REQUEST_SECONDS
    stopping = False
    active_channels: Any  # a dict, whatever the stubs say
    socket: Any  # None once it is closed
    task_dispatcher: Any
    _map: dict[int, Any]  # all sockets, by number

    def stop(self) -> None:
        """From a signal's handler, or another thread."""
        self.stopping = True
        self.pull_trigger()

    def pull_trigger(self) -> None:
        if not self.task_dispatcher.answering:
            super().pull_trigger()

    def run(self) -> None:
        with suppress(SystemExit, KeyboardInterrupt):
            while not self.stopping:
                self._turn(self.adj.asyncore_loop_timeout)
            self._close_door()
            until = time.monotonic() + FINISH_SECONDS
            while self._is_busy() and time.monotonic() < until:
                self._turn(0.1)
            for channel in self._channels():
                channel.handle_close()
        self.task_dispatcher.shutdown()

    def _turn(self, timeout: float) -> None:
        self.task_dispatcher.begin_batch()
        self.asyncore.loop(timeout=timeout, map=self._map, use_poll=self.adj.asyncore_use_poll, count=1)

    def _close_door(self) -> None:
        """Whoever comes from now on is refused, and can go to another process; who stands before the door is let in."""
        for each in [each for each in self._map.values() if isinstance(each, Server)]:
            each.stopping = True
            _let_nobody_knock(each.socket)
            inside = -1
            while inside < len(each.active_channels):
                inside = len(each.active_channels)
                each.handle_accept()
            dispatcher.close(each)

    def _is_busy(self) -> bool:
        now = time.time()
        return any(
            each.requests
            or each.request is not None
            or each.total_outbufs_len
            or (each.last_activity == each.creation_time and now - each.creation_time < FRESH_SECONDS)
            for each in self._channels()
        )

    def _channels(self) -> list[HTTPChannel]:
        return [each for each in self._map.values() if isinstance(each, HTTPChannel)]

    def maintenance(self, now: int) -> None:
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            if channel.request is not None and channel.request.began_at < now - self.request_seconds:
                channel.will_close = True


def _let_nobody_knock(listening: socket.socket) -> None:
    """Have Linux drop what comes to a listening socket, but not to its connections: whoever came between the last that is
    let in and the close would be cut off instead of refused. They knock again after a second. Elsewhere that moment stays.
    """
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, 0))  # a struct sock_filter: 0 bytes pass
    with suppress(OSError):
        listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(nothing)))


def create_http_server(
    app: WSGIApplication, host: str, port: int, together: Together | None = None, **adjustments: Any
) -> Server:
    """A server that listens on every address of `host`. OSError where it cannot."""
    settings = Adjustments(
        **{
            "host": host,
            "port": port,
            "threads": THREADS,
            "ident": "",
            "channel_timeout": REQUEST_SECONDS,
            "cleanup_interval": CLEANUP_SECONDS,
            "connection_limit": CONNECTIONS,
            "asyncore_use_poll": True,  # select() ends at 1024 sockets
            "max_request_header_size": HEADER_BYTES,
            "max_request_body_size": BODY_BYTES,
            "clear_untrusted_proxy_headers": False,  # the app itself reads X-Forwarded-For, from trusted proxies only
            **adjustments,
        }
    )
    tasks = _Dispatcher(together)
    tasks.set_thread_count(settings.threads)
    sockets: dict[int, Any] = {}
    addresses: Any = settings.listen  # socket addresses by now
    servers = [Server(app, sockets, dispatcher=tasks, adj=settings, sockinfo=each) for each in addresses]
    return servers[0]  # they share their sockets: running one runs all
