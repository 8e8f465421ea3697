"""Each request gets an id, which its log lines carry, and the answer where something broke; and it is counted."""

from __future__ import annotations

import secrets
import time

import structlog
from flask import Flask, Response, g, request

from plugin import telemetry, tracing


def observe_requests(app: Flask) -> None:
    """Call it before anything else looks at requests."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_close)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)
    g.span = tracing.span("request", route=str(request.endpoint), request=g.request_id)
    g.span.__enter__()


def _end(response: Response) -> Response:
    if "began" in g:
        seconds = time.perf_counter() - g.began
        telemetry.count_request(str(request.endpoint), _method(), response.status_code, seconds)
        if response.status_code >= 500:  # for whoever reports it; refusals stay alike to the last byte
            response.headers["X-Request-Id"] = g.request_id
    return response


def _close(_error: BaseException | None) -> None:
    opened = g.pop("span", None)
    if opened is not None:
        opened.__exit__(None, None, None)


def _method() -> str:
    """Callers may invent methods; figures do not grow with them."""
    return request.method if request.method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS") else "other"
