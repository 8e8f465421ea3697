"""Screens behind Forge: one address through which the shell reaches the same routes as a frame of Connect does.

Forge carries JSON, in both directions, and shows our status to nobody. So a call and its answer travel inside of JSON:

    {"method": "POST", "path": "/projects/10000/customers?tz=UTC", "form": "name=Acme", "headers": {"Accept-Language": "de"}}
    {"status": 200, "headers": {"HX-Trigger": …}, "body": "<section>…"}

A file to keep has its name in the headers, and its body in base64: {…, "encoding": "base64"}.
Nothing is decided here: the call goes on with its own token, and the guard of the route that it names looks at that.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from connect.query_hash import TARGET_LIMIT

SCREENS = "/forge/screens"
FROM_SHELL = "connect.from_shell"  # a key of the WSGI environment, which no caller can set
BODY_LIMIT = 262_144
_TARGET = re.compile(rf"/(?![/\\])[!-~]{{0,{TARGET_LIMIT - 1}}}")
_PASSED_IN = ("Accept-Language", "X-Time-Zone", "HX-Request", "HX-Target", "HX-Trigger", "HX-Current-URL")
_KEPT = ("HTTP_AUTHORIZATION", "HTTP_HOST", "HTTP_X_FORGE_OAUTH_SYSTEM")
_PASSED_OUT = ("content-type", "content-disposition", "retry-after")
_ODD = re.compile(r"[^ -~]")


class _Call(msgspec.Struct):
    method: str
    path: str
    form: str = ""
    headers: dict[str, str] = {}


_CALLS = msgspec.json.Decoder(_Call)
Environ = dict[str, Any]


class Tunnel:
    """Wraps the WSGI application. A call that it cannot read goes on as it is, to the route that refuses it."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        call = _read(environ) if _is_for_us(environ) else None
        if call is None:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        body, status, headers = run_wsgi_app(self._application, _inner(environ, call), buffered=True)
        answer = Response(body, status, headers)
        return _wrapped(answer)(environ, start_response)


def _is_for_us(environ: Environ) -> bool:
    called = (
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("CONTENT_TYPE", "").partition(";")[0].strip(),
    )
    return called == ("POST", SCREENS, "application/json")


def _read(environ: Environ) -> _Call | None:
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or len(length) > 9 or int(length) > BODY_LIMIT:
        return None
    try:
        call = _CALLS.decode(environ["wsgi.input"].read(int(length)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return call if call.method in ("GET", "POST") and _TARGET.fullmatch(call.path) else None


def _inner(environ: Environ, call: _Call) -> Environ:
    """The call as if it had come by itself: no header of the outer one but those that say who is calling."""
    path, _, query = call.path.partition("#")[0].partition("?")
    form = call.form.encode() if call.method == "POST" else b""
    outer = {name: value for name, value in environ.items() if not name.startswith("HTTP_")}
    kept: Environ = {name: environ[name] for name in _KEPT if name in environ}
    return {
        **outer,
        **kept,
        **_headers(call.headers),
        FROM_SHELL: True,
        "REQUEST_METHOD": call.method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": call.path,
        "RAW_URI": call.path,
        "CONTENT_TYPE": "application/x-www-form-urlencoded" if form else "",
        "CONTENT_LENGTH": str(len(form)),
        "wsgi.input": io.BytesIO(form),
    }


def _headers(sent: Mapping[str, str]) -> Environ:
    return {
        f"HTTP_{name.upper().replace('-', '_')}": _ODD.sub("", value)[:1000]
        for name, value in sent.items()
        if name in _PASSED_IN
    }


def _wrapped(answer: Response) -> Response:
    """A refused token keeps its status, so that Forge counts it as a failure; everything else is for the shell."""
    told = {name: value for name, value in answer.headers.items() if name.lower() in _PASSED_OUT or name[:3] == "HX-"}
    body = {"status": answer.status_code, "headers": told, **_body(answer)}
    outer = Response(json.dumps(body), 401 if answer.status_code == 401 else 200, content_type="application/json")
    for name in ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options", "Strict-Transport-Security"):
        if name in answer.headers:
            outer.headers[name] = answer.headers[name]
    return outer


def _body(answer: Response) -> dict[str, str]:
    if "Content-Disposition" in answer.headers:
        return {"body": base64.b64encode(answer.get_data()).decode(), "encoding": "base64"}
    return {"body": answer.get_data(as_text=True)}
