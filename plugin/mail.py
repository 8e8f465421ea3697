"""One message over SMTP, safe against what people put into names, subjects and addresses."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from plugin.errors import MailRefused, MailUnavailable
from plugin.ports import OutgoingMail

TIMEOUT_SECONDS = 20
_ONCE = [b"from", b"to", b"subject"]
_SIGNED = [
    *_ONCE,
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Deliberately narrow and linear in time: what it refuses, an admin can correct; what it lets through, SMTP decides.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}")


def is_mail_address(text: str) -> bool:
    """An address that we can mail: ASCII, one @, at most 254 characters."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None and ".." not in text


def one_line(text: str, longest: int = 200) -> str:
    """Text from people as one header-safe line: control characters and line breaks become spaces, and nothing is left
    that reads as an encoded word, in which Python's own header classes would find line breaks again."""
    return _CONTROL.sub(" ", text).replace("=?", "= ?").strip()[:longest]


@dataclass(frozen=True, slots=True)
class Signature:
    """Signs mails by DKIM (RFC 6376). `key` is an RSA key in PEM."""

    key: str = field(repr=False)
    selector: str

    def of(self, message: bytes, sender: str) -> bytes:
        """The header line for the domain of `sender`. Says for the headers that matter that there is just one of each."""
        domain = sender.rpartition("@")[2].encode()
        import dkim  # noqa: PLC0415 - 3 MB, for those who sign only

        signed: bytes = dkim.sign(
            message,
            self.selector.encode(),
            domain,
            self.key.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*_SIGNED, *_ONCE],
        )
        return signed


class SmtpMailer:
    """Sends by one SMTP server. `smtp://` uses STARTTLS where it is offered, `smtp+starttls://` insists on it."""

    def __init__(self, url: str, sender: str, signature: Signature | None = None) -> None:
        self._signature = signature
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or {"smtp": 25, "smtps": 465}.get(parts.scheme, 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender_name, self._sender_address = parseaddr(sender)

    def send(self, mail: OutgoingMail, now: datetime) -> None:
        """Raises MailRefused when trying again cannot help, MailUnavailable when it can."""
        message = self._message(mail, now).as_bytes(policy=SMTP)
        if self._signature is not None:
            message = self._signature.of(message, self._sender_address) + message
        with _smtp_errors(), self._connection() as smtp:
            smtp.sendmail(self._sender_address, [mail.to_address], message)

    def check(self) -> None:
        """Say hello and log in, and send nothing. Raises as `send` does."""
        with _smtp_errors(), self._connection() as smtp:
            smtp.noop()

    def _message(self, mail: OutgoingMail, now: datetime) -> EmailMessage:
        if not is_mail_address(mail.to_address):
            raise MailRefused("this is not a mail address")
        message = EmailMessage()
        message["From"] = _address(mail.from_name or self._sender_name, self._sender_address)
        message["To"] = _address(mail.to_name, mail.to_address)
        message["Subject"] = one_line(mail.subject)
        message["Date"] = format_datetime(now)
        message["Message-ID"] = mail.message_id
        message["Auto-Submitted"] = "auto-generated"
        for name, value in (mail.headers or {}).items():
            message[name] = one_line(value, 900)
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context()
        if self._scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            smtp = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        with smtp:
            smtp.ehlo()
            self._encrypt(smtp, context)
            if self._user:
                smtp.login(self._user, self._password)
            yield smtp

    def _encrypt(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if self._scheme == "smtps":
            return
        if smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif self._scheme == "smtp+starttls" or self._user:  # a password never travels in the clear
            raise MailUnavailable("the mail server offers no encryption")


@contextmanager
def _smtp_errors() -> Iterator[None]:
    """Map what SMTP says to whether trying again can help (RFC 5321 section 4.2.1: 4xx passing, 5xx final)."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        raise _refusal(code, words) from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailUnavailable(
            "the mail server refused our user or password"
        ) from error  # ours to mend, not the contact's
    except smtplib.SMTPSenderRefused as error:
        raise MailUnavailable(f"the mail server refused our sender address: {_words(error.smtp_error)}") from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPException as error:
        raise MailUnavailable("the mail server broke off") from error
    except OSError as error:
        raise MailUnavailable("the mail server cannot be reached") from error
    except ValueError as error:  # smtplib found a line end in a command; recipients were checked before
        raise MailUnavailable("our own host name or sender address cannot be told to a mail server") from error


def _refusal(code: int, words: bytes | str) -> MailRefused | MailUnavailable:
    kind = MailRefused if 500 <= code <= 599 else MailUnavailable
    return kind(f"{code} {_words(words)}")


def _words(words: bytes | str) -> str:
    return one_line(words.decode("utf-8", "replace") if isinstance(words, bytes) else words)


def _address(name: str, address: str) -> Address:
    return Address(one_line(name, 100), addr_spec=address)
