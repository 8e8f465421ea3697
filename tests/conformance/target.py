"""What the attacks are aimed at: the whole app in production mode, on a real database, called without a server between.

Requests are built as a WSGI server would hand them over, so that a test decides over every byte of the target.
"""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jwt
import sqlalchemy as sa
import structlog
from cryptography.fernet import Fernet
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from connect.install_keys import InstallKeys
from plugin.app import create_app
from plugin.engines import create_engine
from plugin.ports import Ports
from plugin.settings import load_settings
from tests.conformance.internet import Internet
from tests.connect.world import ADA, APP_KEY, BASE_URL, DROP, AtlassianKey, Clock
from tests.databases import as_servers_own_user
from tests.devhost.tokens import query_hash

INSTALLED = "/connect/installed"
UNINSTALLED = "/connect/uninstalled"
APP_ID = "ari:cloud:ecosystem::app/8db33809-3f32-4f27-9c6e-5cb3c4c3e4f1"


@dataclass(frozen=True)
class Site:
    """A Jira site that installed us."""

    client_key: str
    secret: str = field(repr=False)

    @property
    def base_url(self) -> str:
        return f"https://{self.client_key}.atlassian.net"


def new_site() -> Site:
    return Site(f"site-{uuid.uuid4().hex[:12]}", f"secret-{uuid.uuid4().hex}")


@dataclass
class Request:
    """One request, byte by byte. `target` is the raw request target; a server in front took `mounted_at` off its path."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    mounted_at: str = ""

    def environ(self) -> dict[str, Any]:
        path, _, query = self.target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": self.mounted_at,
            "PATH_INFO": unquote_to_bytes(path.removeprefix(self.mounted_at).encode("latin-1")).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.target,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.7",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.version": (1, 0),
            "CONTENT_LENGTH": str(len(self.body)),
        }
        for name, value in {"Host": "rapport.example", **self.headers}.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        return environ


class Target:
    """The app, its database, what it logs, and everything outside of it. `acme` and `globex` have installed it; tests
    that change a site take one of their own (`installed_site`)."""

    def __init__(self, url: str, internet: Internet, key: AtlassianKey, **environment: str) -> None:
        self.base_url = environment.get("RAPPORT_BASE_URL", BASE_URL)
        self.clock = Clock()
        self.internet = internet
        self.key = key
        internet.keys[key.kid] = key.public_pem
        internet.admins.add(ADA)
        self.environment = environment_of(url, **environment)
        self.app = create_app(load_settings(self.environment), self.clock)
        self._watching = create_engine(as_servers_own_user(url))  # another connection: it sees only what was committed
        self._tables = sa.inspect(self._watching).get_table_names()
        self._every_row = _every_row_of(self._watching)
        self.acme, self.globex = self.installed_site(), self.installed_site()

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["rapport"]
        return ports

    @property
    def install_keys(self) -> InstallKeys:
        keys: InstallKeys = self.app.extensions["connect"]._verifier._keys
        return keys

    def close(self) -> None:
        self._watching.dispose()
        self.ports.database.close()  # type: ignore[attr-defined]

    def send(self, request: Request) -> Response:
        iterable, status, headers = run_wsgi_app(self.app, request.environ())
        return Response(iterable, status, headers)

    def installed_site(self) -> Site:
        site = new_site()
        answer = self.send(self.lifecycle(site))
        assert answer.status_code == 204, answer.data
        return site

    def lifecycle(
        self, site: Site, route: str = INSTALLED, body: Any = None, *, key: AtlassianKey | None = None, **claims: Any
    ) -> Request:
        """A call as Atlassian makes it; `body` and `claims` replace the good ones."""
        token = (key or self.key).sign(self.install_claims(site, route, **claims))
        return with_json(Request("POST", route, bearer(token)), install_body(site, route) if body is None else body)

    def install_claims(self, site: Site, route: str = INSTALLED, **changes: Any) -> dict[str, Any]:
        return self.claims("POST", route, site, **{"aud": self.base_url, "sub": DROP, **changes})

    def claims(self, method: str, target: str, site: Site, **changes: Any) -> dict[str, Any]:
        """Good claims of a site for one request; `changes` replace or (DROP) remove some."""
        seconds = int(self.clock().timestamp())
        good = {
            "iss": site.client_key,
            "sub": ADA,
            "iat": seconds,
            "exp": seconds + 180,
            "qsh": query_hash(method, target),
            "jti": uuid.uuid4().hex,  # Atlassian sends none; it makes tokens of one second differ
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not DROP}

    def forget_secret(self, site: Site) -> None:
        """Leaves an empty text where the site's secret was, as a fault of ours or a hand in the database could."""
        sealed = self.ports.seal.close(site.client_key, "")
        with self._watching.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE tenant SET sealed_secret = '{sealed}' WHERE client_key = '{site.client_key}'"
            )

    def break_database(self, how: str) -> None:
        """From now on it is `away` (nobody answers at its address), `broken` (it lacks what we need), `full` (it takes
        nothing more) or has `no queue`."""
        engine = self.ports.database.engine  # type: ignore[attr-defined]
        engine.dispose()
        sqlite = engine.dialect.name == "sqlite"
        if how == "no queue":
            with self._watching.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE job RENAME TO mislaid")
        elif how == "away":
            gone: Elsewhere = (["/nowhere/at.db"], {}) if sqlite else ([], {"host": "127.0.0.1", "port": 1})
            sa.event.listen(engine, "do_connect", partial(_connect_elsewhere, gone))
        elif how == "full" and sqlite:
            sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count=1"))
        elif how == "full":
            read_only: Elsewhere = ([], {"options": "-c default_transaction_read_only=on"})
            sa.event.listen(engine, "do_connect", partial(_connect_elsewhere, read_only))
        elif sqlite:
            for path in Path(engine.url.database).parent.glob("*.db*"):
                path.write_bytes(b"no database " * 1_000)
        else:
            with self._watching.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE tenant RENAME TO mislaid")

    def rows(self) -> dict[str, list[str]]:
        """Every committed row of every table, as the database writes it."""
        found: dict[str, list[str]] = {name: [] for name in self._tables}
        with self._watching.connect() as connection:
            for name, row in connection.exec_driver_sql(self._every_row):
                found[name].append(row)
        return {name: sorted(rows) for name, rows in found.items()}

    def count(self, table: str, site: Site, condition: str) -> int:
        """How many committed rows of a site meet an SQL condition."""
        tenant = self.ports.tenants.find_tenant(site.client_key)  # type: ignore[attr-defined]
        with self._watching.connect() as connection:
            query = f"SELECT count(*) FROM {table} WHERE tenant_id = {tenant.id} AND {condition}"
            return int(connection.exec_driver_sql(query).scalar_one())

    def log(self) -> AbstractContextManager[list[Any]]:
        return structlog.testing.capture_logs()


