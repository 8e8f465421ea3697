"""Which language and time zone a screen speaks."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import flask_babel
from flask import Flask, has_request_context, request

from plugin.domain import LANGUAGES


def init_languages(app: Flask) -> None:
    """Jira says both in the address of a page; our own script repeats them in headers of the calls that follow."""
    flask_babel.Babel(
        app,
        default_translation_directories="web/translations",
        locale_selector=_language,
        timezone_selector=_time_zone,
    )


def _language() -> str:
    if not has_request_context():
        return "en"  # the worker says which language it wants each time it renders
    asked = request.args.get("loc", "").replace("_", "-").split("-")[0].lower()
    return asked if asked in LANGUAGES else browser_language()


def browser_language() -> str:
    """The first of the browser's languages that we speak, whatever its region: ja-JP is ja. Else English."""
    wanted = (tag.split("-")[0].lower() for tag in request.accept_languages.values())
    return next((tag for tag in wanted if tag in LANGUAGES), "en")


def asked_language() -> str:
    """The language that somebody picked on a page for customers, or ""."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else ""


def _time_zone() -> str:
    if not has_request_context():
        return "UTC"
    return known_time_zone(request.args.get("tz") or request.headers.get("X-Time-Zone", ""))


def known_time_zone(name: str) -> str:
    """The IANA name if it is one, else UTC."""
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        return "UTC"


def gettext(message: str, **values: object) -> str:
    """`message` in the reader's language; flask_babel's own, with a type."""
    text: str = flask_babel.gettext(message, **values)
    return text


def ngettext(one: str, many: str, num: int) -> str:
    """The same for a number of things."""
    text: str = flask_babel.ngettext(one, many, num)
    return text
