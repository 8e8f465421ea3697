"""Class P: what must not be found, looked for where it could lie: logs, answers, files, dumps and the descriptor."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

from sqlalchemy.engine import make_url

from tests.canaries import stored_bytes
from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.target import Request, Target, b64, install_body
from tests.databases import everything
from tests.plugin.asking import asked


def dump_of(url: str) -> bytes:
    """As `sqlite3 .dump` and `pg_dump` have it."""
    path = make_url(url).database
    if not url.startswith("sqlite"):
        return repr(everything(url)).encode()
    with closing(sqlite3.connect(str(path))) as connection:
        return "\n".join(connection.iterdump()).encode()


@case("P04")
def test_the_shared_secret_lies_nowhere_in_the_database(new_target: NewTarget) -> None:
    app = new_target()
    site = app.installed_site()
    again = {**install_body(site), "sharedSecret": "second-" + site.secret}
    app.clock.advance(seconds=1)
    assert app.send(app.lifecycle(site, body=again)).status_code == 204
    url = app.environment["DATABASE_URL"]
    stored = stored_bytes(url) + dump_of(url)
    assert site.client_key.encode() in stored  # it was looked for in the right place
    for secret in (site.secret, app.acme.secret, app.globex.secret):
        for form in (secret, b64(secret.encode()), secret.encode().hex(), secret.encode("utf-16-le").decode("latin-1")):
            assert form.encode() not in stored


@case("P08")
def test_whoever_asks_without_login_learns_of_nobody(app: Target) -> None:
    customer = asked(app.app, app.clock, site=f"quiet{id(app):x}{app.acme.client_key[-4:]}")  # type: ignore[arg-type]
    people = (
        "nordlicht",
        "Mara",
        "client-quiet",
        app.acme.client_key,
        app.globex.client_key,
        app.acme.base_url,
        customer.token,
    )
    for target in ("/health", "/ready", "/atlassian-connect.json", "/.well-known/security.txt"):
        answer = app.send(Request("GET", target))
        assert answer.status_code == 200
        assert not [word for word in people if word in answer.get_data(as_text=True) + str(answer.headers)]
    for target in ("/health", "/ready"):
        assert json.loads(app.send(Request("GET", target)).data) == {"status": "ok"}
    for target in ("/metrics", "/status", "/administration/health", "/administration", "/debug", "/.env"):
        assert app.send(Request("GET", target)).status_code in (401, 404)


@case("P09")
def test_the_descriptor_asks_for_no_more_than_it_needs(app: Target) -> None:
    answer = app.send(Request("GET", "/atlassian-connect.json"))
    descriptor = json.loads(answer.data)
    assert sorted(descriptor["scopes"]) == ["READ", "WRITE"]
    assert descriptor["authentication"] == {"type": "jwt"}
    assert descriptor["apiMigrations"] == {"gdpr": True, "signed-install": True, "context-qsh": True}
    assert descriptor["baseUrl"] == app.base_url
    assert descriptor["baseUrl"].startswith("https://")
    assert sorted(descriptor["lifecycle"]) == ["installed", "uninstalled"]
    for url in re.findall(r'"(?:url|iconUrl)": ?"([^"]*)"', json.dumps({**descriptor, "vendor": {}})):
        assert re.match(r"/[^/]", url), url
