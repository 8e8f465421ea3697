"""What is written down while we run: JSON lines on standard error, with ids and words of our own, nothing of anybody else's."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger


def _without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of an error its kinds and places. What it says may quote a row, an address or a token."""
    for error in event.get("exception") or []:
        _clear(error)
    return event


def _clear(error: dict[str, Any]) -> None:
    error.update(exc_value="", exc_notes=[], syntax_error=None)
    for nested in error.get("exceptions") or []:
        for each in nested if isinstance(nested, list) else [nested]:
            _clear(each)


PROCESSORS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),  # locals hold secrets
    _without_words,
    structlog.processors.JSONRenderer(),
)


def configure_logs(level: str) -> None:
    """`level` is debug, info, warning or error; of libraries only warnings count, without what they say."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s", force=True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_NameAndLevel())
    structlog.configure(
        processors=PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class _NameAndLevel(logging.Formatter):
    """A library's line without its message and its traceback, which quote what was asked."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.name} {record.levelname}"
