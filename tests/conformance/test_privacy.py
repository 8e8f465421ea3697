"""Class P: what must not be found, looked for where it could lie: logs, answers, files, dumps and the descriptor."""

from __future__ import annotations

import io
import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import jwt
import pytest
import structlog
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url

from plugin.cli import configure_logs, main
from plugin.history import service as history
from plugin.privacy import service as privacy
from tests.canaries import stored_bytes
from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.doors import DOORS, PAGE, SECRET_DOORS, Door
from tests.conformance.refusals import refuses
from tests.conformance.story import Told, words_of
from tests.conformance.target import Request, Target, b64, install_body
from tests.databases import everything
from tests.flow.cast import project_id
from tests.plugin.asking import asked

README = Path(__file__).parents[2] / "README.md"
OLD_KEY, NEW_KEY, OTHER_KEY = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that the process writes, with the logs set up as `rapport serve` does it, at their most talkative."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    lines = io.StringIO()
    monkeypatch.setattr("sys.stderr", lines)
    configure_logs("debug")
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def shown_path(uri: str) -> str:
    """What the example for the reverse proxy in the README makes of a path: nginx's `map`, read from there."""
    block = re.search(r"map \$uri \$shown_path \{(.*?)\}", README.read_text("utf-8"), re.DOTALL)
    assert block
    rules = re.findall(r"^\s*(\S+)\s+(\S+?);", block[1], re.MULTILINE)
    for pattern, shown in rules:
        if pattern.startswith("~") and re.search(pattern[1:], uri):
            return str(shown)
    return str(dict(rules)["default"]).replace("$uri", uri)


@case("P02")
def test_tokens_in_addresses_reach_no_log(new_target: NewTarget, written: io.StringIO) -> None:
    app = new_target()
    link = asked(app.app, app.clock, site="links").token  # type: ignore[arg-type]
    token = PAGE.token(app, app.acme)
    wrong = PAGE.token(app, app.acme, qsh="0" * 64)
    for target in (f"{PAGE.target}?jwt={token}", f"{PAGE.target}?jwt={wrong}", f"/nothing?jwt={token}", f"/s/{link}",
                   f"/s/{link}?score=9", f"/s/{link}x", f"/s/{link}/more", f"/s/{link.swapcase()}"):  # fmt: skip
        for method in ("GET", "POST", "DELETE"):
            app.send(Request(method, target))
    lines = written.getvalue()
    assert "connect_refused" in lines
    assert not [secret for secret in (token, wrong, token.split(".")[2], link, link.swapcase()) if secret in lines]
    assert shown_path(f"/s/{link}") == shown_path(f"/s/{link}/more") == "/s/-"
    assert shown_path("/administration") == "/administration"
    assert_example_logs_only_the_shown_path()


def assert_example_logs_only_the_shown_path() -> None:
    text = README.read_text("utf-8")
    logged = re.search(r"log_format rapport '([^']*)'", text)
    assert logged
    assert set(re.findall(r"\$\w+", logged[1])) == {
        "$remote_addr", "$time_local", "$request_method", "$shown_path", "$status", "$body_bytes_sent"
    }  # fmt: skip
    assert re.search(r"access_log \S+ rapport;", text)
    assert re.search(r"error_log +\S+ crit;", text)


@case("P03")
@pytest.mark.parametrize("door", DOORS, ids=str)
def test_what_the_token_library_says_is_neither_answered_nor_logged(
    new_target: NewTarget, written: io.StringIO, door: Door
) -> None:
    app = new_target()
    head, payload, signature = door.token(app, app.acme).split(".")
    bad = {
        "signature": f"{head}.{payload}.{signature[::-1]}",
        "padding": f"{head}.{payload}.A",
        "payload": f"{head}.{b64(b'canary-no-json')}.{signature}",
        "header": f"{b64(b'canary-no-json')}.{payload}.{signature}",
        "algorithm": f"{b64({'alg': 'none', 'typ': 'canary'})}.{payload}.",
        "expired": door.token(app, app.acme, exp=1),
        "audience": door.token(app, app.acme, aud="https://canary.example"),
        "issuer": door.token(app, app.acme, iss="canary"),
        "hash": door.token(app, app.acme, qsh="canary"),
    }
    said = library_words(app, bad["signature"])
    for token in bad.values():
        answer = app.send(door.call(app.acme, token))
        text = answer.get_data(as_text=True)
        assert answer.status_code == 401
        assert not [word for word in [*said, "canary", token, payload] if word in text]
    lines = written.getvalue()
    assert "connect_refused" in lines
    assert not [word for word in [*said, "canary", head, payload, "Traceback", "jwt.exceptions"] if word in lines]


def library_words(app: Target, token: str) -> list[str]:
    """What PyJWT says about such tokens, in its own words."""
    said = []
    for broken in (token, "a.b.c", "nothing"):
        with pytest.raises(jwt.PyJWTError) as error:
            jwt.decode(broken, app.acme.secret, algorithms=["HS256"])
        said.append(str(error.value))
    assert len(set(said)) > 1
    return said


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


@case("P05")
def test_a_changed_key_interrupts_nothing_and_a_wrong_one_lets_nobody_in(new_target: NewTarget) -> None:
    old = new_target(RAPPORT_SECRET_KEYS=OLD_KEY)
    both = new_target(RAPPORT_SECRET_KEYS=f"{NEW_KEY},{OLD_KEY}")
    assert works(both, old)
    assert CliRunner().invoke(main, ["keys", "rotate"], env=both.environment).exit_code == 0
    assert works(both, old)
    new = new_target(RAPPORT_SECRET_KEYS=NEW_KEY)
    assert works(new, old)
    lost = new_target(RAPPORT_SECRET_KEYS=OTHER_KEY)
    for door in SECRET_DOORS:
        refuses(lost, door.good_call(old, old.acme), "secret_unreadable", status=503)
    for command in (["serve"], ["worker"]):
        told = CliRunner().invoke(main, command, env=lost.environment)
        assert (told.exit_code, "RAPPORT_SECRET_KEYS does not open" in told.output) == (2, True)
        assert not [key for key in (OLD_KEY, NEW_KEY, OTHER_KEY) if key in told.output]


def works(app: Target, signer: Target) -> bool:
    """Whether a process with other keys takes what a site signs that another process has let in."""
    return all(app.send(door.good_call(signer, signer.acme)).status_code == door.accepted for door in SECRET_DOORS)


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


def test_after_everything_nothing_speaks_of_erased_people_any_more(spoilt: Told) -> None:
    """Of a customer's person all words, of people in Jira their accounts: whatever feature has stored them."""
    told = spoilt
    with told.ports.database.transaction(told.tenant_id()) as tx:
        history.begin(tx, project_id(told), told.clock())
    told.settle()
    words, tenant_id = words_of(told.site), told.tenant_id()
    people = [told.account(name) for name in ("Ada Admin", "Pia Lead", "Tom Team")]
    theirs = [words[name] for name in ("contact", "email", "comment", "held", "own answer")]
    rows = repr(told.rows_of(told.site))
    assert [each for each in (*theirs, *people[1:]) if each not in rows] == []
    privacy.erase_contact(told.ports.database, tenant_id, words["email"], told.clock())
    for account_id in people:
        privacy.erase_account(told.ports.database, tenant_id, account_id)
    rows = repr(told.rows_of(told.site))
    assert [each for each in (*theirs, *people) if each in rows] == []