def _every_row_of(engine: sa.Engine) -> str:
    """One query for all: it is asked twice for each attack, and one for each table would cost more than all the rest."""
    selects = []
    for (_, table), columns in sa.inspect(engine).get_multi_columns().items():
        row = " || ',' || ".join(f'quote("{column["name"]}")' for column in columns)
        if engine.dialect.name == "postgresql":
            row = "of_table::text"
        selects.append(f"SELECT '{table}', {row} FROM \"{table}\" AS of_table")
    return " UNION ALL ".join(selects)


Elsewhere = tuple[list[Any], dict[str, Any]]


def _connect_elsewhere(where: Elsewhere, _dialect: Any, _record: Any, given: list[Any], named: dict[str, Any]) -> None:
    given[:] = where[0] or given
    named.update(where[1])


def environment_of(url: str, **more: str) -> dict[str, str]:
    return {
        "RAPPORT_BASE_URL": BASE_URL,
        "RAPPORT_SECRET_KEYS": Fernet.generate_key().decode(),
        "RAPPORT_MAIL_FROM": "Rapport <rapport@rapport.example>",
        "RAPPORT_APP_KEY": APP_KEY,
        "RAPPORT_FORGE_APP_ID": APP_ID,
        "DATABASE_URL": url,
        **more,
    }


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"JWT {token}"}


def with_json(request: Request, body: Any) -> Request:
    """The same request with a JSON body; bytes are taken as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(request.method, request.target, {**request.headers, "Content-Type": "application/json"}, raw)


def hs256(claims: Mapping[str, Any], secret: str, **header: Any) -> str:
    return jwt.encode(dict(claims), secret, algorithm="HS256", headers=header or None)


def install_body(site: Site, route: str = INSTALLED, **changes: Any) -> dict[str, Any]:
    good = {
        "key": APP_KEY,
        "clientKey": site.client_key,
        "sharedSecret": site.secret,
        "baseUrl": site.base_url,
        "displayUrl": site.base_url,
        "productType": "jira",
        "description": "An invented site",
        "eventType": route.rpartition("/")[2],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not DROP}


def b64(content: Any) -> str:
    """A part of a token: bytes as they are, anything else as JSON."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
