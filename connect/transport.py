"""HTTP calls that cannot hang, swell or be sent elsewhere: one adapter for everything that we fetch."""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import threading
import time
from typing import Any

from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_SECONDS = 3.0
_CHUNK = 65_536
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_call = threading.local()


class Redirected(RequestException):
    """The server pointed elsewhere. We never follow: a signed call is made for one address."""


class AnswerTooLarge(RequestException):
    """More bytes than the limit, counted after decompression."""


class PrivateAddress(RequestException):
    """The name led to an address inside our own network."""


class BoundedAdapter(HTTPAdapter):
    """Answers are read whole, within `deadline_seconds` from start to end and `byte_limit` bytes.

    A timeout of requests starts anew with every byte; the deadline here does not. `private_addresses` allows servers
    in our own network: for development only. Failures are requests' exceptions and those above.
    """

    def __init__(self, *, deadline_seconds: float, byte_limit: int, private_addresses: bool) -> None:
        self._deadline_seconds = deadline_seconds
        self._byte_limit = byte_limit
        self._private_addresses = private_addresses
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def send(self, request: PreparedRequest, *_args: Any, **_options: Any) -> Response:
        """Ignores what the libraries wish for: time, certificate checks and proxies are settled here."""
        _call.deadline = time.monotonic() + self._deadline_seconds
        _call.private_addresses = self._private_addresses
        try:
            response = super().send(request, stream=True, timeout=(CONNECT_SECONDS, self._deadline_seconds))
        except _PeerIsPrivate:
            raise PrivateAddress(request=request) from None
        try:
            if response.is_redirect:
                raise Redirected(response=response)
            response._content = self._read(response)
        except BaseException:
            response.close()
            raise
        return response

    def _read(self, response: Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_content(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > self._byte_limit:
                raise AnswerTooLarge(response=response)
        return b"".join(parts)


class _PeerIsPrivate(Exception):
    """No OSError, which urllib3 would take for a broken connection."""


class _DeadlineReader(io.RawIOBase):
    """Reads a socket; each read may take what is left of the call's time."""

    def __init__(self, sock: socket.socket, source: io.RawIOBase) -> None:
        self._sock = sock
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _call.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        self._sock.settimeout(left)
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_DeadlineReader(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    response_class = _DeadlineResponse

    def connect(self) -> None:
        super().connect()
        _refuse_private(self)


class _TlsConnection(HTTPSConnection):
    response_class = _DeadlineResponse

    def connect(self) -> None:
        super().connect()
        _refuse_private(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _refuse_private(connection: HTTPConnection) -> None:
    """Asks the open connection, not the name service: a name can be answered differently a moment later."""
    if _call.private_addresses:
        return
    if not is_public(connection.sock.getpeername()[0]):
        raise _PeerIsPrivate


def is_public(address: str) -> bool:
    """Whether an IP address, and any IPv4 address that is hidden in it, is one of the public internet."""
    peer = ipaddress.ip_address(address.partition("%")[0])
    peer = getattr(peer, "ipv4_mapped", None) or peer
    hidden = [peer]
    if isinstance(peer, ipaddress.IPv6Address):
        hidden += [each for each in (peer.sixtofour, *(peer.teredo or ())) if each is not None]
        hidden += [ipaddress.IPv4Address(int(peer) & 0xFFFFFFFF)] if peer in _NAT64 else []
    return all(each.is_global and not each.is_multicast for each in hidden)
