"""A mail server that keeps what it gets, and refuses whom a test names."""

from __future__ import annotations

import re
import socket
import threading
from asyncio import AbstractServer
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

REFUSALS = {
    550: "550 5.1.1 No such mailbox here",
    451: "451 4.7.1 Try again later",
}
URL = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True)
class Mail:
    """One message as it was accepted, for the recipients that were accepted."""

    sender: str  # of the envelope, as are the recipients
    recipients: tuple[str, ...]
    at: datetime
    raw: bytes
    message: EmailMessage

    @property
    def subject(self) -> str:
        """Decoded subject line."""
        return str(self.message["subject"] or "")

    @property
    def to(self) -> str:
        """The To header as its reader sees it."""
        return str(self.message["to"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """All headers in order, decoded."""
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def text(self) -> str:
        """The plain part, or ``""``."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part, or ``""``."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""

    @property
    def links(self) -> list[str]:
        """Every link of the message once: those of the HTML part first, then further ones of the text part."""
        finder = _Links()
        finder.feed(self.html)
        return list(dict.fromkeys([*finder.found, *URL.findall(self.text)]))

    @property
    def source(self) -> str:
        """The message as it came over the wire."""
        return self.raw.decode("utf-8", "replace")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


class Mailbox:
    """Everything that was accepted, oldest first; and who is refused.

    ``refuse`` maps an address (lower case, "*" for everybody) to 550 (for good) or 451 (for now).
    ``host`` and ``port`` are where the server listens once it runs.
    """

    def __init__(self, port: int = 0) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.messages: list[Mail] = []
        self.refuse: dict[str, int] = {}
        self.refused: list[tuple[str, int]] = []  # every refusal that was given: address, code
        self._arrived = threading.Condition()
        self._server: _Server | None = None

    def start(self) -> None:
        """Listen on ``port``, or on a free one if it is 0; ``port`` then tells which."""
        listener = socket.create_server((self.host, self.port))
        self.port = listener.getsockname()[1]
        self._server = _Server(_Handler(self), listener)
        self._server.start()

    def stop(self) -> None:
        """Stop listening; the messages stay."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def clear(self) -> None:
        """Forget messages and refusals."""
        with self._arrived:
            self.messages.clear()
            self.refused.clear()
            self.refuse.clear()

    def to(self, address: str) -> list[Mail]:
        """Messages whose envelope names the address."""
        return [each for each in self.messages if address.lower() in map(str.lower, each.recipients)]

    def wait_for(self, address: str, count: int = 1, timeout_seconds: float = 60.0) -> list[Mail]:
        """Wait until at least *count* messages for the address are here, and give them; `TimeoutError` if not."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.to(address)) >= count, timeout_seconds):
                here = ", ".join(f"{each.subject!r} to {each.recipients}" for each in self.messages) or "nothing"
                raise TimeoutError(f"{len(self.to(address))} of {count} messages for {address}; here is {here}")
            return self.to(address)

    def answer_recipient(self, address: str) -> str | None:
        """The refusal for an address, or None if it is welcome."""
        code = self.refuse.get(address.lower(), self.refuse.get("*"))
        if code is None:
            return None
        with self._arrived:
            self.refused.append((address, code))
        return REFUSALS[code]

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Take a message in."""
        message = message_from_bytes(raw, policy=policy.default)
        mail = Mail(sender, tuple(recipients), datetime.now(UTC), raw, message)
        with self._arrived:
            self.messages.append(mail)
            self._arrived.notify_all()


class _Handler:
    """What aiosmtpd calls; the names are its own."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.mailbox.answer_recipient(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        self.mailbox.keep(envelope.mail_from or "", list(envelope.rcpt_tos), raw)
        return "250 Message accepted"


class _Server(Controller):
    """The controller on a socket that is bound already, so that no port is lost between choosing and using it."""

    def __init__(self, handler: _Handler, listener: socket.socket) -> None:
        host, port = listener.getsockname()
        self.listener = listener
        super().__init__(handler, hostname=host, port=port, enable_SMTPUTF8=True)

    def _create_server(self) -> Coroutine[Any, Any, AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.listener)
