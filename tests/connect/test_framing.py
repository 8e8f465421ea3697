"""Headers, the descriptor, and the script for our pages: what a browser is told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from connect import ANY_USER, Connect, page, page_script, preview, public
from connect.framing import ATLASSIAN_SCRIPT
from tests.connect.world import (
    ACME,
    APP_KEY,
    BASE_URL,
    DESCRIPTOR,
    GLOBEX,
    OTHER_SECRET,
    Clock,
    MemoryStore,
    bearer,
    context_token,
    page_url,
    plain_app,
)

HOST_SCRIPTS = sorted((Path(__file__).parents[2] / "connect").glob("s*/*.js"))


@pytest.fixture
def app(store: MemoryStore, clock: Clock) -> Flask:
    """As in production: no development mode."""
    connect = Connect(
        app_key=APP_KEY,
        base_url=BASE_URL,
        store=store,
        clock=clock,
        on_events=lambda told: [None for _ in told],
        descriptor_path=DESCRIPTOR,
    )
    app = plain_app(connect)
    app.add_url_rule("/page", "page", page(may=ANY_USER)(lambda: "page"))
    app.add_url_rule("/open", "open", public(lambda: "open"))
    app.add_url_rule("/script", "script", page_script(may=ANY_USER)(lambda: "script"))
    return app


def policy(headers: dict[str, str]) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))


def get(app: Flask, url: str) -> dict[str, str]:
    with app.test_client().get(url) as answer:
        return dict(answer.headers)


def test_a_page_may_be_framed_by_its_own_site_only(app: Flask) -> None:
    assert (
        policy(get(app, page_url("/page")))["frame-ancestors"] == "https://acme.atlassian.net https://help.acme.example"
    )
    others = get(app, page_url("/page", secret=OTHER_SECRET, iss=GLOBEX.client_key))
    assert policy(others)["frame-ancestors"] == "https://globex.atlassian.net"
    assert "X-Frame-Options" not in others


def test_everything_else_is_framed_by_nobody(app: Flask) -> None:
    for url in (
        "/page",
        page_url("/page", iss="nobody"),
        "/open",
        "/atlassian-connect.json",
        "/connect/static/host.js",
        "/nowhere",
    ):
        assert policy(get(app, url))["frame-ancestors"] == "'none'", url


def test_a_preview_is_framed_by_ourselves_and_sends_nothing(app: Flask) -> None:
    app.add_url_rule("/look", "look", preview(lambda: "look"))
    allowed = policy(get(app, "/look"))
    assert (allowed["frame-ancestors"], allowed["form-action"]) == ("'self'", "'none'")
    assert (allowed["script-src"], allowed["default-src"]) == ("'self'", "'none'")


def test_what_our_scripts_fetch_is_framed_by_nobody(app: Flask) -> None:
    answer = app.test_client().get("/script", headers=bearer(context_token()))
    assert (answer.text, policy(dict(answer.headers))["frame-ancestors"]) == ("script", "'none'")


def test_a_page_loads_scripts_and_styles_from_us_and_atlassian_and_nothing_unsafe(app: Flask) -> None:
    headers = get(app, page_url("/page"))
    assert policy(headers) == {
        "default-src": "'none'",
        "script-src": "'self' https://connect-cdn.atl-paas.net",
        "style-src": "'self' https://connect-cdn.atl-paas.net",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "https://acme.atlassian.net https://help.acme.example",
    }
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_a_public_page_loads_nothing_from_elsewhere(app: Flask) -> None:
    assert policy(get(app, "/open"))["script-src"] == policy(get(app, "/open"))["style-src"] == "'self'"


def test_every_answer_keeps_addresses_types_and_transport_to_itself(app: Flask) -> None:
    for url in ("/page", page_url("/page"), "/open", "/nowhere", "/connect/static/host.js"):
        headers = get(app, url)
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert "Set-Cookie" not in headers


def test_only_static_files_may_be_cached(app: Flask) -> None:
    for url in ("/page", page_url("/page"), "/open", "/atlassian-connect.json", "/connect/static/missing.js"):
        assert get(app, url)["Cache-Control"] == "no-store"
    assert get(app, "/connect/static/host.js")["Cache-Control"] == "no-cache"


def test_without_https_no_transport_is_promised(store: MemoryStore, clock: Clock) -> None:
    local = Connect(
        app_key=APP_KEY,
        base_url="http://127.0.0.1:8080",
        store=store,
        clock=clock,
        on_events=lambda told: [None for _ in told],
        descriptor_path=DESCRIPTOR,
        development=True,
    )
    assert "Strict-Transport-Security" not in get(plain_app(local), "/atlassian-connect.json")


def test_in_development_the_script_may_come_from_a_stand_in(store: MemoryStore, clock: Clock) -> None:
    local = Connect(
        app_key=APP_KEY,
        base_url="http://127.0.0.1:8080",
        store=store,
        clock=clock,
        on_events=lambda told: [None for _ in told],
        descriptor_path=DESCRIPTOR,
        script_url="http://localhost:2990/atlassian-connect/all.js",
        development=True,
    )
    app = plain_app(local)
    app.add_url_rule("/page", "page", page(may=ANY_USER)(lambda: "page"))
    assert policy(get(app, page_url("/page")))["script-src"] == "'self' http://localhost:2990"
    assert 'src="http://localhost:2990/atlassian-connect/all.js"' in scripts_of(app)


def scripts_of(app: Flask) -> str:
    with app.test_request_context():
        return render_template_string("{{ host_scripts() }}")


def test_templates_know_the_scripts_of_a_frame(app: Flask) -> None:
    sources = re.findall(r'src="([^"]+)"', scripts_of(app))
    assert sources[0] == ATLASSIAN_SCRIPT
    assert [source.partition("?")[0] for source in sources[1:]] == [
        f"/connect/static/{name}" for name in ("host-connect.js", "host.js")
    ]


def test_the_descriptor_carries_our_address_and_asks_for_little(app: Flask) -> None:
    answer = app.test_client().get("/atlassian-connect.json")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    descriptor = answer.get_json()
    assert (descriptor["key"], descriptor["baseUrl"]) == (APP_KEY, BASE_URL)
    assert descriptor["links"] == {"self": f"{BASE_URL}/atlassian-connect.json"}
    assert descriptor["apiMigrations"] == {"gdpr": True, "signed-install": True, "context-qsh": True}
    assert set(descriptor["scopes"]) <= {"READ", "WRITE"}


def test_links_into_jira_use_the_address_that_people_see(app: Flask) -> None:
    connect: Connect = app.extensions["connect"]
    assert (
        connect.host_page_url(ACME, "administration")
        == "https://help.acme.example/plugins/servlet/ac/rapport-jira/administration"
    )
    link = connect.host_page_url(
        replace(ACME, display_url="https://acme.atlassian.net"), "post-mortem", **{"project.key": "A&B"}
    )
    assert link == "https://acme.atlassian.net/plugins/servlet/ac/rapport-jira/post-mortem?project.key=A%26B"


def test_the_host_script_needs_no_exception_from_the_policy() -> None:
    assert len(HOST_SCRIPTS) == 6
    source = "".join(script.read_text("utf-8") for script in HOST_SCRIPTS)
    for forbidden in ("eval(", "new Function", "innerHTML", "document.write", ".style", "http://", "https://"):
        assert forbidden not in source
