"""Mails are signed by DKIM where a key is set, and the signature holds for what the mail server got."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from plugin.app import mailer_of
from plugin.errors import BadConfiguration
from plugin.ports import OutgoingMail
from plugin.settings import load_settings
from tests.conformance.target import environment_of
from tests.devhost.mailbox import Mailbox
from tests.free_ports import free_port
from tests.plugin.asking import NOW

MAIL = OutgoingMail(
    "Mara Lindt",
    "mara.lindt@nordlicht.example",
    "Web shop: how satisfied are you?",
    "Grüße,\n\n" + "word " * 300,
    "<p>Grüße</p>",
    "<invitation-1-41@rapport.example>",
    headers={
        "List-Unsubscribe": "<https://rapport.example/s/x/unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox(free_port())
    mailbox.start()
    yield mailbox
    mailbox.stop()


def sent(mailbox: Mailbox, mail: OutgoingMail = MAIL, **more: str) -> bytes:
    settings = load_settings(environment_of("sqlite://", RAPPORT_SMTP_URL=f"smtp://127.0.0.1:{mailbox.port}", **more))
    mailer_of(settings).send(mail, NOW)
    return mailbox.messages[0].raw


def holds(raw: bytes, key: rsa.RSAPrivateKey) -> bool:
    """As a receiver checks it, who finds the public half in the DNS."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    asked: list[bytes] = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    ok: bool = dkim.verify(raw, dnsfunc=dns)
    assert asked == [b"s1._domainkey.rapport.example."]
    return ok


def test_the_signature_holds_and_breaks_with_the_mail(mailbox: Mailbox, key: rsa.RSAPrivateKey) -> None:
    raw = sent(mailbox, RAPPORT_DKIM_KEY=pem(key), RAPPORT_DKIM_SELECTOR="s1")
    assert holds(raw, key)
    assert not holds(raw.replace(b"One-Click", b"Two-Click"), key)
    assert not holds(raw.replace(b"how satisfied", b"how angry"), key)
    assert not holds(b"Subject: another one\r\n" + raw, key)


def test_without_a_key_nothing_is_signed(mailbox: Mailbox) -> None:
    assert b"DKIM-Signature" not in sent(mailbox, replace(MAIL, headers=None))


@pytest.mark.parametrize(
    "wrong",
    [
        {"RAPPORT_DKIM_KEY": "no key"},
        {"RAPPORT_DKIM_KEY": pem(ec.generate_private_key(ec.SECP256R1()))},
        {"RAPPORT_DKIM_SELECTOR": "a b"},
        {"RAPPORT_DKIM_SELECTOR": ""},
    ],
)
def test_a_key_that_cannot_sign_stops_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(BadConfiguration, match="RAPPORT_DKIM_") as refused:
        load_settings(environment_of("sqlite://", **wrong))
    assert "PRIVATE" not in str(refused.value)
