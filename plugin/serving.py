"""The HTTP server: waitress, with an end to requests that never end, and without two ways to say how long a body is.

waitress reads requests whole before a thread of ours sees them, so a slow client holds a socket and nothing else. But its
own timeout starts anew with every byte.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any
from wsgiref.types import WSGIApplication

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


class _Parser(HTTPRequestParser):
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

    def set_close_on_finish(self) -> None:
        """waitress closes connections whose answer has no Content-Length; an answer 204 has none, and is over all the same."""
        asked_to = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked_to or self.version != "1.1":
            super().set_close_on_finish()


class _Channel(HTTPChannel):
    parser_class = _Parser
    task_class = _Task


class Server(TcpWSGIServer):
    """`run` serves until `stop`, and answers what has come in by then. `request_seconds`: how long a request may take to
    arrive."""

    channel_class = _Channel
    request_seconds: float = REQUEST_SECONDS
    stopping = False
    active_channels: Any  # a dict, whatever the stubs say
    _map: dict[int, Any]  # all sockets, by number

    def stop(self) -> None:
        """From a signal's handler, or another thread."""
        self.stopping = True
        self.pull_trigger()

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
        self.asyncore.loop(timeout=timeout, map=self._map, use_poll=self.adj.asyncore_use_poll, count=1)

    def _close_door(self) -> None:
        """Whoever comes from now on is refused, and can go to another process; who stands before the door is let in."""
        for each in [each for each in self._map.values() if isinstance(each, Server)]:
            each.stopping = True
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


def create_http_server(app: WSGIApplication, host: str, port: int, **adjustments: Any) -> Server:
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
    tasks = ThreadedTaskDispatcher()
    tasks.set_thread_count(settings.threads)
    sockets: dict[int, Any] = {}
    addresses: Any = settings.listen  # socket addresses by now
    servers = [Server(app, sockets, dispatcher=tasks, adj=settings, sockinfo=each) for each in addresses]
    return servers[0]  # they share their sockets: running one runs all
