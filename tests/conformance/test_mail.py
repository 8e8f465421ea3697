"""The mail that asks, attacked by what stands in issues and names, by poisoned requests, and on its way to the server."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plugin.errors import BadConfiguration, MailRefused, MailUnavailable
from plugin.invitations import mails
from plugin.mail import SmtpMailer
from plugin.ports import OutgoingMail, Ports
from plugin.settings import load_settings
from tests.conformance.cases import case
from tests.conformance.target import environment_of
from tests.devhost.mailbox import Mail, Mailbox
from tests.flow.cast import add_checkpoint, add_contact, add_customer, move
from tests.free_ports import free_port
from tests.plugin.asking import BASE_URL, NOW, TOKEN, Clock, a_contact, a_letter, an_app
from tests.running import Rapport

SENDER = "Rapport <rapport@rapport.example>"
TO = "mara.lindt@nordlicht.example"
GRETA = "greta@nordlicht.example"
FOREIGN = "evil.example"
LINE_ENDS = ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00", "\n ", "\r\n\r\n"]
ENCODED = ["=?utf-8?q?=0ABcc:_x=40evil.example?=", "=?utf-8?b?DQpCY2M6IHhAZXZpbC5leGFtcGxl?="]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """Composing a mail reads no database."""
    ports: Ports = an_app(f"sqlite:///{tmp_path_factory.mktemp('mails') / 'unused.db'}", Clock()).extensions["rapport"]
    yield ports
    ports.database.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox(free_port())
    mailbox.start()
    yield mailbox
    mailbox.stop()


def compose(ports: Ports, name: str = "Mara Lindt", **context: str) -> OutgoingMail:
    return mails.letter(ports, 1, a_letter(a_contact(name=name), **context))


def send(mailbox: Mailbox, mail: OutgoingMail, sender: str = SENDER) -> None:
    SmtpMailer(f"smtp://127.0.0.1:{mailbox.port}", sender).send(mail, NOW)


def received(mailbox: Mailbox, mail: OutgoingMail) -> Mail:
    """The mail as it comes out of a real mail server."""
    send(mailbox, mail)
    (mail_there,) = mailbox.messages
    return mail_there


@case("M01")
@pytest.mark.parametrize("evil", [*[f"{end}Bcc: x@{FOREIGN}" for end in LINE_ENDS], *ENCODED], ids=ascii)
def test_no_line_end_in_an_issue_makes_a_header(ports: Ports, mailbox: Mailbox, evil: str) -> None:
    usual = compose(ports)
    mail = received(mailbox, compose(ports, summary=f"Form{evil}", projectName=f"Shop{evil}"))
    raw = replace(
        usual, subject=f"Form{evil}", headers={**(usual.headers or {}), "X-Auto-Response-Suppress": f"All{evil}"}
    )
    send(mailbox, raw)  # even where nobody tidied the subject before
    mailbox.messages.reverse()
    send(mailbox, usual)
    names = [[name for name, _ in each.headers] for each in mailbox.messages]
    assert names == [names[-1]] * 3
    assert names[0].count("Subject") == 1
    assert mail.subject.startswith("Shop")
    assert {each.recipients for each in mailbox.messages} == {(TO,)}
    head = mail.raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    assert not re.search(rb"[^\x20-\x7e\t\n]", head)


@case("M03")
@pytest.mark.parametrize(
    "name",
    [f'"Lindt, Mara" <x@{FOREIGN}>', f"a, b@{FOREIGN}", f"x@{FOREIGN};y@{FOREIGN}", "Mara\\", '"', "<>", "(", f"a\r\nTo: x@{FOREIGN}", f"a\n,x@{FOREIGN}", f"group: x@{FOREIGN};", *ENCODED, "é, <ü>", ""],
    ids=ascii,
)  # fmt: skip
def test_a_strange_name_is_one_recipient(ports: Ports, mailbox: Mailbox, name: str) -> None:
    mail = received(mailbox, compose(ports, name=name))
    assert mail.recipients == (TO,)
    assert [address.addr_spec for address in mail.message["to"].addresses] == [TO]
    assert mail.message.get_all("to") == [mail.message["to"]]


@case("M05")
@pytest.mark.parametrize(
    "address",
    ["a" * 10_000 + "@example.com", "a@" + "b." * 5_000 + "com", "nobody", "@", "a@", "@b.example", "a@b@c.example", "a..b@c.example", "a@bücher.example", "mära@b.example", '"a b"@c.example', '"a\\"@evil.example"@c.example', "a@[127.0.0.1]", "a b@c.example", "a" * 64 + "@" + "a" * 100_000, "a@" + "a-" * 50_000, "." * 100_000, "", "a@b.example,c@d.example", "<a@b.example>"],
    ids=lambda address: ascii(address[:20]),
)  # fmt: skip
def test_an_address_that_cannot_be_mailed_is_refused_at_once(ports: Ports, mailbox: Mailbox, address: str) -> None:
    mail = replace(compose(ports), to_address=address)
    assert any(seconds_until_refused(mailbox, mail) < 0.05 for _ in range(5)), "also where the machine is busy"
    assert mailbox.messages == []


def seconds_until_refused(mailbox: Mailbox, mail: OutgoingMail) -> float:
    began_at = time.thread_time()
    with pytest.raises(MailRefused, match="not a mail address"):
        send(mailbox, mail)
    return time.thread_time() - began_at


@case("M06")
def test_a_poisoned_request_puts_no_other_host_into_a_mail(rapport: Rapport) -> None:
    _ask_greta(rapport)
    serve = rapport.app.wsgi_app

    def poisoned(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        names = ("X_FORWARDED_HOST", "X_FORWARDED_SERVER", "X_HOST", "X_ORIGINAL_HOST", "X_REWRITE_URL")
        environ |= {f"HTTP_{name}": FOREIGN for name in names}
        environ |= {"HTTP_FORWARDED": f"host={FOREIGN};proto=https", "SERVER_NAME": FOREIGN}
        return serve(environ, start)

    rapport.app.wsgi_app = poisoned  # type: ignore[method-assign]
    refused = rapport.app.test_client().post("/connect/events", base_url=f"http://{FOREIGN}", json={})
    assert refused.status_code == 400
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    (mail,) = rapport.mails_to(GRETA)
    assert len(mail.links) >= 6
    assert all(link.startswith(f"{rapport.settings.base_url}/s/") for link in mail.links)
    assert FOREIGN not in mail.source + mail.text + mail.html


@case("M07")
@pytest.mark.parametrize(
    "evil",
    [f"https://{FOREIGN}/login", f"//{FOREIGN}", f"www.{FOREIGN}", FOREIGN, f"x@{FOREIGN}", f"mailto:x@{FOREIGN}", "http://1.2.3.4", "javascript:alert(1)", f"[x](https://{FOREIGN})", f"<a href='https://{FOREIGN}'>x</a>", '"><img src=x onerror=alert(1)>', "<script>alert(1)</script>", "</style><b>", "&lt;b&gt;", "{{ 7*7 }}", "%(name)s"],
)  # fmt: skip
def test_what_stands_in_an_issue_is_text_and_no_link(ports: Ports, evil: str) -> None:
    usual, mail = compose(ports), compose(ports, name=evil, summary=f"see {evil} now", projectName=evil)
    assert re.findall(r"</?[a-z0-9]+", mail.html) == re.findall(r"</?[a-z0-9]+", usual.html)
    assert set(re.findall(r"(?:href|src)=\"([^\"?]+)", mail.html)) == {
        f"{BASE_URL}/s/{TOKEN}{page}" for page in ("", "/all", "/unsubscribe")
    }
    for part in (mail.text, re.sub(r"(?s)<style>.*?</style>|<[^>]+>", "", mail.html)):
        others = re.sub(rf"{BASE_URL}/s/{TOKEN}(\?score=\d|/all|/unsubscribe)?", "", part)
        assert re.findall(r"[a-z]:[\w/]|\w\.\w|\w@\w|//\w", others) == []
    assert mail.text.replace("\u200b", "").count(evil) == 3


@case("M09")
@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
def test_a_line_end_on_the_envelope_is_refused(
    ports: Ports, mailbox: Mailbox, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = f"{end}RCPT TO:<x@{FOREIGN}>"
    for recipient in (f"{TO}{evil}", f"mara{evil}@nordlicht.example", f"{TO}{end}"):
        with pytest.raises(MailRefused):
            send(mailbox, replace(compose(ports), to_address=recipient))
    for sender in (f"Rapport <rapport@rapport.example{evil}>", f"Rapport{evil} <rapport@rapport.example>"):
        with pytest.raises(BadConfiguration):
            load_settings(environment_of("sqlite://", RAPPORT_MAIL_FROM=sender))
    we, name_of = threading.get_ident(), socket.getfqdn  # the server, in a thread of its own, asks for its name, too
    ours = f"rapport.example\r\nMAIL FROM:<x@{FOREIGN}>{end}"
    monkeypatch.setattr(socket, "getfqdn", lambda *about: ours if threading.get_ident() == we else name_of(*about))
    with pytest.raises(MailUnavailable, match="host name"):
        send(mailbox, compose(ports))
    assert mailbox.messages == []


@case("M11")
def test_mails_say_that_a_machine_wrote_them_and_a_bounce_ends_them(rapport: Rapport) -> None:
    rapport.ask_at_any_hour(quiet_days=0)
    _ask_greta(rapport)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    (mail,) = rapport.mails_to(GRETA)
    assert (mail.message["Auto-Submitted"], mail.message["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert mail.sender == "rapport@rapport.example"  # who bounces to it reaches a mailbox of people: we read none
    mailbox = rapport.jira.mailbox
    mailbox.refuse[GRETA] = 550
    for target in ("In Progress", "In review") * 2:
        move(rapport, "DEMO-7", target)
        rapport.settle()
    rapport.clock.advance(days=1)
    rapport.settle()
    assert mailbox.refused == [(GRETA, 550)]
    assert rapport.mails_to(GRETA) == [mail]


def _ask_greta(rapport: Rapport) -> None:
    """From now on she is asked when an issue of DEMO comes into review."""
    add_checkpoint(rapport, "In review")
    customer = add_customer(rapport, "Nordlicht Handels GmbH")
    add_contact(rapport, customer, "Greta Probe", GRETA)


@dataclass
class Server:
    """A mail server that takes everything, and what it got to know."""

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    credentials: list[Any] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        self.credentials.append(given)
        return AuthResult(success=True)


@contextmanager
def mail_server(tls: ssl.SSLContext | None) -> Iterator[Server]:
    """Without `tls` it is what is left of a server after somebody between took STARTTLS away."""
    server = Server()
    server.port = free_port()
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        tls_context=tls,
        authenticator=server.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def certificate(folder: Path, host: str = "localhost", days: int = 30) -> tuple[Path, ssl.SSLContext]:
    """A self-signed one that ends in `days`: its file, and what a server needs to show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


