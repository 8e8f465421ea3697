"""Install and uninstall: who may tell us which site to trust, and what exactly they may tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog.typing import EventDict

from connect import Connect, Unavailable
from tests.connect.world import (
    ACME,
    APP_KEY,
    BASE_URL,
    DESCRIPTOR,
    DROP,
    NOW,
    SECRET,
    AtlassianKey,
    Clock,
    HttpServer,
    MemoryStore,
    bearer,
    claims_for,
    hs256,
    plain_app,
)

INSTALLED = "/connect/installed"
UNINSTALLED = "/connect/uninstalled"
NEW_SECRET = "new-secret-" + "n" * 40


@pytest.fixture
def client(connect: Connect, server: HttpServer, atlassian: AtlassianKey) -> FlaskClient:
    server.raw("GET", f"/keys/{atlassian.kid}", 200, atlassian.public_pem, Content_Type="application/x-pem-file")
    return plain_app(connect).test_client()


def body(**changes: Any) -> dict[str, Any]:
    good = {
        "key": APP_KEY,
        "clientKey": ACME.client_key,
        "sharedSecret": NEW_SECRET,
        "baseUrl": "https://acme.atlassian.net",
        "displayUrl": "https://help.acme.example",
        "productType": "jira",
        "description": "Acme",
        "eventType": "installed",
        "accountId": "712020:rapport-app",
        "unknownToUs": {"x": [1]},
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not DROP}


def token(key: AtlassianKey, route: str = INSTALLED, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    return key.sign(claims_for("POST", route, **{"aud": BASE_URL, "sub": DROP, **changes}), **(header or {}))


def call(client: FlaskClient, signed: str, content: Any, route: str = INSTALLED) -> int:
    answer = client.post(route, headers=bearer(signed), json=content)
    assert answer.status_code == 204 or list(answer.json or {}) == ["error"]
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code


def reasons(log: list[EventDict]) -> list[str]:
    assert NEW_SECRET not in str(log)
    return [line["reason"] for line in log]


def test_a_signed_install_is_stored(client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey) -> None:
    assert call(client, token(atlassian), body()) == 204
    [stored] = store.installations
    assert stored.client_key == ACME.client_key
    assert (stored.shared_secret, stored.base_url, stored.display_url) == (
        NEW_SECRET,
        "https://acme.atlassian.net",
        "https://help.acme.example",
    )
    assert (stored.account_id, stored.token_expires_at.timestamp() - NOW.timestamp()) == ("712020:rapport-app", 210)
    assert NEW_SECRET not in repr(stored)


def test_a_reinstall_replaces_the_secret_and_may_move_the_site(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey
) -> None:
    assert call(client, token(atlassian), body()) == 204
    assert (
        call(client, token(atlassian, iat=int(NOW.timestamp()) + 1), body(baseUrl="https://acme-renamed.atlassian.net"))
        == 204
    )
    assert store.tenants[ACME.client_key].base_url == "https://acme-renamed.atlassian.net"


@pytest.mark.parametrize("audience", [BASE_URL, BASE_URL + "/", [BASE_URL]], ids=str)
def test_our_address_is_the_audience(client: FlaskClient, atlassian: AtlassianKey, audience: Any) -> None:
    assert call(client, token(atlassian, aud=audience), body()) == 204


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": DROP}, "wrong_audience"),
        ({"aud": "https://another-app.example"}, "wrong_audience"),
        ({"aud": [BASE_URL, "https://another-app.example"]}, "wrong_audience"),
        ({"iss": "globex-client-key"}, "body_mismatch"),
        ({"iss": DROP}, "missing_claim"),
        ({"qsh": DROP}, "missing_qsh"),
        ({"qsh": "context-qsh"}, "context_token_not_allowed"),
        ({"exp": int(NOW.timestamp()) - 60, "iat": int(NOW.timestamp()) - 100}, "expired"),
        ({"exp": DROP}, "missing_claim"),
    ],
    ids=str,
)
def test_a_token_that_says_something_else_installs_nothing(
    client: FlaskClient,
    store: MemoryStore,
    atlassian: AtlassianKey,
    log: list[EventDict],
    changes: dict[str, Any],
    reason: str,
) -> None:
    assert call(client, token(atlassian, **changes), body()) == 401
    assert (reasons(log), store.installations) == ([reason], [])


def test_a_token_for_one_lifecycle_call_does_not_do_for_the_other(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey, log: list[EventDict]
) -> None:
    assert call(client, token(atlassian, UNINSTALLED), body()) == 401
    assert call(client, token(atlassian), body(eventType="uninstalled"), UNINSTALLED) == 401
    assert (reasons(log), store.installations, store.uninstalled) == (["qsh_mismatch"] * 2, [], [])


@pytest.mark.parametrize("route", [INSTALLED, UNINSTALLED])
def test_calls_without_token_or_signed_with_a_shared_secret_change_nothing(
    client: FlaskClient, store: MemoryStore, log: list[EventDict], route: str
) -> None:
    legacy = hs256(claims_for("POST", route, aud=BASE_URL), SECRET)
    assert client.post(route).status_code == 401
    assert client.post(route, json=body(clientKey="unknown")).status_code == 401
    assert call(client, legacy, body(), route) == 401
    assert (reasons(log), store.installations, store.uninstalled) == (
        ["missing_token", "missing_token", "alg_not_allowed"],
        [],
        [],
    )


def test_another_rsa_key_installs_nothing(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey, log: list[EventDict]
) -> None:
    assert call(client, token(AtlassianKey(atlassian.kid)), body()) == 401
    assert (reasons(log), store.installations) == (["bad_signature"], [])


def test_keys_that_the_token_brings_along_are_not_used(
    client: FlaskClient, server: HttpServer, atlassian: AtlassianKey, log: list[EventDict]
) -> None:
    forger = AtlassianKey(atlassian.kid)
    extra = {"jku": f"{server.url}/evil", "x5u": f"{server.url}/evil", "x5c": ["x"], "jwk": {"kty": "RSA"}}
    assert call(client, token(forger, header=extra), body()) == 401
    assert reasons(log) == ["bad_signature"]
    assert [seen.path for seen in server.seen] == [f"/keys/{atlassian.kid}"]


def test_a_token_with_another_body_is_a_replay_and_raises_an_alarm(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey, log: list[EventDict]
) -> None:
    signed = token(atlassian)
    assert [call(client, signed, body()) for _ in range(2)] == [204, 204]
    for changes in ({"sharedSecret": "evil-secret-" + "e" * 40}, {"baseUrl": "https://evil.atlassian.net"}):
        assert call(client, signed, body(**changes)) == 401
    assert [(line["reason"], line["log_level"]) for line in log] == [("replayed", "error")] * 2
    assert store.tenants[ACME.client_key].shared_secret == NEW_SECRET


@pytest.mark.parametrize(
    "address", ["https://evil.com\\@a.atlassian.net", "https://acme.atlassian.net\n", "https://169.254.169.254"]
)
def test_a_hostile_address_is_refused_without_any_call(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey, log: list[EventDict], address: str
) -> None:
    assert call(client, token(atlassian), body(baseUrl=address)) == 400
    assert (reasons(log), store.installations) == (["host_not_allowed"], [])


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://a.example/; script-src *",
        "https://a.example 'unsafe-inline'",
        "https://*",
        "http://help.acme.example",
        5,
        None,
        DROP,
    ],
)
def test_an_odd_display_address_gives_way_to_the_real_one(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey, address: Any
) -> None:
    assert call(client, token(atlassian), body(displayUrl=address)) == 204
    assert store.installations[0].display_url == "https://acme.atlassian.net"


@pytest.mark.parametrize("secret", ["", " " * 40, "short", "a" * 31, "x" * 1_025, "a" * 20 + "\n" + "a" * 20, "é" * 40])
def test_a_weak_or_odd_secret_is_refused(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey, log: list[EventDict], secret: str
) -> None:
    assert call(client, token(atlassian), body(sharedSecret=secret)) == 400
    assert (reasons(log), store.installations) == (["bad_secret"], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": "another-app"}, "body_mismatch"),
        ({"eventType": "uninstalled"}, "body_mismatch"),
        ({"productType": "confluence"}, "body_mismatch"),
        ({"productType": DROP}, "body_mismatch"),
        ({"sharedSecret": DROP}, "bad_secret"),
        ({"sharedSecret": 5}, "bad_body"),
        ({"clientKey": DROP}, "bad_body"),
        ({"clientKey": ["acme-client-key"]}, "bad_body"),
        ({"key": {}}, "bad_body"),
        ({"eventType": None}, "bad_body"),
        ({"baseUrl": ["https://acme.atlassian.net"]}, "bad_body"),
        ({"baseUrl": DROP}, "host_not_allowed"),
    ],
    ids=str,
)
def test_a_body_that_is_not_our_install_is_refused(
    client: FlaskClient,
    store: MemoryStore,
    atlassian: AtlassianKey,
    log: list[EventDict],
    changes: dict[str, Any],
    reason: str,
) -> None:
    assert call(client, token(atlassian), body(**changes)) == 400
    assert (reasons(log), store.installations) == ([reason], [])


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"null", {}, 400),
        (b"\xff", {}, 400),
        (json.dumps(body()).encode("utf-16"), {}, 400),
        (b"\xef\xbb\xbf" + json.dumps(body()).encode(), {}, 400),
        (b"[" * 50_000, {}, 400),
        (json.dumps(body(pad="x" * 1_000_000)).encode(), {}, 413),
        (json.dumps(body()).encode(), {"Content-Type": "text/plain"}, 415),
        (json.dumps(body()).encode(), {"Content-Type": ""}, 415),
        (json.dumps(body()).encode(), {"Content-Encoding": "gzip"}, 415),
        (json.dumps(body()).encode(), {"Content-Type": "application/json; charset=utf-16"}, 415),
    ],
    ids=range(13),
)
def test_a_body_that_is_no_plain_json_is_refused(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey, data: bytes, headers: dict[str, str], status: int
) -> None:
    sent = {"Content-Type": "application/json", **bearer(token(atlassian)), **headers}
    assert client.post(INSTALLED, data=data, headers=sent).status_code == status
    assert store.installations == []


def test_an_uninstall_is_passed_on_and_may_come_twice(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey
) -> None:
    content = body(eventType="uninstalled", sharedSecret=DROP)
    for jti in ("first", "second", "second"):
        assert call(client, token(atlassian, UNINSTALLED, jti=jti), content, UNINSTALLED) == 204
    assert store.uninstalled == [ACME.client_key] * 2


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"clientKey": "globex-client-key"}, 401), ({"key": "another-app"}, 400), ({"eventType": "installed"}, 400)],
)
def test_an_uninstall_of_somebody_else_is_refused(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey, changes: dict[str, Any], status: int
) -> None:
    assert (
        call(client, token(atlassian, UNINSTALLED), body(**{"eventType": "uninstalled", **changes}), UNINSTALLED)
        == status
    )
    assert store.uninstalled == []


def test_a_store_that_is_down_is_never_answered_with_success(
    client: FlaskClient, store: MemoryStore, atlassian: AtlassianKey
) -> None:
    store.failure = Unavailable("database_down")
    assert call(client, token(atlassian), body()) == 503
    assert call(client, token(atlassian, UNINSTALLED), body(eventType="uninstalled"), UNINSTALLED) == 503


def test_a_key_server_that_is_down_is_our_fault(
    client: FlaskClient, store: MemoryStore, server: HttpServer, atlassian: AtlassianKey
) -> None:
    server.raw("GET", f"/keys/{atlassian.kid}", 500)
    answer = client.post(INSTALLED, headers=bearer(token(atlassian)), json=body())
    assert (answer.status_code, store.installations) == (503, [])
    assert 1 <= int(answer.headers["Retry-After"]) <= 10


def test_a_new_key_works_without_a_restart(client: FlaskClient, server: HttpServer, atlassian: AtlassianKey) -> None:
    rotated = AtlassianKey("rotated-2027")
    server.raw("GET", f"/keys/{rotated.kid}", 200, rotated.public_pem)
    assert call(client, token(atlassian), body()) == 204
    assert call(client, token(rotated), body()) == 204
    assert call(client, token(atlassian), body()) == 204
    assert [seen.path for seen in server.seen] == [f"/keys/{atlassian.kid}", "/keys/rotated-2027"]


@pytest.mark.parametrize(
    "option", [{"install_keys_url": "http://localhost:1"}, {"script_url": "http://localhost:1/all.js"}]
)
def test_nobody_chooses_the_key_server_or_script_outside_of_development(
    store: MemoryStore, clock: Clock, option: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="development only"):
        Connect(
            app_key=APP_KEY,
            base_url=BASE_URL,
            store=store,
            clock=clock,
            on_events=lambda told: [None for _ in told],
            descriptor_path=DESCRIPTOR,
            **option,
        )


def test_in_production_a_site_on_localhost_is_refused(store: MemoryStore, clock: Clock) -> None:
    production = Connect(
        app_key=APP_KEY,
        base_url=BASE_URL,
        store=store,
        clock=clock,
        on_events=lambda told: [None for _ in told],
        descriptor_path=DESCRIPTOR,
    )
    assert not production.lifecycle._site_address.fullmatch("http://localhost:8080")
