"""Calls that cannot hang, swell or be led astray, against servers that try."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connect.transport import AnswerTooLarge, BoundedAdapter, PrivateAddress, Redirected, is_public
from tests.connect.world import NOW, HttpServer

DEADLINE = 0.6


def get(
    url: str, *, private_addresses: bool = True, byte_limit: int = 100_000, deadline: float = DEADLINE
) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        adapter = BoundedAdapter(deadline_seconds=deadline, byte_limit=byte_limit, private_addresses=private_addresses)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session.get(url)


@contextmanager
def talking(say: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A server that answers one connection with `say`, which is told when the caller has had enough."""
    listener, over = socket.create_server(("localhost", 0)), threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            try:
                say(connection, over)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{listener.getsockname()[1]}/"
    finally:
        over.set()
        thread.join(60)
        listener.close()


def drip(prefix: bytes, seconds: float = 0.05) -> Callable[[socket.socket, threading.Event], None]:
    """One byte every so often, for as long as somebody listens: no single read ever times out."""

    def say(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(prefix)
        while not over.wait(seconds):
            connection.sendall(b"x")

    return say


@pytest.mark.parametrize(
    "prefix",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    ],
    ids=["status", "header", "length", "until close", "chunk"],
)
def test_an_answer_that_drips_is_cut_at_the_deadline(prefix: bytes) -> None:
    with talking(drip(prefix)) as url:
        started = time.monotonic()
        with pytest.raises(requests.RequestException):
            get(url)
        assert time.monotonic() - started < DEADLINE + 60  # it would drip for ever


def test_a_steady_trickle_is_cut_at_the_deadline() -> None:
    with talking(drip(b"HTTP/1.1 200 OK\r\n\r\n", seconds=0.003)) as url:
        started = time.monotonic()
        with pytest.raises(requests.RequestException):
            get(url)
        assert time.monotonic() - started < DEADLINE + 60  # it would drip for ever


def test_an_answer_that_starts_late_and_stops_gets_no_second_deadline() -> None:
    deadline = 6.0  # so that a second one would be told from a busy machine

    def say(connection: socket.socket, over: threading.Event) -> None:
        over.wait(deadline * 0.9)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        over.wait(60)

    with talking(say) as url:
        started = time.monotonic()
        with pytest.raises(requests.RequestException):
            get(url, deadline=deadline)
        assert time.monotonic() - started < deadline * 1.85


def test_an_answer_that_never_starts_is_cut_at_the_deadline() -> None:
    with talking(lambda _connection, over: over.wait(60) and None) as url, pytest.raises(requests.Timeout):
        get(url)


def test_an_endless_answer_is_cut_at_the_limit() -> None:
    def say(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.is_set():
            connection.sendall(b"x" * 10_000)

    with talking(say) as url, pytest.raises(AnswerTooLarge):
        get(url)


def test_bytes_are_counted_after_decompression(server: HttpServer) -> None:
    server.raw("GET", "/bomb", 200, gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip")
    with pytest.raises(AnswerTooLarge):
        get(f"{server.url}/bomb")


def test_an_answer_cut_short_is_no_answer() -> None:
    def say(connection: socket.socket, _over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    with talking(say) as url, pytest.raises(requests.RequestException):
        get(url)


@pytest.mark.parametrize(
    "location", ["http://localhost:1/", "/other", "//evil.example/", "file:///etc/passwd", "https://evil.example/"]
)
def test_no_redirect_is_followed(server: HttpServer, location: str) -> None:
    server.raw("GET", "/", 302, Location=location)
    with pytest.raises(Redirected):
        get(f"{server.url}/")
    assert len(server.seen) == 1


def test_addresses_in_our_own_network_are_refused_before_anything_is_sent(server: HttpServer) -> None:
    for host in ("localhost", "127.0.0.1"):
        with pytest.raises(PrivateAddress):
            get(server.url.replace("localhost", host) + "/", private_addresses=False)
    assert server.seen == []


INSIDE = ("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "2002:a00:1::1", "2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "ff02::1")  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_of_our_own_network_are_known_also_where_they_hide_in_others(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["104.192.141.1", "::ffff:104.192.141.1", "2606:4700::1", "64:ff9b::68c0:8d01"])
def test_addresses_of_the_internet_may_be_called(address: str) -> None:
    assert is_public(address)


def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_anything_is_sent(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        with listener.accept()[0] as plain, suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
            heard.append(secure.recv(1000))

    with socket.create_server(("localhost", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises(requests.exceptions.SSLError):
            get(f"https://localhost:{listener.getsockname()[1]}/")
        thread.join(60)
    assert heard in ([], [b""])


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=3650))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


def test_ordinary_answers_arrive_whole_and_connections_are_kept(server: HttpServer) -> None:
    server.raw("GET", "/big", 200, b"y" * 90_000)
    server.raw("GET", "/empty", 204)
    assert get(f"{server.url}/big").content == b"y" * 90_000
    assert get(f"{server.url}/empty").status_code == 204
