"""The HTTP server: waitress, with an end to requests that never end, and without two ways to say how long a body is.

waitress reads requests whole before a thread of ours sees them, so a slow client holds a socket and nothing else. But its
own timeout starts anew with every byte.
"""

from __future__ import annotations

import time
from typing import Any
from wsgiref.types import WSGIApplication

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

THREADS = 16  # of which most wait: for a commit that they share, or for Jira
HEADER_BYTES = 65_536
BODY_BYTES = 6_291_456  # the largest webhook, and some room
CONNECTIONS = 1000
REQUEST_SECONDS = 20
CLEANUP_SECONDS = 5


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

    def set_close_on_finish(self) -> None:
        """waitress closes connections whose answer has no Content-Length; an answer 204 has none, and is over all the same."""
        asked_to = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked_to or self.version != "1.1":
            super().set_close_on_finish()


class _Channel(HTTPChannel):
    parser_class = _Parser
    task_class = _Task


class Server(TcpWSGIServer):
    """`run` serves until SystemExit. `request_seconds`: how long a request may take to arrive."""

    channel_class = _Channel
    request_seconds: float = REQUEST_SECONDS

    def maintenance(self, now: int) -> None:
        super().maintenance(now)
        channels: Any = self.active_channels  # a dict, whatever the stubs say
        for channel in list(channels.values()):
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
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(settings.threads)
    sockets: dict[int, Any] = {}
    addresses: Any = settings.listen  # socket addresses by now
    servers = [Server(app, sockets, dispatcher=dispatcher, adj=settings, sockinfo=each) for each in addresses]
    return servers[0]  # they share their sockets: running one runs all
