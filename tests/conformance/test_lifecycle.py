"""Class L: who may install and uninstall, with which body, and that it is done once and wholly."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from plugin.cli import main
from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.doors import INSTALL, LIFECYCLE_DOORS, PAGE, SCRIPT, SECRET_DOORS, UNINSTALL, Door
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
from tests.connect.test_site_address import HOSTILE_ADDRESSES
from tests.connect.world import BASE_URL, DROP, AtlassianKey
from tests.plugin.asking import asked

FORGED = 300  # make fuzz sends a hundred thousand
ROOT = Path(__file__).parents[2]
every_lifecycle_door = pytest.mark.parametrize("door", LIFECYCLE_DOORS, ids=str)


def sites(app: Target) -> list[str]:
    return app.rows()["tenant"]


def row_of(app: Target, site: Site) -> str:
    [row] = [row for row in sites(app) if site.client_key in row]
    return row


def works(app: Target, site: Site) -> bool:
    """Whether a site's tokens open its routes: none or all."""
    statuses = {app.send(door.good_call(app, site)).status_code == door.accepted for door in SECRET_DOORS}
    assert len(statuses) == 1
    return statuses.pop()


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


MORE_ADDRESSES = (
    "https://127.1", "https://0x7f000001", "https://[::ffff:169.254.169.254]", "https://acme.atlassian.net.",
    "https://acme.atlassian.net%2eevil.example", "https://acme.atlassian.net\t", "https://acme.atlassian.net\0.evil.example",
    "https://acme.atlassian.net@evil.example", "https://evil.example#.atlassian.net", "https://evil.example?.atlassian.net",
    "https://evilatlassian.net", "https://atlassian.net", "https://.atlassian.net", "https://acme.atlassian.net.evil.example",
    "https://acme.atlassian.com", "https://api.atlassian.com/ex/jira/1", "http://acme.atlassian.net", "acme.atlassian.net",
    "https://ａcme.atlassian.net", "https://acme.atlassian.ne\u0000t", "https://acme.jira.com.", "https://*.atlassian.net",
)  # fmt: skip


@case("L15")
def test_only_plain_addresses_of_jira_cloud_are_sites(app: Target) -> None:
    for address in (*HOSTILE_ADDRESSES, *MORE_ADDRESSES):
        site = new_site()
        request = app.lifecycle(site, body=install_body(site, baseUrl=address))
        refuses(app, request, "bad_json" if "\0" in address else "host_not_allowed", status=400)
    for odd in (None, 5, [], ["https://acme.atlassian.net"], {}):
        site = new_site()
        refuses(app, app.lifecycle(site, body=install_body(site, baseUrl=odd)), "bad_body", status=400)


@case("L16")
def test_a_renamed_site_is_followed_and_noted(app: Target) -> None:
    site = app.installed_site()
    moved = install_body(site, baseUrl="https://renamed.atlassian.net", displayUrl="https://help.renamed.example")
    with app.log() as lines:
        assert app.send(app.lifecycle(site, body=moved)).status_code == 204
    [noted] = [line for line in lines if line["event"] == "site_installed"]
    tenant = app.ports.tenants.find_tenant(site.client_key)  # type: ignore[attr-defined]
    assert (noted["tenant"], noted["moved_from"], noted["address"]) == (
        tenant.id,
        site.base_url,
        "https://renamed.atlassian.net",
    )
    assert "renamed.example" in app.send(PAGE.good_call(app, site)).headers["Content-Security-Policy"]
    assert app.internet.calls[-1].startswith("POST https://renamed.atlassian.net/")


@case("L18")
def test_a_secret_is_long_and_plain(app: Target) -> None:
    weak = ("", " " * 40, "short", "a" * 31, "x" * 1_025, "a" * 20 + "\n" + "a" * 20, "é" * 40, "a" * 40 + " ")
    for secret, reason in (
        *((secret, "bad_secret") for secret in (*weak, DROP)),
        *((secret, "bad_body") for secret in (None, 5, ["s" * 40], {}, True)),
        ("s" * 40 + "\0", "bad_json"),
    ):
        body = install_body(app.acme, sharedSecret=secret)
        refuses(app, app.lifecycle(app.acme, body=body), reason, status=400)
    body = install_body(app.acme, sharedSecret="x" * 1_000_000)
    refuses(app, app.lifecycle(app.acme, body=body), "body_too_large", status=413)


