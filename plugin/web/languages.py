"""Which language and time zone a screen speaks.

There are two catalogues: `messages` is what customers read, in every language of ours; `inside` is the screens in Jira, in
all but those written from right to left, which Jira itself does not have.
"""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import ZoneInfo

import flask_babel
from flask import Flask, has_request_context, request

from plugin.domain import LANGUAGES, RIGHT_TO_LEFT

INSIDE = [language for language in LANGUAGES if language not in RIGHT_TO_LEFT]
CATALOGUES = ("inside", "messages")  # where both translate a text, the words for customers count


def init_languages(app: Flask) -> None:
    """Jira says both in the address of a page; our own script repeats them in headers of the calls that follow."""
    flask_babel.Babel(
        app,
        default_domain=";".join(CATALOGUES),
        default_translation_directories=";".join(["web/translations"] * len(CATALOGUES)),
        locale_selector=_language,
        timezone_selector=_time_zone,
    )


def _language() -> str:
    if not has_request_context():
        return "en"  # the worker says which language it wants each time it renders
    return _known(request.args.get("loc", "")) or browser_language(INSIDE)


def spoken_inside(locale: str | None) -> str:
    """The language for somebody with this locale of Jira's ("de_DE"), or English."""
    return _known(locale or "") or "en"


def _known(locale: str) -> str:
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in INSIDE else ""


def browser_language(spoken: Collection[str] = tuple(LANGUAGES)) -> str:
    """The first of the browser's languages that is spoken here, whatever its region: ja-JP is ja. Else English."""
    wanted = (tag.split("-")[0].lower() for tag in request.accept_languages.values())
    return next((tag for tag in wanted if tag in spoken), "en")


def page_language() -> str:
    """What the page that is being made speaks."""
    return str(flask_babel.get_locale() or "en").split("_")[0]


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
