"""Small things every deployment needs: whether the process lives, and the shared templates' words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from babel.dates import format_date, format_time
from babel.lists import format_list
from flask import Blueprint, Response, current_app, jsonify
from flask_babel import format_decimal, format_percent, get_locale
from flask_babel import get_timezone as selected_time_zone

from connect import Unavailable, public
from plugin.domain import LANGUAGES, RIGHT_TO_LEFT
from plugin.jobs import service as jobs
from plugin.migrations import is_up_to_date
from plugin.web.context import ports
from plugin.web.languages import page_language
from plugin.web.security_txt import security_txt

ALARM_SECONDS = 100  # with a look every 20 s, a stall is known within two minutes

blueprint = Blueprint("web", __name__)

# How htmx behaves on our screens: no eval, no inline style, and a form with mistakes (422) is shown like any screen.
HTMX_CONFIG = json.dumps(
    {
        "allowEval": False,
        "includeIndicatorStyles": False,
        "historyEnabled": False,
        "selfRequestsOnly": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "422", "swap": True},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }
)
_STATIC = Path(__file__).parent / "static"
FRAME_FILES = (_STATIC / "jira.css", _STATIC / "vendor/htmx.min.js", _STATIC / "rapport-icon.svg")  # of screens in Jira


@blueprint.get("/health")
@public
def health() -> Response:
    """The process lives."""
    return jsonify(status="ok")


@blueprint.get("/ready")
@public
def ready() -> Response:
    """The process can take requests: its database answers and has the tables of this release. 503 otherwise.

    A missing worker is no reason to be left out: what Jira tells us must still be stored.
    """
    try:
        ready = is_up_to_date(ports().database)
    except Unavailable as error:
        raise Unavailable("not_ready") from error
    if not ready:
        raise Unavailable("not_migrated")
    return jsonify(status="ok")


@blueprint.get("/ready/work")
@public
def ready_work() -> Response:
    """Work is being done: some worker was seen lately, and nothing that is due waits for long. 503 otherwise, for an alarm."""
    standing = jobs.standing(ports().database, ports().clock())
    if standing.worker_age_seconds is None or standing.worker_age_seconds > ALARM_SECONDS:
        raise Unavailable("no_worker")
    if standing.oldest_due_seconds > ALARM_SECONDS:
        raise Unavailable("work_is_late")
    return jsonify(status="ok")


@blueprint.get("/.well-known/security.txt")
@public
def security() -> Response:
    """Where to report a weakness."""
    text = security_txt(ports().base_url, current_app.config["SECURITY_CONTACT"], ports().clock())
    return Response(text, content_type="text/plain; charset=utf-8")


@blueprint.app_context_processor
def words_for_templates() -> dict[str, Any]:
    language = page_language()
    return {
        "page_language": language,
        "page_direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "page_time_zone": str(selected_time_zone() or "UTC"),
        "languages": LANGUAGES,
        "htmx_config": HTMX_CONFIG,
    }


@blueprint.app_template_filter()
def moment(value: datetime) -> str:
    """Date and time in the reader's language and zone."""
    return _moment(_local(value).replace(second=0, microsecond=0), str(get_locale() or "en"))


@blueprint.app_template_filter()
def day(value: date) -> str:
    """Date in the reader's language, and zone where it is a moment."""
    on = _local(value).date() if isinstance(value, datetime) else value
    return _day(on, str(get_locale() or "en"))


def _local(value: datetime) -> datetime:
    """As the reader's clock shows it, without its zone."""
    return value.astimezone(selected_time_zone() or UTC).replace(tzinfo=None)


@lru_cache(4096)
def _moment(minute: datetime, language: str) -> str:
    return f"{format_date(minute, 'medium', language)}, {format_time(minute, 'short', locale=language)}"


@lru_cache(4096)
def _day(value: date, language: str) -> str:
    return format_date(value, "medium", language)


@blueprint.app_template_filter()
def clock(value: datetime) -> str:
    """The time of day in the reader's language and zone."""
    return format_time(_local(value), "short", locale=str(get_locale() or "en"))


@blueprint.app_template_filter()
def number(value: int) -> str:
    """A count as the reader's language writes it: 12,400."""
    return str(format_decimal(value))


@blueprint.app_template_filter()
def percent(share: float) -> str:
    """A share 0…1 as a whole per cent, half away from zero, as the reader's language writes it: 85%."""
    return str(format_percent(int(share * 100 + 0.5) / 100))


@blueprint.app_template_filter()
def tenths(value: float) -> str:
    """With one decimal, as the reader's language writes it: 4.0, 3.5."""
    return str(format_decimal(value, "0.0"))


@blueprint.app_template_filter()
def signed(value: float, decimals: int = 0) -> str:
    """A difference with its sign, as the reader's language writes it: +12, -0.5."""
    digits = f"{0:.{decimals}f}"
    return str(format_decimal(value, f"+{digits};-{digits}"))


@blueprint.app_template_filter()
def listed(names: Iterable[str], style: Literal["standard", "or"] = "standard") -> str:
    """Names in a row as the reader's language joins them: a, b, and c; with `style` "or": a, b, or c."""
    return format_list(list(names), style, str(get_locale() or "en"))


@blueprint.app_template_filter()
def score(value: float) -> str:
    """A score without needless decimals, as the reader's language writes it: 4, 3.5."""
    return str(format_decimal(value))
