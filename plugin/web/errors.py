"""Errors as pages that help a person and reveal nothing, and as one JSON shape for scripts."""

from __future__ import annotations

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from connect import ConnectError
from plugin.errors import Invalid, PluginError
from plugin.web.languages import gettext as _

log = structlog.get_logger()


def init_errors(app: Flask) -> None:
    app.register_error_handler(PluginError, _plugin_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def error_page(error: ConnectError) -> Response:
    """The platform's refusals on pages that people see."""
    return _page(error.status, error.retry_after_seconds)


def _plugin_error(error: PluginError) -> Response:
    if request.headers.get("HX-Request"):
        answer = jsonify(
            error=error.code, message=str(error) if isinstance(error, Invalid) else _words(error.status)[1]
        )
        answer.status_code = error.status
        return answer
    return _page(error.status)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect that routing makes
        return make_response(error.response)
    answer = _page(error.code or 500)
    answer.headers.update({name: value for name, value in error.get_headers() if name == "Allow"})
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", path_rule=str(request.url_rule), exc_info=error)
    return _page(500)


def _page(status: int, retry_after_seconds: int | None = None) -> Response:
    title, advice = _words(status)
    answer = make_response(render_template("web_error.html", title=title, advice=advice), status)
    if retry_after_seconds is not None:
        answer.headers["Retry-After"] = str(retry_after_seconds)
    return answer


def _words(status: int) -> tuple[str, str]:
    """What happened, and what to do now."""
    if status in (401, 403):
        return _("You can’t see this here"), _(
            "Open it from Jira, with an account that may see this project. If you just did, reload the page."
        )
    if status in (404, 410):
        return _("There is nothing here"), _("It may have been removed. Go back and reload the page.")
    if status in (503, 504, 429):
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
