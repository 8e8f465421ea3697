"""Class T: each route takes one class of token, and all others are refused there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.test import run_wsgi_app

from connect import page, page_script, unguarded
from connect.permissions import ANY_USER
from connect.tokens import sign_for_jira
from plugin.app import create_app
from plugin.settings import load_settings
from tests.conformance.cases import case
from tests.conformance.doors import DOORS, EVENTS, LIFECYCLE_DOORS, PAGE, SCRIPT, SECRET_DOORS, Door
from tests.conformance.refusals import refuses
from tests.conformance.target import Request, Site, Target, bearer, hs256, new_site
from tests.connect.world import ADA, APP_KEY, DROP, AtlassianKey
from tests.plugin.asking import asked

every_door = pytest.mark.parametrize("door", DOORS, ids=str)
every_lifecycle_door = pytest.mark.parametrize("door", LIFECYCLE_DOORS, ids=str)
every_secret_door = pytest.mark.parametrize("door", SECRET_DOORS, ids=str)

OTHER_PAGE = replace(PAGE, target="/projects/10000/post-mortem")


@case("T01")
@pytest.mark.parametrize("door", [*LIFECYCLE_DOORS, EVENTS, SCRIPT, OTHER_PAGE], ids=str)
def test_the_token_of_a_page_opens_that_page_only(app: Target, door: Door) -> None:
    """It stands in the address of a frame, where the user and every script of the page can read it."""
    reason = {"lifecycle": "alg_not_allowed", "script": "context_token_required"}.get(door.kind, "qsh_mismatch")
    refuses(app, door.call(app.acme, PAGE.token(app, app.acme)), reason)


@case("T02")
def test_a_page_may_be_loaded_again_and_changes_nothing(app: Target) -> None:
    for door in (PAGE, OTHER_PAGE):
        call, before = door.good_call(app, app.acme), app.rows()
        assert [app.send(call).status_code for _ in range(3)] == [200] * 3
        assert app.rows() == before


@case("T03")
@pytest.mark.parametrize("door", [PAGE, OTHER_PAGE], ids=str)
def test_a_context_token_opens_no_page(app: Target, door: Door) -> None:
    refuses(app, door.call(app.acme, SCRIPT.token(app, app.acme)), "context_token_not_allowed")


@case("T04")
@pytest.mark.parametrize("door", [*LIFECYCLE_DOORS, EVENTS], ids=str)
def test_a_context_token_opens_nothing_of_the_sites_own(app: Target, door: Door) -> None:
    """The hole of 2021 in Atlassian's own frameworks: any user of a site can have such a token."""
    by_secret = SCRIPT.token(app, app.acme)
    refuses(app, door.call(app.acme, by_secret), "context_token_not_allowed" if door is EVENTS else "alg_not_allowed")
    if door is not EVENTS:
        by_atlassian = app.key.sign(app.install_claims(app.acme, door.path, qsh="context-qsh", sub=ADA))
        refuses(app, door.call(app.acme, by_atlassian), "context_token_not_allowed")


SCRIPT_POST = Door("script", "POST", "/projects/10000/customers", 200)


@case("T05")
@pytest.mark.parametrize("door", [SCRIPT, SCRIPT_POST], ids=str)
def test_a_token_for_the_request_is_not_what_scripts_have(app: Target, door: Door) -> None:
    for claims in (app.claims(door.method, door.target, app.acme), PAGE.claims(app, app.acme)):
        refuses(app, door.call(app.acme, hs256(claims, app.acme.secret)), "context_token_required")
    for odd in ("CONTEXT-QSH", "context-qsh ", "", None, True, ["context-qsh"], "é"):
        refuses(app, door.good_call(app, app.acme, qsh=odd), "context_token_required")


@case("T06")
@pytest.mark.parametrize("door", [SCRIPT, SCRIPT_POST], ids=str)
def test_a_script_needs_a_context_token(app: Target, door: Door) -> None:
    refuses(app, door.good_call(app, app.acme, qsh=DROP), "missing_qsh")


