"""What every refusal must hold, whatever it is for."""

from __future__ import annotations

import json
import re
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from connect.guards import guard_of
from tests.conformance.target import Request, Target

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    413: "payload_too_large",
    415: "unsupported_media_type",
    503: "unavailable",
}
_LONG = re.compile(r"[A-Za-z0-9_+/=.-]{24,}")


def refuses(
    app: Target, request: Request, reason: str, *, status: int = 401, calls: int = 0, alarm: bool = False
) -> Response:
    """Send it, and check status, the reason in the log, and all that every refusal has in common: a fixed body that
    repeats nothing, no-store, no cookie, no row changed, no call of ours but `calls`, and one line in the log without
    token, secret or mail address."""
    before, called = app.rows(), len(app.internet.calls)
    with app.log() as lines:
        answer = app.send(request)
    assert (answer.status_code, [line.get("reason") for line in lines]) == (status, [reason])
    assert (lines[0]["log_level"] == "error") == alarm
    assert app.rows() == before
    assert len(app.internet.calls) - called == calls
    _check_headers(answer, status)
    _check_body(app, request, answer, status)
    _check_silence(app, request, lines)
    return answer


def _check_headers(answer: Response, status: int) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"] or status == 403
    assert "Set-Cookie" not in answer.headers
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    if status == 503:
        assert 1 <= int(answer.headers["Retry-After"]) <= 10


def _check_body(app: Target, request: Request, answer: Response, status: int) -> None:
    if not _for_a_person(app, request):
        assert answer.content_type == "application/json"
        assert json.loads(answer.data) == {"error": CODES[status]}
        return
    text = answer.get_data(as_text=True)
    assert answer.content_type == "text/html; charset=utf-8"
    assert len(text) < 4_000
    assert not [part for part in _sent_by(request) if part in text]


def _for_a_person(app: Target, request: Request) -> bool:
    """Pages and surveys refuse in words; everything else in JSON."""
    environ = request.environ()
    try:
        endpoint, _ = app.app.url_map.bind("rapport.example").match(environ["PATH_INFO"], request.method)
    except HTTPException:
        return False
    guard = guard_of(app.app, endpoint)
    return guard is not None and guard.name in ("page", "survey_link")


def _check_silence(app: Target, request: Request, lines: list[Any]) -> None:
    written = repr(lines)
    assert "@" not in written
    secrets = (app.acme.secret, app.globex.secret, *_sent_by(request))
    assert not [secret for secret in secrets if secret in written]


def _sent_by(request: Request) -> set[str]:
    """Everything long in a request: tokens and their parts, secrets, keys."""
    sent = " ".join([request.target, *request.headers.values(), request.body[:20_000].decode("latin-1")])
    words = set(_LONG.findall(sent))
    return {part for word in words for part in (word, *word.split(".")) if len(part) >= 24} - {request.target}