@case("L19")
@every_lifecycle_door
def test_a_body_is_a_json_object_with_the_right_parts(app: Target, door: Door) -> None:
    good = install_body(app.acme, door.path)
    raw = json.dumps(good).encode()
    bad_json = (b"", b"{", b"null x", raw[:-1], raw + b"x", b"\xef\xbb\xbf" + raw, raw.decode().encode("utf-16"), b"\xff",
                b"[" * 10_000, b'{"a":' * 10_000, raw[:-1] + b', "x": NaN}', raw[:-1] + b', "key": "rapport-jira"}')  # fmt: skip
    for body in bad_json:
        refuses(app, app.lifecycle(app.acme, door.path, body), "bad_json", status=400)
    for body in (b"[]", b'"text"', b"5", b"null", b"true", b"{}", [good]):
        refuses(app, app.lifecycle(app.acme, door.path, body), "bad_body", status=400)
    for name in ("key", "clientKey", "eventType"):
        for value in (DROP, None, 5, [], {}, [good[name]]):
            body = {part: each for part, each in {**good, name: value}.items() if each is not DROP}
            refuses(app, app.lifecycle(app.acme, door.path, body), "bad_body", status=400)
    refuses(app, app.lifecycle(app.acme, door.path, {**good, "x": "x" * 1_000_000}), "body_too_large", status=413)
    request = app.lifecycle(app.acme, door.path)
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": ""}, {"Content-Encoding": "gzip"}):
        refuses(app, replace(request, headers={**request.headers, **headers}), "bad_media_type", status=415)


@case("L20")
@every_lifecycle_door
def test_the_body_is_about_this_app_and_this_call(app: Target, door: Door) -> None:
    other = "uninstalled" if door is INSTALL else "installed"
    changes: list[dict[str, Any]] = [{"key": "another-app"}, {"key": ""}, {"key": "RAPPORT-JIRA"}, {"eventType": other}]
    changes += [{"eventType": event} for event in ("", "enabled", "disabled", "Installed", "installed ")]
    if door is INSTALL:
        changes += [{"productType": product} for product in ("confluence", "", "Jira", DROP)]
    for change in changes:
        body = install_body(app.acme, door.path, **change)
        refuses(app, app.lifecycle(app.acme, door.path, body), "body_mismatch", status=400)


@case("L21")
def test_an_uninstall_shuts_everything_within_a_second(app: Target) -> None:
    name = new_site().client_key
    customer = asked(app.app, app.clock, site=name)  # type: ignore[arg-type]
    site = Site(f"client-{name}", "s" * 64)
    assert works(app, site)
    assert customer.open().status_code == 200
    began = time.monotonic()
    assert app.send(app.lifecycle(site, UNINSTALLED)).status_code == 204
    for door in SECRET_DOORS:
        refuses(app, door.good_call(app, site), "tenant_uninstalled")
    assert [customer.open().status_code, customer.send(satisfaction="4", nonce="").status_code] == [410, 410]
    assert time.monotonic() - began < 1
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


@case("L28")
@pytest.mark.parametrize("first", ["purge", "install"])
def test_an_install_during_the_purge_keeps_what_is_new(app: Target, first: str) -> None:
    site = app.installed_site()
    left_at = app.clock()
    app.send(app.lifecycle(site, UNINSTALLED))
    tenants, database = app.ports.tenants, app.ports.database
    old = tenants.find_tenant(site.client_key).id  # type: ignore[attr-defined]
    back = app.lifecycle(replace(site, secret="back-again-" + "n" * 40))
    if first == "install":
        assert app.send(back).status_code == 204
    with ThreadPoolExecutor() as pool:
        with database.transaction(old) as tx:
            assert tenants.purge(tx, left_at) == (first == "purge")  # type: ignore[attr-defined]
            waiting = [pool.submit(app.send, back)] if first == "purge" else []
            wait(waiting, timeout=0.2)
        assert [answer.result().status_code for answer in waiting] == [204] * len(waiting)
    assert works(app, replace(site, secret="back-again-" + "n" * 40))
    kept = tenants.find_tenant(site.client_key).id  # type: ignore[attr-defined]
    assert (kept == old) == (first == "install")  # a number is never given to another site


