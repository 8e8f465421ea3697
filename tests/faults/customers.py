"""Customers who answer surveys from their mails, each twice, and try again where a connection breaks."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import requests

from tests.devhost.mailbox import Mail, Mailbox
from tests.flow.cast import survey_link

ANSWERED = 3  # every so many of the mails is answered
PATIENCE_SECONDS = 60
_INVITATION = re.compile(r"<invitation-(\d+)-(\d+)[-@]")


@dataclass
class Customers:
    """`answered`: (tenant id, invitation id) of what was taken; `broken`: tries that were not; `gave_up`: never taken."""

    mailbox: Mailbox
    answered: set[tuple[int, int]] = field(default_factory=set)
    broken: int = 0
    gave_up: int = 0
    _seen: int = 0
    _enough: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._until_enough, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Who is answering gets that done first."""
        self._enough.set()
        if self._thread is not None:
            self._thread.join(2 * PATIENCE_SECONDS)

    def answer_new(self) -> None:
        """The mails that came since the last time."""
        while self._answer_next():
            pass

    def _until_enough(self) -> None:
        while not self._enough.is_set():
            if not self._answer_next():
                self._enough.wait(0.05)

    def _answer_next(self) -> bool:
        if self._seen >= len(self.mailbox.messages):
            return False
        self._answer(self.mailbox.messages[self._seen])
        self._seen += ANSWERED
        return True

    def _answer(self, mail: Mail) -> None:
        found, until = _INVITATION.match(str(mail.message["message-id"])), time.monotonic() + PATIENCE_SECONDS
        assert found is not None
        while time.monotonic() < until:
            with suppress(requests.RequestException):
                _send_twice(survey_link(mail))
                self.answered.add((int(found[1]), int(found[2])))
                return
            self.broken += 1
            time.sleep(0.05)
        self.gave_up += 1


def _send_twice(link: str) -> None:
    page = requests.get(link, timeout=20)
    page.raise_for_status()
    nonce = re.search(r'name="nonce"[^>]*value="([^"]+)"', page.text)
    assert nonce is not None, "a survey without its form"
    form = {"nonce": nonce[1], "comment": "", "gesture": "touch 0 85 1500", "satisfaction": "4"}
    for _ in range(2):
        requests.post(link, data=form, timeout=20).raise_for_status()