def hand_over(ports: Ports, server: Server, scheme: str, login: str) -> None:
    SmtpMailer(f"{scheme}://{login}localhost:{server.port}", SENDER).send(compose(ports), NOW)


@case("M12")
class TestTheWayToTheServer:
    @pytest.mark.parametrize(
        ("scheme", "login"), [("smtp+starttls", ""), ("smtp+starttls", "u:secret@"), ("smtp", "u:secret@")]
    )
    def test_nothing_is_sent_where_encryption_was_taken_away(self, ports: Ports, scheme: str, login: str) -> None:
        with mail_server(None) as server:
            with pytest.raises(MailUnavailable, match="no encryption"):
                hand_over(ports, server, scheme, login)
            assert (server.mails, server.credentials) == ([], [])

    @pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls"])
    @pytest.mark.parametrize(
        ("host", "days", "trusted"), [("localhost", 30, False), ("other.example", 30, True), ("localhost", -1, True)]
    )
    def test_nothing_is_sent_under_a_bad_certificate(
        self,
        ports: Ports,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        scheme: str,
        host: str,
        days: int,
        trusted: bool,
    ) -> None:
        public, context = certificate(tmp_path, host, days)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(public))
        with mail_server(context) as server:
            with pytest.raises(MailUnavailable):
                hand_over(ports, server, scheme, "u:secret@")
            assert (server.mails, server.credentials) == ([], [])

    def test_a_good_certificate_opens_the_way(
        self, ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        public, context = certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        with mail_server(context) as server:
            hand_over(ports, server, "smtp+starttls", "u:secret@")
            assert (len(server.mails), len(server.credentials)) == (1, 1)