DIES = """
import os, pickle, signal, sys
import pytest
from connect.lifecycle import Lifecycle
from plugin.app import create_app
from plugin.settings import load_settings
from tests.conformance.internet import Internet
from tests.connect.world import Clock
environment, keys, environ = pickle.load(sys.stdin.buffer)
internet = Internet()
internet.keys = keys
internet.install(pytest.MonkeyPatch())
install = Lifecycle.installed
def dying(*arguments):
    install(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
Lifecycle.installed = dying
environ["wsgi.errors"] = sys.stderr
create_app(load_settings(environment), Clock())(environ, lambda *_: print("answered", flush=True))
"""


@case("L30")
def test_killed_after_the_commit_the_install_is_there_and_may_come_again(app: Target) -> None:
    site = new_site()
    call = app.lifecycle(site)
    environ = {name: value for name, value in call.environ().items() if name != "wsgi.errors"}
    given = pickle.dumps((app.environment, app.internet.keys, environ))
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    died = subprocess.run(
        [sys.executable, "-c", DIES], input=given, capture_output=True, cwd=ROOT, env=path, check=False
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert b"answered" not in died.stdout
    assert works(app, site)
    assert app.send(call).status_code == 204
    assert row_of(app, site)


@case("L31")
@every_lifecycle_door
@pytest.mark.parametrize("trouble", ["away", "broken", "full"])
def test_a_database_in_trouble_is_never_answered_with_success(new_target: NewTarget, door: Door, trouble: str) -> None:
    app = new_target()
    stored = len(sites(app))
    app.break_database(trouble)
    with app.log() as lines:
        answers = [app.send(door.good_call(app, new_site()))]
        while answers[-1].status_code == 204 and len(answers) < 2_000:  # a full disk still has room in its last pages
            answers.append(app.send(door.good_call(app, new_site())))
    assert (answers[-1].status_code, answers[-1].get_json()) == (503, {"error": "unavailable"})
    assert [line["reason"] for line in lines if "reason" in line] == ["database_unavailable"]
    assert answers[-1].headers["Retry-After"] == "5"
    if trouble == "full":
        assert len(sites(app)) - stored == (len(answers) - 1 if door is INSTALL else 0)


@case("L32")
def test_forged_installs_leave_nothing(app: Target, thief: AtlassianKey) -> None:
    before = app.rows()
    for number in range(FORGED):
        site = new_site()
        signer = (thief.sign, lambda claims, **header: hs256(claims, site.secret, **header))[number % 2]  # noqa: B023
        assert app.send(INSTALL.call(site, signer(app.install_claims(site), kid=app.key.kid))).status_code == 401
    assert app.rows() == before


GOOD = {
    "RAPPORT_BASE_URL": "https://rapport.example",
    "RAPPORT_SECRET_KEYS": Fernet.generate_key().decode(),
    "RAPPORT_MAIL_FROM": "rapport@rapport.example",
}


@case("L33")
@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RAPPORT_SECRET_KEYS", None),
        ("RAPPORT_SECRET_KEYS", "secret"),
        ("RAPPORT_SECRET_KEYS", "A" * 43 + "="),
        ("RAPPORT_SECRET_KEYS", "the output of `rapport keys new`"),
        ("RAPPORT_BASE_URL", "http://rapport.example"),
        ("RAPPORT_DEVELOPMENT", "1"),
        ("RAPPORT_INSTALL_KEYS_URL", "https://keys.evil.example"),
        ("RAPPORT_CONNECT_SCRIPT_URL", "https://evil.example/all.js"),
        ("RAPPORT_EXTRA_HOSTS", "evil.example"),
        ("FLASK_DEBUG", "1"),
        ("FLASK_DEBUG", "true"),
    ],
)
def test_production_does_not_start_with_a_switch_for_development(
    command: str, variable: str, value: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, good in {**GOOD, variable: value}.items():
        monkeypatch.setenv(name, good) if good is not None else monkeypatch.delenv(name, raising=False)
    refused = CliRunner().invoke(main, [command])
    assert refused.exit_code == 2
    assert variable in refused.output
    assert GOOD["RAPPORT_SECRET_KEYS"] not in refused.output
    assert value is None or value in ("1", "true") or value not in refused.output.partition("Example")[0]
    assert list(tmp_path.iterdir()) == []
