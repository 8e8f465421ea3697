"""Reads every line that the suite logs and every error that it is answered with, for what must not be in there.

Tokens, links, keys, sealed values and mail addresses are known by their shape; secrets and words of the local Jira's and of
our stories by what they begin with. A test during which something leaks fails, in whichever process it runs.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import flask
import structlog

from plugin.logs import PROCESSORS
from tests import canaries

MARKS = {
    "a token": r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    "a survey link": r"/s/[A-Za-z0-9_-]{43}",
    "a sealed value": r"gAAAAA[A-Za-z0-9_-]{20,}",
    "a key": r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}=",
    "a mail address": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+",
    "a shared secret": r"shared-secret-\w+|secret-[0-9a-f]{32}|acme-secret-a+|globex-secret-b+",
    "a word of a person": "|".join(map(re.escape, [*canaries.ALL, "canary"])),
}
_MARKS = {what: re.compile(mark) for what, mark in MARKS.items()}
# A form that comes back to be mended holds what was just typed into it, and belongs there.
_MENDED = (422,)
# Of the local Jira and the tests themselves; in production `plugin.logs` gives of a library its name and level only.
_OTHERS = ("devhost", "tests", "urllib3", "asyncio", "mail.log")


class Watch(logging.Handler):
    """Collects leaks until somebody takes them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._leaks: list[str] = []

    def start(self) -> None:
        """From now on, in this process: what we log, what libraries log as warnings, and our answers to what failed.
        Again where a test has set up logs of its own."""
        structlog.configure(
            processors=[*PROCESSORS, self._line],
            wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
            logger_factory=structlog.PrintLoggerFactory(),
        )
        logging.getLogger().addHandler(self)
        flask.request_finished.connect(self._answered, weak=False)

    def take(self) -> list[str]:
        found, self._leaks = self._leaks, []
        return found

    def look(self, where: str, text: str) -> None:
        for what, mark in _MARKS.items():
            if hit := mark.search(text):
                self._leaks.append(f"{what} in {where}: …{text[max(0, hit.start() - 60) : hit.end() + 20]}…")

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(_OTHERS):
            self.look(f"a line of {record.name}", self.format(record))

    def _line(self, _logger: Any, _method: str, line: Any) -> Any:
        self.look("a line of ours", str(line))
        return line

    def _answered(self, app: flask.Flask, response: flask.Response, **_more: Any) -> None:
        if app.name != "plugin" or response.status_code < 400 or response.status_code in _MENDED:
            return
        if flask.request.endpoint in ("surveys.answer", "consent.change") and response.status_code == 400:
            return
        text = "" if response.direct_passthrough else response.get_data(as_text=True)
        self.look(f"an answer {response.status_code} to {flask.request.endpoint}", f"{response.headers}\n{text}")


watch = Watch()
