"""A small world for the platform's tests: a store in memory, a clock that stands still, tokens made by other libraries."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from atlassian_jwt.url_utils import hash_url
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from connect import Installation, Replayed, Tenant, Uninstallation

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APP_KEY = "rapport-jira"
BASE_URL = "https://rapport.example"
DESCRIPTOR = Path(__file__).parents[2] / "atlassian-connect.json"
SECRET = "acme-secret-" + "a" * 40
OTHER_SECRET = "globex-secret-" + "b" * 40
ADA = "712020:ada-admin"
DROP = "(left out)"

ACME = Tenant(1, "acme-client-key", "https://acme.atlassian.net", "https://help.acme.example", SECRET, None, True)
GLOBEX = Tenant(
    2, "globex-client-key", "https://globex.atlassian.net", "https://globex.atlassian.net", OTHER_SECRET, None, True
)


class Clock:
    """Time that moves only when told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class MemoryStore:
    """A TenantStore in memory; `failure` is raised by every call while it is set."""

    tenants: dict[str, Tenant] = field(default_factory=dict)
    installations: list[Installation] = field(default_factory=list)
    uninstalled: list[str] = field(default_factory=list)
    tokens: dict[str, Installation | Uninstallation] = field(default_factory=dict)
    lookups: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def find_tenant(self, client_key: str, *, now: bool = False) -> Tenant | None:
        self._fail()
        self.lookups.append(client_key)
        return self.tenants.get(client_key)

    def install(self, installation: Installation, now: datetime) -> None:
        self._fail()
        if not self._first(installation):
            return
        self.installations.append(installation)
        self.tenants[installation.client_key] = Tenant(
            id=len(self.tenants) + 1,
            client_key=installation.client_key,
            base_url=installation.base_url,
            display_url=installation.display_url,
            shared_secret=installation.shared_secret,
            cloud_id=None,
            installed=True,
        )

    def uninstall(self, uninstallation: Uninstallation, now: datetime) -> None:
        self._fail()
        if self._first(uninstallation):
            self.uninstalled.append(uninstallation.client_key)

    def _first(self, call: Installation | Uninstallation) -> bool:
        before = self.tokens.setdefault(call.token_digest, call)
        if before.body_digest != call.body_digest:
            raise Replayed
        return before is call

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


def claims_for(method: str, url: str, **changes: Any) -> dict[str, Any]:
    """Good claims of Acme for one request; `changes` replace or (DROP) remove some."""
    seconds = int(NOW.timestamp())
    good = {"iss": ACME.client_key, "sub": ADA, "iat": seconds, "exp": seconds + 180, "qsh": hash_url(method, url)}
    return {name: value for name, value in {**good, **changes}.items() if value is not DROP}


def hs256(claims: dict[str, Any], secret: str = SECRET, **header: Any) -> str:
    return jwt.encode(claims, secret, algorithm="HS256", headers=header or None)


def request_token(method: str, url: str, secret: str = SECRET, **changes: Any) -> str:
    return hs256(claims_for(method, url, **changes), secret)


def context_token(secret: str = SECRET, **changes: Any) -> str:
    return hs256(claims_for("GET", "/", **{"qsh": "context-qsh", **changes}), secret)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"JWT {token}"}


def page_url(url: str, secret: str = SECRET, method: str = "GET", **changes: Any) -> str:
    """The address as Jira opens it: signed, with the token in the query."""
    return f"{url}{'&' if '?' in url else '?'}jwt={request_token(method, url, secret, **changes)}"


class AtlassianKey:
    """One of Atlassian's install keys, ours to sign with."""

    def __init__(self, kid: str = "e3b0c442/2026", bits: int = 2048) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        self.public_pem = self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        kept = {name: value for name, value in {"kid": self.kid, **header}.items() if value is not DROP}
        return jwt.encode(claims, self.private, algorithm="RS256", headers=kept)


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HttpServer:
    """A real HTTP server on a free port. `answer` may be replaced; `seen` holds what arrived."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answers: dict[tuple[str, str], Any] = {}
        self._server = make_server("localhost", 0, self._app, threaded=True)
        self.url = f"http://localhost:{self._server.server_port}"

    def json(self, method: str, path: str, body: Any, status: int = 200, **headers: str) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[method, path] = (status, {"Content-Type": "application/json", **names}, json.dumps(body).encode())

    def raw(self, method: str, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[method, path] = (status, names, body)

    def _app(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        seen = Seen(request.method, environ["REQUEST_URI"], dict(request.headers), request.get_data())
        self.seen.append(seen)
        found = self.answers.get((seen.method, seen.path), (404, {}, b'{"errorMessages": ["not here"]}'))
        status, headers, body = found(seen) if callable(found) else found
        return Response(body, status, headers)(environ, start_response)

    @contextmanager
    def running(self) -> Iterator[HttpServer]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def plain_app(connect: Any) -> Flask:
    app = Flask("tests.connect", static_folder=None)
    app.config["TESTING"] = True
    connect.init_app(app)
    return app
