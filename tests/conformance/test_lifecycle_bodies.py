"""Class L: what the body of an installation may hold: address, secret, and what it is about."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.conformance.cases import case
from tests.conformance.doors import (
    INSTALL,
    PAGE,
    Door,
    every_lifecycle_door,
)
from tests.conformance.refusals import refuses
from tests.conformance.target import (
    Target,
    install_body,
    new_site,
)
from tests.connect.test_site_address import HOSTILE_ADDRESSES
from tests.connect.world import DROP

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
