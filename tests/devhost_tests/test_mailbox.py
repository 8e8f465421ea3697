"""The mail server keeps what it accepts and refuses whom it is told to."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.devhost.mailbox import Mailbox
from tests.free_ports import free_port


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(free_port())
    box.start()
    yield box
    box.stop()


def message(to: str = "kim@customer.example", subject: str = "How did it go?") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "team@vendor.example", to, subject
    mail.set_content("Tell us: http://127.0.0.1/s/abc\nLeave: http://127.0.0.1/leave")
    mail.add_alternative('<p><a href="http://127.0.0.1/s/abc?score=4">Four</a></p>', subtype="html")
    return mail


def send(mailbox: Mailbox, mail: EmailMessage) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(mailbox.host, mailbox.port, timeout=60) as server:
        return server.send_message(mail)


def test_a_message_is_kept_with_its_parts(mailbox: Mailbox) -> None:
    send(mailbox, message(subject="Wie lief’s? – Grüße"))
    mail = mailbox.wait_for("KIM@customer.example")[0]
    assert mail.subject == "Wie lief’s? – Grüße"
    assert mail.sender == "team@vendor.example"
    assert mail.recipients == ("kim@customer.example",)
    assert mail.text.startswith("Tell us:")
    assert "<a href" in mail.html
    assert ("To", "kim@customer.example") in mail.headers
    assert "=?utf-8?" in mail.source


def test_links_are_found_in_both_parts_once(mailbox: Mailbox) -> None:
    send(mailbox, message())
    assert mailbox.messages[0].links == [
        "http://127.0.0.1/s/abc?score=4",
        "http://127.0.0.1/s/abc",
        "http://127.0.0.1/leave",
    ]


@pytest.mark.parametrize("code", [550, 451])
def test_a_recipient_can_be_refused(mailbox: Mailbox, code: int) -> None:
    mailbox.refuse["kim@customer.example"] = code
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mailbox, message())
    assert refused.value.recipients["kim@customer.example"][0] == code
    assert mailbox.messages == []
    assert mailbox.refused == [("kim@customer.example", code)]


def test_only_the_named_recipient_is_refused(mailbox: Mailbox) -> None:
    mailbox.refuse["kim@customer.example"] = 550
    refused = send(mailbox, message(to="kim@customer.example, lee@customer.example"))
    assert list(refused) == ["kim@customer.example"]
    assert mailbox.messages[0].recipients == ("lee@customer.example",)


def test_everybody_can_be_refused(mailbox: Mailbox) -> None:
    mailbox.refuse["*"] = 451
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mailbox, message())


def test_a_refused_recipient_is_welcome_again_later(mailbox: Mailbox) -> None:
    mailbox.refuse["kim@customer.example"] = 451
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mailbox, message())
    mailbox.clear()
    send(mailbox, message())
    assert len(mailbox.wait_for("kim@customer.example")) == 1


def test_waiting_for_mail_that_never_comes_says_what_is_here(mailbox: Mailbox) -> None:
    send(mailbox, message())
    with pytest.raises(TimeoutError, match="How did it go"):
        mailbox.wait_for("lee@customer.example", timeout_seconds=0.01)


def test_the_mailbox_starts_again_on_its_port(mailbox: Mailbox) -> None:
    port = mailbox.port
    mailbox.stop()
    with pytest.raises(ConnectionRefusedError):
        send(mailbox, message())
    mailbox.start()
    assert mailbox.port == port
    send(mailbox, message())
