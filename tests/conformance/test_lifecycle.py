"""Class L: who may install and uninstall, and that it is done once and wholly."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.conformance.cases import case
from tests.conformance.doors import (
    INSTALL,
    PAGE,
    SCRIPT,
    SECRET_DOORS,
    UNINSTALL,
    Door,
    every_lifecycle_door,
    works,
)
from tests.conformance.refusals import refuses
from tests.conformance.target import (
    UNINSTALLED,
    Request,
    Site,
    Target,
    b64,
    bearer,
    hs256,
    install_body,
    new_site,
    with_json,
)
from tests.connect.world import BASE_URL, DROP, AtlassianKey
from tests.plugin.asking import asked


def sites(app: Target) -> list[str]:
    return app.rows()["tenant"]


def row_of(app: Target, site: Site) -> str:
    [row] = [row for row in sites(app) if site.client_key in row]
    return row


@case("L01")
def test_a_good_install_is_committed_before_the_answer(app: Target) -> None:
    site, committed = new_site(), []
    environ = app.lifecycle(site).environ()
    body = app.app(environ, lambda status, headers, _=None: committed.append((status, row_of(app, site))))
    assert [status for status, _ in committed] == ["204 NO CONTENT"]
    assert (b"".join(body), site.secret in committed[0][1]) == (b"", False)
    assert works(app, site)


@case("L02")
@every_lifecycle_door
def test_an_install_needs_a_token(app: Target, door: Door) -> None:
    for site in (new_site(), app.acme):
        refuses(app, door.bare(site), "missing_token")


@case("L03")
@pytest.mark.parametrize("signature", ["none at all", "alg none", "own secret", "own key", "Basic"])
def test_nobody_brings_a_secret_of_their_own(app: Target, thief: AtlassianKey, signature: str) -> None:
    """The hijack of 2021: a right body of a site that we do not know."""
    site = new_site()
    claims = app.install_claims(site)
    request, reason = {
        "none at all": (INSTALL.bare(site), "missing_token"),
        "Basic": (replace(INSTALL.bare(site), headers={"Authorization": "Basic YTpi"}), "missing_token"),
        "alg none": (INSTALL.call(site, f"{b64({'alg': 'none'})}.{b64(claims)}."), "alg_not_allowed"),
        "own secret": (INSTALL.call(site, hs256(claims, site.secret, kid=app.key.kid)), "alg_not_allowed"),
        "own key": (INSTALL.call(site, thief.sign(claims, kid=app.key.kid)), "bad_signature"),
    }[signature]
    refuses(app, request, reason)


@case("L04")
@every_lifecycle_door
def test_the_body_is_about_the_site_of_the_token(app: Target, door: Door) -> None:
    for token_of, body_of in ((app.acme, app.globex), (app.globex, new_site()), (new_site(), app.acme)):
        body = install_body(body_of, door.path)
        for named in (body_of.client_key, token_of.client_key.upper(), token_of.client_key + " ", ""):
            request = app.lifecycle(token_of, door.path, {**body, "clientKey": named})
            refuses(app, request, "body_mismatch")


@case("L05")
@every_lifecycle_door
def test_an_install_is_for_somebody(app: Target, door: Door) -> None:
    for audience in (DROP, None, "", " ", [], [[]], [[BASE_URL]], [[], BASE_URL], {}, {BASE_URL: 1}, 5, True, [None]):
        refuses(app, door.good_call(app, app.acme, aud=audience), "wrong_audience")


@case("L06")
@every_lifecycle_door
def test_atlassians_signature_for_another_app_is_not_for_us(app: Target, door: Door) -> None:
    for audience in (
        "https://another-app.example",
        ["https://another-app.example"],
        "another-app",
        app.acme.client_key,
    ):
        refuses(app, door.good_call(app, app.acme, aud=audience), "wrong_audience")


@case("L07")
@every_lifecycle_door
@pytest.mark.parametrize("audience", [BASE_URL, BASE_URL + "/", [BASE_URL], [BASE_URL + "/"]], ids=str)
def test_our_address_is_the_audience(app: Target, door: Door, audience: Any) -> None:
    assert app.send(door.good_call(app, app.installed_site(), aud=audience)).status_code == 204


@case("L08")
@every_lifecycle_door
def test_our_address_spelled_otherwise_is_not_ours(app: Target, door: Door) -> None:
    other = (
        "http://rapport.example", "https://rapport.example:443", "https://rapport.example/x", "https://RAPPORT.example",
        "https://user@rapport.example", "https://rapport.example.", "https://rapport.example?", "rapport.example",
        "https://rapport.example#", " https://rapport.example", "https://rapport.example\n", "https://rapport.example//",
        "https://rapport.example.evil.example", "HTTPS://rapport.example",
    )  # fmt: skip
    for audience in (
        *other,
        [BASE_URL, "https://other.example"],
        [BASE_URL, BASE_URL],
        ["https://other.example", BASE_URL],
    ):
        refuses(app, door.good_call(app, app.acme, aud=audience), "wrong_audience")


@case("L09")
@every_lifecycle_door
def test_a_token_for_one_lifecycle_call_does_not_do_for_the_other(app: Target, door: Door) -> None:
    other = UNINSTALL if door is INSTALL else INSTALL
    refuses(app, door.call(app.acme, other.token(app, app.acme)), "qsh_mismatch")


@case("L11")
@every_lifecycle_door
def test_no_token_of_the_site_reaches_its_lifecycle(app: Target, door: Door) -> None:
    """Any user of a site can get such tokens."""
    for claims in (SCRIPT.claims(app, app.acme), PAGE.claims(app, app.acme), app.install_claims(app.acme, door.path)):
        refuses(app, door.call(app.acme, hs256(claims, app.acme.secret)), "alg_not_allowed")
        refuses(app, door.call(app.acme, hs256(claims, app.acme.secret, kid=app.key.kid)), "alg_not_allowed")


@case("L12")
def test_a_second_install_replaces_the_secret(app: Target) -> None:
    site = app.installed_site()
    renewed = replace(site, secret="renewed-" + "n" * 40)
    assert app.send(app.lifecycle(renewed)).status_code == 204
    assert len([row for row in sites(app) if site.client_key in row]) == 1
    assert works(app, renewed)
    assert not works(app, site)


@case("L12b")
def test_a_second_install_by_somebody_else_changes_nothing(app: Target, thief: AtlassianKey) -> None:
    site = app.installed_site()
    stolen = replace(site, secret="stolen-" + "n" * 40)
    token = thief.sign(app.install_claims(stolen), kid=app.key.kid)
    refuses(app, INSTALL.call(stolen, token), "bad_signature")
    assert works(app, site)
    assert not works(app, stolen)


@case("L13")
def test_the_same_install_again_changes_nothing(app: Target) -> None:
    """Not even after a newer one, or an uninstall: whoever saw the first could bring back its secret."""
    site = app.installed_site()
    first = app.lifecycle(site)
    assert app.send(first).status_code == 204
    before = app.rows()
    assert app.send(first).status_code == 204
    assert app.rows() == before
    renewed = replace(site, secret="renewed-" + "n" * 40)
    assert app.send(app.lifecycle(renewed)).status_code == 204
    assert app.send(first).status_code == 204
    assert works(app, renewed)
    app.send(UNINSTALL.good_call(app, renewed))
    assert app.send(first).status_code == 204
    assert not works(app, site)
    assert not works(app, renewed)


@case("L14")
@every_lifecycle_door
def test_one_token_goes_with_one_body(app: Target, door: Door) -> None:
    site = app.installed_site()
    first = app.lifecycle(site, door.path)
    assert app.send(first).status_code == 204
    body = json.loads(first.body)
    for changes in (
        {"sharedSecret": "stolen-" + "n" * 40},
        {"baseUrl": "https://evil.atlassian.net"},
        {"displayUrl": "https://evil.example"},
        {"extra": 1},
    ):
        refuses(app, with_json(first, {**body, **changes}), "replayed", alarm=True)
    refuses(app, with_json(first, first.body + b" "), "replayed", alarm=True)
    app.clock.advance(seconds=200)  # within the leeway after its end
    refuses(app, with_json(first, {**body, "extra": 2}), "replayed", alarm=True)
    app.clock.advance(seconds=10)
    refuses(app, first, "expired")


@case("L21")
def test_an_uninstall_shuts_everything_at_once(app: Target) -> None:
    """Not a second later: the clock of the app stands still meanwhile."""
    name = new_site().client_key
    customer = asked(app.app, app.clock, site=name)  # type: ignore[arg-type]
    site = Site(f"client-{name}", "s" * 64)
    assert works(app, site)
    assert customer.open().status_code == 200
    assert app.send(app.lifecycle(site, UNINSTALLED)).status_code == 204
    for door in SECRET_DOORS:
        refuses(app, door.good_call(app, site), "tenant_uninstalled")
    assert [customer.open().status_code, customer.send(satisfaction="4", nonce="").status_code] == [410, 410]
    assert customer.responses() == []
    assert "Nordlicht" not in customer.open().text


@case("L22")
def test_an_uninstall_of_nobody_or_again_changes_nothing(app: Target) -> None:
    site = app.installed_site()
    first = app.lifecycle(site, UNINSTALLED)
    assert app.send(first).status_code == 204
    for gone in (site, new_site()):
        before = app.rows()
        assert app.send(app.lifecycle(gone, UNINSTALLED)).status_code == 204
        after = app.rows()
        assert {**after, "install_token": []} == {**before, "install_token": []}
    assert app.send(app.lifecycle(site)).status_code == 204
    assert app.send(first).status_code == 204  # once used, an uninstall does not throw out a site that came back
    assert works(app, site)


@case("L26")
def test_an_uninstall_signed_by_the_site_is_refused(app: Target) -> None:
    site = app.installed_site()
    claims = app.install_claims(site, UNINSTALLED)
    for token in (hs256(claims, site.secret), hs256(claims, site.secret, kid=app.key.kid), SCRIPT.token(app, site)):
        refuses(app, UNINSTALL.call(site, token), "alg_not_allowed")
    assert works(app, site)


@case("L27")
@pytest.mark.parametrize("order", ["disabled first", "uninstalled first", "at once"])
def test_disabled_beside_uninstalled_ends_uninstalled(app: Target, order: str) -> None:
    site = app.installed_site()
    told = [
        Request("POST", "/connect/disabled", bearer(SCRIPT.token(app, site)), b""),
        app.lifecycle(site, UNINSTALLED, install_body(site, UNINSTALLED, eventType="disabled")),
        app.lifecycle(site, UNINSTALLED),
    ]
    told = told[::-1] if order == "uninstalled first" else told
    with ThreadPoolExecutor(3 if order == "at once" else 1) as pool:
        statuses = [answer.status_code for answer in pool.map(app.send, told)]
    assert sorted(statuses) == [204, 400, 404]
    assert not works(app, site)
