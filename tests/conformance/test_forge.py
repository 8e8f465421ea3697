"""Class F: Atlassian's invocation tokens, and what comes with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jwt
import pytest
import requests

from connect.forge_keys import ATLASSIAN_INVOCATION_KEYS
from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.internet import answer
from tests.conformance.invocations import (
    EVENTS,
    LEAVING,
    MACHINE_ROUTES,
    SCHEDULE,
    SCREENS,
    Installation,
    bearer,
    event,
    event_claims,
    key_set,
    publish,
    screen,
    screen_claims,
)
from tests.conformance.refusals import refuses
from tests.conformance.target import APP_ID, Request, Target, b64, with_json
from tests.connect.world import ADA, DROP, AtlassianKey

SITE, OTHER = Installation(), Installation()
ROUTES = (*MACHINE_ROUTES, SCREENS)
every_route = pytest.mark.parametrize("route", ROUTES)


@pytest.fixture
def forge(app: Target) -> Target:
    """The app, on a site of its own by Forge."""
    publish(app, app.key)
    for site in (SITE, OTHER):
        assert app.send(event(app, site, None, SCHEDULE)).status_code == 200
    return app


def claims_for(target: Target, route: str, /, **changes: Any) -> dict[str, Any]:
    return (screen_claims if route == SCREENS else event_claims)(target, SITE, **changes)


def call(app: Target, route: str, token: str) -> Request:
    return screen(app, SITE, token) if route == SCREENS else event(app, SITE, token, route)


def test_every_route_of_forge_is_attacked(app: Target) -> None:
    assert {rule.rule for rule in app.app.url_map.iter_rules() if rule.rule.startswith("/forge/")} == set(ROUTES)


@case("F01")
@every_route
def test_nobody_comes_by_forge_without_a_token(forge: Target, route: str) -> None:
    good = call(forge, route, forge.key.sign(claims_for(forge, route)))
    for value in (None, "", "Bearer", "Bearer ", good.headers["Authorization"].replace("Bearer", "JWT"), "Basic x"):
        headers = {name: text for name, text in good.headers.items() if name != "Authorization"}
        request = replace(good, headers={**headers, **({} if value is None else {"Authorization": value})})
        if route == SCREENS:
            assert forge.send(request).status_code == 401
        else:
            refuses(forge, request, "missing_token")
    if route != LEAVING:  # which would be the end of the site
        assert forge.send(good).status_code == 200


STRANGERS = [
    ({"aud": APP_ID[:-1] + "0"}, "wrong_audience"),
    ({"aud": DROP}, "wrong_audience"),
    ({"aud": [APP_ID, "ari:cloud:ecosystem::app/other"]}, "wrong_audience"),
    ({"aud": "https://rapport.example"}, "wrong_audience"),
    ({"app": {"id": APP_ID[:-1] + "0"}}, "ids_disagree"),
    ({"app": {"id": DROP}}, "ids_disagree"),
    ({"aud": APP_ID[:-1] + "0", "app": {"id": APP_ID[:-1] + "0"}}, "wrong_audience"),
    ({"iss": "forge/other"}, "wrong_issuer"),
    ({"iss": DROP}, "wrong_issuer"),
    ({"iss": "Forge/Invocation-Token"}, "wrong_issuer"),
]


@case("F02")
@pytest.mark.parametrize(("changes", "reason"), STRANGERS, ids=str)
def test_a_token_is_for_us_and_from_forge(forge: Target, changes: dict[str, Any], reason: str) -> None:
    refuses(forge, event(forge, SITE, forge.key.sign(event_claims(forge, SITE, **dict(changes)))), reason)
    answer = forge.send(screen(forge, SITE, forge.key.sign(screen_claims(forge, SITE, **dict(changes)))))
    assert answer.status_code == 401


def bad_tokens(app: Target, thief: AtlassianKey) -> dict[str, tuple[str, str]]:
    """Each with the word that the log has for it."""
    now = int(app.clock().timestamp())
    good = event_claims(app, SITE)

    def signed(**changes: Any) -> str:
        return app.key.sign(event_claims(app, SITE, **changes))

    head, payload, signature = app.key.sign(good).split(".")
    return {
        "expired": (signed(iat=now - 90, nbf=now - 90, exp=now - 31), "expired"),
        "no exp": (signed(exp=DROP), "missing_claim"),
        "no iat": (signed(iat=DROP), "bad_claim"),
        "exp as text": (signed(exp=str(now + 25)), "bad_claim"),
        "a year long": (signed(exp=now + 31_536_000), "lifetime_too_long"),
        "of tomorrow": (signed(iat=now + 86_400, nbf=now + 86_400, exp=now + 86_425), "not_yet_valid"),
        "HS256 by the public key": (_by_public_key(app, good), "alg_not_allowed"),
        "none": (f"{b64({'alg': 'none', 'kid': app.key.kid})}.{payload}.", "alg_not_allowed"),
        "RS512": (jwt.encode(good, app.key.private, "RS512", {"kid": app.key.kid}), "alg_not_allowed"),
        "unknown kid": (thief.sign(good, kid="nobody/knows"), "unknown_kid"),
        "no kid": (app.key.sign(good, kid=DROP), "bad_kid"),
        "an endless kid": (app.key.sign(good, kid="k" * 201), "bad_kid"),
        "another's key": (thief.sign(good, kid=app.key.kid), "bad_signature"),
        "no signature": (f"{head}.{payload}.", "bad_signature"),
        "half a signature": (f"{head}.{payload}.{signature[:-8]}", "bad_signature"),
    }


def _by_public_key(app: Target, claims: dict[str, Any]) -> str:
    signed = f"{b64({'alg': 'HS256', 'kid': app.key.kid})}.{b64(claims)}"
    return f"{signed}.{b64(jwt.get_algorithm_by_name('HS256').sign(signed.encode(), b'x' * 32))}"


@case("F03")
def test_a_bad_token_is_refused_for_what_it_lacks(forge: Target, thief: AtlassianKey) -> None:
    for name, (token, reason) in bad_tokens(forge, thief).items():
        calls = 1 if name == "unknown kid" and _may_ask(forge) else 0
        refuses(forge, event(forge, SITE, token), reason, calls=calls)
    assert forge.send(event(forge, SITE)).status_code == 200


def _may_ask(app: Target) -> bool:
    forge = app.app.extensions["connect"].forge
    return bool(forge._keys._may_ask())


@case("F04")
@pytest.mark.parametrize(
    "api",
    [
        "https://api.stg.atlassian.com/ex/jira/{}",
        "https://api.atlassian.com.evil.example/ex/jira/{}",
        "https://api.atlassian.com/ex/confluence/{}",
        "http://api.atlassian.com/ex/jira/{}",
        "https://api.atlassian.com/ex/jira/{}/..",
        "http://localhost:8080/ex/jira/{}",
        "https://api.atlassian.com/ex/jira/",
        "",
    ],
)
def test_only_the_production_api_of_jira_is_believed(forge: Target, thief: AtlassianKey, api: str) -> None:
    named = {"apiBaseUrl": api.format(SITE.cloud_id)}
    for key in (forge.key, thief):
        refuses(forge, event(forge, SITE, key.sign(event_claims(forge, SITE, app=named))), "wrong_api", calls=0)
    asked = {url.split()[1] for url in forge.internet.calls if "jwks" in url}
    assert asked == {ATLASSIAN_INVOCATION_KEYS}


@case("F05")
def test_without_the_key_set_remembered_keys_serve_and_else_nobody_is_refused_for_good(new_target: NewTarget) -> None:
    app = new_target()
    seconds = [0.0]
    app.app.extensions["connect"].forge._keys._seconds = lambda: seconds[0]
    app.internet.trouble = requests.ConnectionError("gone")
    refuses(app, event(app, SITE), "key_server_unreachable", status=503, calls=1)
    refuses(app, event(app, SITE), "key_server_unreachable", status=503, calls=0)
    app.internet.trouble = None
    for wrong in (b"<html>", b"{}", b'{"keys": []}', key_set(AtlassianKey(bits=1024)), key_set(app.key, use="enc")):
        seconds[0] += 16
        app.internet.answers[ATLASSIAN_INVOCATION_KEYS] = lambda request, body=wrong: answer(request, 200, body)
        refuses(app, event(app, SITE), "key_unreadable", status=503, calls=1)
    seconds[0] += 16
    publish(app, app.key)
    assert app.send(event(app, SITE)).status_code == 200
    app.internet.trouble = requests.ConnectTimeout("gone again")
    for hours in (2, 10, 11):
        seconds[0] += hours * 3600
        assert app.send(event(app, SITE)).status_code == 200, "remembered"
    seconds[0] += 7200
    refuses(app, event(app, SITE), "key_server_unreachable", status=503, calls=1)


@case("F06")
def test_who_calls_stands_in_the_token_alone(forge: Target) -> None:
    disagreeing: list[dict[str, Any]] = [
        {"app": {"installationId": OTHER.id}},
        {"app": {"installation": {"id": OTHER.id}}},
        {"app": {"apiBaseUrl": OTHER.api}},
        {"app": {"installation": {"id": SITE.id, "contexts": [{"name": "jira", "cloudId": OTHER.cloud_id}]}}},
        {"context": {"cloudId": OTHER.cloud_id, "siteUrl": SITE.site_url}},
    ]
    for changes in disagreeing:
        route = SCREENS if "context" in changes else EVENTS
        token = forge.key.sign(claims_for(forge, route, **changes))
        assert forge.send(call(forge, route, token)).status_code == 401
    refuses(forge, event(forge, SITE, id=OTHER.uuid, app={"id": APP_ID}), "body_mismatch")
    told = event(forge, SITE, None, SCHEDULE)
    for name in ("x-forge-installation-id", "x-installation-id", "x-cloud-id"):
        told.headers[name] = OTHER.id
    before = forge.rows()
    assert forge.send(told).status_code == 200
    assert forge.rows() == before
    mine, theirs = (tenant_of(forge, site) for site in (SITE, OTHER))
    assert mine != theirs


def tenant_of(app: Target, site: Installation) -> int:
    rows = [row for row in app.rows()["installation"] if site.id in row]
    assert len(rows) == 1
    return int(rows[0].split(",")[1])


SYSTEM_TOKEN = "system-token-of-the-site-" + "s" * 40
USER_TOKEN = "user-token-of-ada-" + "u" * 40


@case("F07")
def test_tokens_that_are_handed_on_stay_secret(forge: Target) -> None:
    site = Installation()
    handed = {"x-forge-oauth-system": SYSTEM_TOKEN, "x-forge-oauth-user": USER_TOKEN}
    with forge.log() as lines:
        for request in (event(forge, site), event(forge, site, None, SCHEDULE), screen(forge, site)):
            request.headers |= handed
            assert forge.send(request).status_code == 200
        for request in (event(forge, site, "a.b.c"), screen(forge, site, path="/nowhere")):
            request.headers |= handed
            answer = forge.send(request)
            assert b"token-of" not in answer.data
    assert "token-of" not in repr(lines)
    stored = [row for row in forge.rows()["installation"] if site.id in row]
    assert "token-of" not in repr(forge.rows())
    assert "gAAAA" in stored[0], "kept, and sealed"
    kept = forge.ports.tenants.get_tenant(int(stored[0].split(",")[1])).access
    assert (kept.token, kept.api_base_url) == (SYSTEM_TOKEN, site.api)


def test_a_screens_token_opens_nothing_of_the_triggers(forge: Target) -> None:
    """Whoever sits before a screen can have Atlassian sign a call of any address of ours: also of the app's removal."""
    claims = screen_claims(forge, SITE)
    for token in (
        forge.key.sign(claims),
        forge.key.sign({**claims, "context": {}, "app": {**claims["app"], "module": {"type": "jira:adminPage"}}}),
    ):
        for route in MACHINE_ROUTES:
            refuses(forge, event(forge, SITE, token, route), "screen_token_not_allowed")
    for path in (*MACHINE_ROUTES, SCREENS, "/connect/events", "/connect/installed", "/health", "/s/abc"):
        told = forge.send(screen(forge, SITE, method="POST", path=path)).get_json()
        assert told["status"] in (403, 404, 405), path
    assert forge.send(event(forge, SITE)).status_code == 200, "still installed"


