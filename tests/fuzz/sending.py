"""Sends a request to the app under attack, from one of many addresses so that the rate limits do not hide the rest."""

from __future__ import annotations

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from tests.conformance.target import Request, Target
from tests.fuzz.result import Result
from tests.running import Rapport

ADDRESSES = 1_000


def send(app: Target | Rapport, request: Request, result: Result) -> Response | None:
    """None, and a fault in `result`, where the app itself breaks down."""
    environ = request.environ()
    environ["REMOTE_ADDR"] = f"198.51.{result.cases % ADDRESSES // 250}.{result.cases % 250 + 1}"
    try:
        return Response(*run_wsgi_app(app.app, environ))
    except Exception as error:  # a server would answer 500
        result.cases += 1
        result.errors += 1
        result.trouble = result.trouble or f"{error!r} for {request!r}"[:800]
        return None
