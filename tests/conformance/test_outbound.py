"""Class O: our own calls to Jira, which go to one address, carry our signature, and trust nothing of what comes back."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connect import Connect, JiraError, JiraRejected, JiraSite, JiraUnreachable, Tenant
from connect.jira_clients import ConnectAuth
from connect.jira_transport import ANSWER_LIMIT, DEADLINE_SECONDS
from connect.transport import BoundedAdapter
from tests.conformance.cases import case
from tests.conformance.internet import answer
from tests.connect.raw_issue import API, RAW_ISSUE
from tests.connect.world import ACME, ADA, APP_KEY, BASE_URL, DESCRIPTOR, NOW, SECRET, Clock, HttpServer, MemoryStore
from tests.devhost.tokens import query_hash

CALLS: dict[str, Callable[[JiraSite], Any]] = {
    "issue": lambda site: site.get_issue("10007"),
    "search": lambda site: site.search_issues("project = DEMO"),
    "project": lambda site: site.get_project("10000"),
    "user": lambda site: site.get_user(ADA),
    "property": lambda site: site.set_issue_property("10007", "rapport-satisfaction", {"score": 4}),
    "comment": lambda site: site.add_comment("10007", {"type": "doc", "version": 1, "content": []}),
    "permissions": lambda site: site.check_permissions(ADA, [], []),
}
every_call = pytest.mark.parametrize("ask", CALLS.values(), ids=CALLS)
LEADS_ELSEWHERE = [
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost:1/",
    "https://evil.example/rest/api/3/issue/10007",
    "https://api.atlassian.com/ex/jira/0/rest/api/3/issue/10007",
    "file:///etc/passwd",
    "//evil.example/",
]


def connect_as(development: bool) -> Connect:
    return Connect(
        app_key=APP_KEY,
        base_url=BASE_URL,
        store=MemoryStore(),
        clock=Clock(),
        on_events=lambda told: [None for _ in told],
        descriptor_path=DESCRIPTOR,
        development=development,
    )


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer().running() as running:
        yield running


@pytest.fixture
def site(server: HttpServer) -> JiraSite:
    """A Jira on this machine."""
    return connect_as(development=True).site(replace(ACME, base_url=server.url))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[requests.PreparedRequest]:
    """What would have left the machine; every call is answered with an empty object."""
    sent: list[requests.PreparedRequest] = []

    def send(_self: BoundedAdapter, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        sent.append(request)
        return answer(request, 200, b"{}")

    monkeypatch.setattr(BoundedAdapter, "send", send)
    return sent


def ask_anyhow(ask: Callable[[JiraSite], Any], site: JiraSite) -> None:
    """Where the answer is not the point."""
    with suppress(JiraError):
        ask(site)


@case("O01")
@every_call
def test_every_call_goes_to_the_stored_host_by_https(
    sent: list[requests.PreparedRequest], ask: Callable[[JiraSite], Any]
) -> None:
    ask_anyhow(ask, connect_as(development=False).site(ACME))
    assert sent
    for request in sent:
        assert str(request.url).startswith("https://acme.atlassian.net/rest/api/3/")
    for elsewhere in [*LEADS_ELSEWHERE, "http://acme.atlassian.net/x", "https://acme.atlassian.net:8443/x",
                      "https://acme.atlassian.net.evil.example/x", "https://acme.atlassian.net@evil.example/x"]:  # fmt: skip
        request = requests.PreparedRequest()
        request.method, request.url, request.headers = "GET", elsewhere, requests.structures.CaseInsensitiveDict()
        with pytest.raises(JiraRejected):
            ConnectAuth(ACME, APP_KEY, Clock())(request)
        assert "Authorization" not in request.headers


@case("O02")
@pytest.mark.parametrize("elsewhere", LEADS_ELSEWHERE)
def test_addresses_in_an_answer_are_not_followed(site: JiraSite, server: HttpServer, elsewhere: str) -> None:
    fields = {**RAW_ISSUE["fields"], "attachment": [{"self": elsewhere, "content": elsewhere}]}
    raw = {**RAW_ISSUE, "self": elsewhere, "fields": fields}
    server.json("GET", f"{API}/issue/10007", raw)
    server.json("GET", f"{API}/search/jql", {"issues": [raw], "isLast": True, "nextPage": elsewhere, "next": elsewhere})
    person = {"accountId": ADA, "self": elsewhere, "displayName": "Ada", "avatarUrls": {"48x48": elsewhere}}
    server.json("GET", f"{API}/user", person)
    server.json("GET", f"{API}/project/10000", {"id": "10000", "key": "DEMO", "name": "Demo", "self": elsewhere})
    server.json("GET", f"{API}/project/10000/statuses", [])
    looked_up: list[str] = []
    real = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda host, *a, **k: looked_up.append(str(host)) or real(host, *a, **k))
        for name in ("issue", "search", "user", "project"):
            CALLS[name](site)
    assert set(looked_up) <= {"localhost"}
    assert [seen.path.removeprefix(API) for seen in server.seen] == [
        "/issue/10007", "/search/jql", "/user", "/project/10000", "/project/10000/statuses"
    ]  # fmt: skip


@case("O03")
@every_call
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_and_nobody_else_gets_the_token(
    site: JiraSite, server: HttpServer, ask: Callable[[JiraSite], Any], status: int
) -> None:
    with HttpServer().running() as thief:
        server.answers = _AnyPath((status, {"Location": f"{thief.url}/stolen"}, b""))
        with pytest.raises(JiraUnreachable, match="redirected"):
            ask(site)
        assert len(server.seen) == 1
        assert thief.seen == []


class _AnyPath(dict[tuple[str, str], Any]):
    """The same answer whatever is asked."""

    def __init__(self, one: Any) -> None:
        self._one = one
        super().__init__()

    def get(self, _key: Any, _default: Any = None) -> Any:
        return self._one


@case("O04")
@pytest.mark.parametrize(
    "peer", ["127.0.0.1", "::1", "10.0.0.8", "169.254.169.254", "192.168.1.1", "::ffff:127.0.0.1", "fd00::1"]
)
def test_a_name_that_leads_into_our_own_network_is_refused_before_anything_is_said(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch, peer: str
) -> None:
    """The name is answered with our server, whose connection then seems to end at `peer`."""
    real = socket.socket.getpeername
    monkeypatch.setattr(socket.socket, "getpeername", lambda self: (peer, 0) if peer != "127.0.0.1" else real(self))
    site = connect_as(development=False).site(replace(ACME, base_url=server.url))
    with pytest.raises(JiraUnreachable, match="private_address"):
        site.get_issue("10007")
    assert server.seen == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same limits, smaller; the real ones are asserted beside it."""
    assert (DEADLINE_SECONDS, ANSWER_LIMIT) == (10, 10_000_000)
    monkeypatch.setattr("connect.jira_transport.DEADLINE_SECONDS", 0.8)
    monkeypatch.setattr("connect.jira_transport.ANSWER_LIMIT", 200_000)