def test_a_triggers_token_opens_no_screen(forge: Target) -> None:
    assert forge.send(screen(forge, SITE, forge.key.sign(event_claims(forge, SITE, principal=ADA)))).status_code == 401


def test_a_screens_user_needs_the_right_and_a_name(forge: Target) -> None:
    for changes, status in (({"principal": DROP}, 403), ({"principal": "712020:nobody"}, 403), ({"principal": 7}, 401)):
        told = forge.send(screen(forge, SITE, forge.key.sign(screen_claims(forge, SITE, **changes))))
        assert told.get_json()["status"] == status
    assert forge.send(screen(forge, SITE)).get_json()["status"] == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"\xff", b'{"method": "GET"}', b"[" * 100_000, {"method": "PUT", "path": "/administration"}]
    + [{"method": "GET", "path": path} for path in ("", "x", "//evil.example/", "/\\evil", "/é", "/ a", "/\r\nX: y", 7)]
    + [{"method": "GET", "path": "/administration", "headers": {"A": 1}}],
    ids=lambda body: repr(body)[:40],
)  # fmt: skip
def test_a_call_that_cannot_be_read_is_refused_after_its_token(forge: Target, body: Any) -> None:
    token = forge.key.sign(event_claims(forge, SITE))
    refuses(forge, with_json(Request("POST", SCREENS, bearer(token)), body), "bad_call", status=400)
    refuses(forge, with_json(Request("POST", SCREENS), body), "missing_token")