@case("T07")
def test_there_is_no_session_of_our_own(app: Target) -> None:
    """Nothing that we hand out opens anything but the survey that it was made for."""
    assert app.app.secret_key is None
    for door in SECRET_DOORS:
        answer = app.send(door.good_call(app, app.acme))
        assert "Set-Cookie" not in answer.headers
        for cookie in ("session=eyJhbGciOiJub25lIn0", f"jwt={door.token(app, app.acme)}", "account=1"):
            refuses(
                app,
                replace(door.bare(app.acme), headers={**door.bare(app.acme).headers, "Cookie": cookie}),
                "missing_token",
            )


@case("T08")
@every_door
def test_our_own_calls_to_jira_are_not_taken_for_jiras(app: Target, door: Door) -> None:
    for client_key in (app.acme.client_key, APP_KEY):
        ours = sign_for_jira(
            app.acme.secret,
            app_key=APP_KEY,
            client_key=client_key,
            now=app.clock(),
            method=door.method,
            raw_path=door.path,
            raw_query="",
            base_path="",
        )
        refuses(app, door.call(app.acme, ours), "unknown_tenant" if door.by_secret else "alg_not_allowed")


@case("T09")
@every_door
def test_a_token_of_forge_opens_nothing_of_connect(app: Target, door: Door, thief: AtlassianKey) -> None:
    claims = {
        "aud": "ari:cloud:ecosystem::app/8db33809-3f32-4f27-9c6e-5cb3c4c3e4f1",
        "iss": "forge/invocation-token",
        "iat": int(app.clock().timestamp()),
        "exp": int(app.clock().timestamp()) + 25,
        "app": {"apiBaseUrl": "https://api.atlassian.com/ex/jira/1", "id": "ari:cloud:ecosystem::app/1"},
        "principal": ADA,
    }
    for token in (app.key.sign(claims), thief.sign(claims, kid="forge/1")):
        refuses(app, door.call(app.acme, token), "alg_not_allowed" if door.by_secret else "wrong_audience")
        if door is not PAGE:
            headers = {**door.bare(app.acme).headers, "Authorization": f"Bearer {token}"}
            refuses(app, replace(door.bare(app.acme), headers=headers), "missing_token")


@case("T10")
def test_a_surveys_token_and_a_sites_token_are_not_exchanged(app: Target) -> None:
    name = new_site().client_key
    customer = asked(app.app, app.clock, site=name)  # type: ignore[arg-type]
    site = Site(f"client-{name}", "s" * 64)
    for door in SECRET_DOORS:
        for token in (customer.token, f"{customer.token}.{customer.token}.{customer.token}"):
            refuses(app, door.call(site, token), "malformed")
        for method in ("GET", "POST"):
            unknown = app.send(Request(method, f"/s/{door.token(app, site)}"))
            assert unknown.status_code == 404
            assert "Nordlicht" not in unknown.get_data(as_text=True)
    for token in (SCRIPT.token(app, site), PAGE.token(app, site)):
        opened = app.send(Request("GET", f"/s/{customer.token}?jwt={token}", bearer(token)))
        plain = app.send(Request("GET", f"/s/{customer.token}"))
        assert len(opened.data) == len(plain.data)


@case("T11")
def test_every_route_declares_one_class_and_one_without_is_closed(app: Target) -> None:
    assert unguarded(app.app) == []
    forgetful = create_app(load_settings(app.environment), app.clock)
    forgetful.add_url_rule("/planted", view_func=lambda: "open", methods=["GET", "POST"], endpoint="planted")
    assert unguarded(forgetful) == ["planted /planted"]
    for door in DOORS:
        planted = replace(door, target="/planted")
        for call in (planted.good_call(app, app.acme), planted.bare(app.acme)):
            iterable, status, _ = run_wsgi_app(forgetful, call.environ())
            assert (status[:3], b"open" in b"".join(iterable)) == ("403", False)
    with pytest.raises(TypeError, match="exactly one kind"):
        page_script(may=ANY_USER)(page(may=ANY_USER)(lambda: ""))