@contextmanager
def talking(say: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A Jira that answers one call with `say`, which is told when the caller has had enough."""
    listener, over = socket.create_server(("localhost", 0)), threading.Event()

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as line:
            line.recv(65_536)
            say(line, over)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join(60)
        listener.close()


def endless_chunks(line: socket.socket, over: threading.Event) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not over.is_set():
        line.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


def a_gigabyte(line: socket.socket, over: threading.Event) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while not over.is_set():
        line.sendall(b"x" * 65_536)


def gzip_bomb(line: socket.socket, over: threading.Event) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)
    over.wait(60)


def drip(line: socket.socket, over: threading.Event) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    while not over.wait(0.05):
        line.sendall(b" ")


def endless_headers(line: socket.socket, over: threading.Event) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.05):
        line.sendall(b"X-More: of it\r\n")


@case("O05")
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("say", [endless_chunks, a_gigabyte, gzip_bomb, drip, endless_headers])
def test_answers_without_end_are_given_up(say: Callable[[socket.socket, threading.Event], None]) -> None:
    with talking(say) as url:
        began = time.monotonic()
        with pytest.raises(JiraUnreachable, match=r"answer_too_large|timeout|unreachable"):
            connect_as(development=True).site(replace(ACME, base_url=url)).get_issue("10007")
        assert time.monotonic() - began < 60  # they would never end


@case("O06")
@every_call
def test_a_token_of_ours_is_short_lived_and_for_this_one_address(
    site: JiraSite, server: HttpServer, ask: Callable[[JiraSite], Any]
) -> None:
    ask_anyhow(ask, site)
    assert server.seen
    for seen in server.seen:
        scheme, token = seen.headers["Authorization"].split(" ")
        options = {"verify_exp": False, "verify_iat": False}
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience=ACME.client_key, options=options)  # type: ignore[arg-type]
        assert (scheme, claims["iss"]) == ("JWT", APP_KEY)
        assert 0 < claims["exp"] - claims["iat"] <= 180
        assert claims["qsh"] == query_hash(seen.method, seen.target)
        assert "jwt=" not in seen.target
        if seen.method == "GET":
            assert seen.body == b""
            assert "Transfer-Encoding" not in seen.headers
        elif seen.body:
            json.loads(seen.body)


def certificate_of(folder: Path, host: str) -> tuple[Path, bytes]:
    """Self-signed, for `host`: the file that a server needs, and what somebody who trusts it needs."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=3650))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(Encoding.PEM)
    path = folder / f"{host}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + public)
    return path, public


@case("O09")
@pytest.mark.parametrize("kind", ["self-signed", "other host", "trusted"])
def test_a_certificate_that_does_not_fit_ends_the_call_before_anything_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path, public = certificate_of(tmp_path, "other.example" if kind == "other host" else "localhost")
    if kind != "self-signed":  # somebody vouches for it
        (tmp_path / "trusted.pem").write_bytes(public)
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "trusted.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        with listener.accept()[0] as plain, suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
            heard.append(secure.recv(1_000))

    with socket.create_server(("localhost", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        tenant: Tenant = replace(ACME, base_url=f"https://localhost:{listener.getsockname()[1]}")
        with pytest.raises(JiraUnreachable):
            connect_as(development=True).site(tenant).get_issue("10007")
        thread.join(60)
    if kind == "trusted":  # the test itself can tell
        assert heard[0].startswith(b"GET /rest/api/3/issue/10007")
    else:
        assert heard in ([], [b""])