def test_a_call_brings_no_headers_of_its_own(forge: Target) -> None:
    """Who is calling stands in the outer headers, which Atlassian writes."""
    good = forge.key.sign(screen_claims(forge, OTHER))
    sent = {"Authorization": f"Bearer {good}", "X-Forge-Oauth-System": "evil", "Host": "evil.example", "Cookie": "a=1"}
    told = forge.send(screen(forge, SITE, forge.key.sign(screen_claims(forge, SITE, principal=DROP)), headers=sent))
    assert told.get_json()["status"] == 403
    assert "evil" not in repr(forge.rows())


def test_links_lead_to_the_project_until_a_call_tells_where_our_pages_are(forge: Target) -> None:
    """What a token says of the deployment counts for links only: one that cannot be read refuses nobody."""
    site, app_id = Installation(), APP_ID.rpartition("/")[2]
    good = {"id": f"ari:cloud:ecosystem::environment/{site.environment}"}
    pages = f"/jira/software/projects/DEMO/apps/{app_id}/{site.environment}/post-mortem"
    for told, path in (
        (DROP, "/browse/DEMO"),
        ({"id": "../x"}, "/browse/DEMO"),
        (7, "/browse/DEMO"),
        (good, pages),
        (DROP, pages),
    ):
        token = forge.key.sign(screen_claims(forge, site, app={"environment": told}))
        assert forge.send(screen(forge, site, token)).status_code == 200
        tenant = forge.ports.tenants.get_tenant(tenant_of(forge, site))
        assert forge.ports.page_url(tenant, "post-mortem", "DEMO") == site.site_url + path


