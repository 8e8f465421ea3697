"""Errors: for people a page that helps and reveals nothing, for everything else `{"error": code}` and no more.

tests/conformance/test_error_shape.py is the specification of both.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import force_locale
from werkzeug.exceptions import HTTPException

from connect import ConnectError, current_guard, is_for_machines
from plugin.errors import PluginError
from plugin.web.languages import asked_language, browser_language
from plugin.web.languages import gettext as _
from plugin.web.limits import RETRY_SECONDS

log = structlog.get_logger()

CODES: Mapping[int, str] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "internal_error",
}


def init_errors(app: Flask) -> None:
    app.register_error_handler(PluginError, _plugin_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def error_page(error: ConnectError) -> Response:
    """The platform's refusals on routes that people see."""
    return _answer(error.status, error.code, error.retry_after_seconds)


def _plugin_error(error: PluginError) -> Response:
    return _answer(error.status, error.code)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect that routing makes
        return make_response(error.response)
    status = error.code or 500
    if status not in CODES:
        status = 400 if status < 500 else 500
    answer = _answer(status, CODES[status], RETRY_SECONDS if status == 429 else None)
    answer.headers.update({name: value for name, value in error.get_headers() if name == "Allow"})
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", path_rule=str(request.url_rule), exc_info=error)
    return _answer(500, CODES[500])


def _answer(status: int, code: str, retry_after_seconds: int | None = None) -> Response:
    if _for_a_person():
        answer = make_response(_page_for_customers(status) if _for_a_customer() else _page_in_jira(status), status)
    else:
        answer = jsonify(error=code)
        answer.status_code = status
    if retry_after_seconds is not None:
        answer.headers["Retry-After"] = str(retry_after_seconds)
    return answer


def _for_a_person() -> bool:
    """Pages in Jira and surveys are; of addresses that we do not have, those that a browser opens."""
    guard = current_guard()
    if guard is not None:
        return guard.name in ("page", "survey_link", "preview")
    return "text/html" in request.headers.get("Accept", "") and not is_for_machines(request.path)


def _for_a_customer() -> bool:
    guard = current_guard()
    return request.path.startswith("/s/") if guard is None else guard.name == "survey_link"


def _page_for_customers(status: int) -> str:
    """In the language that was picked on the page, or the browser's, and with the look that they know."""
    language = asked_language() or browser_language()
    with force_locale(language):
        return render_template("web_public_error.html", status=status, language=language)


def _page_in_jira(status: int) -> str:
    title, advice = _words(status)
    return render_template("web_error.html", title=title, advice=advice)


def _words(status: int) -> tuple[str, str]:
    """What happened, and what to do now."""
    if status in (401, 403):
        return _("You can’t see this here"), _(
            "Open it from Jira, with an account that may see this project. If you just did, reload the page."
        )
    if status in (404, 410):
        return _("There is nothing here"), _("It may have been removed. Go back and reload the page.")
    if status == 429:
        return _("One moment, please"), _(
            "Very many requests came from you or from your network. Wait a minute, then reload the page."
        )
    if status in (503, 504):
        return _("This is taking a break"), _(
            "We could not reach Jira or our own database. Nothing is lost. Try again in a minute."
        )
    if status < 500:
        return _("That did not work"), _(
            "Something in the request was not as expected. Go back, reload the page and try again."
        )
    return _("That was our mistake"), _(
        "Something broke on our side. It has been noted. Try again, and tell your administrator if it stays."
    )