def test_after_the_app_was_removed_its_tokens_open_nothing(forge: Target) -> None:
    site = Installation()
    assert forge.send(screen(forge, site)).get_json()["status"] == 200
    later = event(forge, site)
    assert forge.send(event(forge, site, None, LEAVING)).status_code == 200
    refuses(forge, later, "tenant_uninstalled")
    assert forge.send(screen(forge, site)).status_code == 401
    again = replace(site, uuid=Installation().uuid)
    assert forge.send(screen(forge, again)).get_json()["status"] == 200
    assert tenant_of(forge, again) == tenant_of(forge, site), "its data is found again"


def test_a_repeated_trigger_is_one_event(forge: Target) -> None:
    site = Installation()
    told = []
    connect = forge.app.extensions["connect"]
    keep = connect._on_events
    connect._on_events = lambda each: [told.append((tenant.cloud_id, key, event)) for tenant, key, event in each]
    try:
        for retry in ({}, {"retryContext": {"retryCount": 1}}):
            assert forge.send(event(forge, site, **retry)).get_json() == {"status": "ok"}
    finally:
        connect._on_events = keep
    assert len(told) == 2
    assert told[0] == told[1]
    assert told[0][0] == site.cloud_id
    assert (told[0][2].from_status_id, told[0][2].to_status_id, told[0][2].changelog_id) == ("10000", "10001", "")


def test_some_hundred_bad_tokens_and_none_accepted(forge: Target, thief: AtlassianKey) -> None:
    from tests.fuzz.invocations import BadInvocations  # noqa: PLC0415 - it imports this folder's neighbours

    bad, before = BadInvocations(forge, thief), forge.rows()
    for number in range(400):
        answer = forge.send(bad.call(number))
        assert answer.status_code == 401, answer.data
    assert forge.rows() == before
