"""What a verified caller may do, and routes that nobody may call for want of a mark."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from structlog.typing import EventDict

from connect import (
    BROWSE_ISSUE,
    Connect,
    Tenant,
    current_principal,
    page,
    public,
    survey_link,
    unguarded,
)
from tests.connect.guarded_views import Reasons, refused, views
from tests.connect.world import (
    ACME,
    ADA,
    Clock,
    HttpServer,
    MemoryStore,
    bearer,
    context_token,
    page_url,
    plain_app,
    request_token,
)


def grant(server: HttpServer, store: MemoryStore, **granted: Any) -> None:
    """Acme's Jira is the test server, and answers permission questions with `granted`."""
    store.tenants[ACME.client_key] = replace(ACME, base_url=server.url)
    answer = {"globalPermissions": granted.get("site", []), "projectPermissions": granted.get("projects", [])}
    server.json("POST", "/rest/api/3/permissions/check", answer)


def test_jira_is_asked_about_the_issue_of_the_address(
    client: FlaskClient, server: HttpServer, store: MemoryStore
) -> None:
    grant(server, store, projects=[{"permission": "BROWSE_PROJECTS", "issues": [10007], "projects": []}])
    context = {"jira": {"issue": {"id": "10008"}}}
    headers = bearer(context_token(context=context))
    assert client.get("/issues/10007", headers=headers).text == "10007"
    assert client.get("/issues/10008", headers=headers).status_code == 403
    assert server.seen[0].json == {
        "accountId": ADA,
        "globalPermissions": [],
        "projectPermissions": [{"permissions": ["BROWSE_PROJECTS"], "issues": [10007]}],
    }


def test_a_project_admin_of_one_project_does_not_administer_another(
    client: FlaskClient, server: HttpServer, store: MemoryStore
) -> None:
    grant(server, store, projects=[{"permission": "ADMINISTER_PROJECTS", "issues": [], "projects": [10000]}])
    assert client.get("/projects/10000/settings", headers=bearer(context_token())).status_code == 200
    assert refused(client.get("/projects/10001/settings", headers=bearer(context_token())), 403)


def test_a_reader_is_no_admin_and_can_be_shown_less(
    client: FlaskClient, server: HttpServer, store: MemoryStore
) -> None:
    grant(server, store, projects=[{"permission": "BROWSE_PROJECTS", "issues": [], "projects": [10000]}])
    assert client.get("/projects/10000", headers=bearer(context_token())).text == "member"
    assert refused(client.get("/projects/10000/settings", headers=bearer(context_token())), 403)


def test_administration_needs_a_jira_admin(
    client: FlaskClient, server: HttpServer, store: MemoryStore, reasons: Reasons
) -> None:
    grant(server, store, projects=[{"permission": "ADMINISTER_PROJECTS", "issues": [], "projects": [10000]}])
    assert refused(client.get(page_url("/administration")), 403)
    assert reasons() == ["no_permission"]
    grant(server, store, site=["ADMINISTER"])
    assert client.get(page_url("/administration", sub="712020:another-admin")).status_code == 200


@pytest.mark.parametrize("issue_id", ["0", "-1", "1e3", "DEMO-7", "1" * 30, "1%20or%201", "%00"])
def test_ids_that_cannot_be_are_not_found_and_not_asked_about(
    client: FlaskClient, server: HttpServer, store: MemoryStore, issue_id: str
) -> None:
    grant(server, store)
    assert refused(client.get(f"/issues/{issue_id}", headers=bearer(context_token())), 404)
    assert server.seen == []


# ── no mark, no entry ──


def test_a_route_without_a_mark_is_closed_and_listed(
    client: FlaskClient, guarded_app: Flask, log: list[EventDict]
) -> None:
    assert refused(client.get("/forgotten"), 403)
    assert [(line["reason"], line["log_level"]) for line in log] == [("unguarded_route", "error")]
    assert unguarded(guarded_app) == ["views.forgotten /forgotten"]


def test_a_permission_without_its_argument_in_the_route_is_listed(guarded_app: Flask) -> None:
    guarded_app.add_url_rule("/nothing", "nothing", page(may=BROWSE_ISSUE)(lambda: ""))
    assert "nothing /nothing" in unguarded(guarded_app)


def test_a_view_that_calls_itself_static_is_not_taken_for_a_folder(guarded_app: Flask, client: FlaskClient) -> None:
    blueprint = Blueprint("sly", __name__)
    blueprint.add_url_rule("/sly", "static", lambda: "open")
    guarded_app.register_blueprint(blueprint)
    assert "sly.static /sly" in unguarded(guarded_app)
    assert client.get("/sly").status_code == 403


def test_two_marks_on_one_view_are_a_mistake() -> None:
    with pytest.raises(TypeError, match="already has a guard"):
        public(survey_link(lambda: ""))


def test_survey_links_public_routes_and_static_files_are_open(client: FlaskClient) -> None:
    assert client.get("/s/abc").text == "abc"
    with client.get("/connect/static/host.js") as script:
        assert script.status_code == 200
    assert client.get("/atlassian-connect.json").status_code == 200


def test_a_token_is_never_carried_along_by_a_redirect(client: FlaskClient) -> None:
    answer = client.get(f"/folder?jwt={request_token('GET', '/folder')}", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_nobody_is_the_caller_on_a_public_route(guarded_app: Flask) -> None:
    with guarded_app.test_request_context("/s/abc"), pytest.raises(RuntimeError):
        current_principal()


def test_the_products_page_answers_people_and_json_answers_machines(connect: Connect) -> None:
    connect._error_page = lambda error: (f"<h1>{error.status}</h1>", error.status)
    app = plain_app(connect)
    app.register_blueprint(views)
    client = app.test_client()
    assert client.get("/page").text == "<h1>401</h1>"
    assert client.get("/script").json == {"error": "unauthorized"}
    assert client.post("/hook").json == {"error": "unauthorized"}


def test_other_sites_cannot_post_with_or_without_a_token_in_the_address(client: FlaskClient) -> None:
    for url in ("/script", f"/script?jwt={context_token()}"):
        answer = client.post(url, headers={"Origin": "https://evil.example"}, data={"a": "1"})
        assert answer.status_code == 401
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_the_project_of_an_issue_is_asked_of_jira_once_a_minute(
    connect: Connect, server: HttpServer, clock: Clock, tenant: Tenant
) -> None:
    address = "/rest/api/3/issue/10007"
    server.json("GET", address, {"fields": {"project": {"id": "10000", "name": "Web shop"}}})
    assert [connect.project_of_issue(tenant, "10007") for _ in range(3)] == ["10000"] * 3
    server.json("GET", address, {"fields": {"project": {"id": "10001", "name": "Elsewhere"}}})
    clock.advance(seconds=59)
    assert connect.project_of_issue(tenant, "10007") == "10000"
    clock.advance(seconds=1)
    assert connect.project_of_issue(tenant, "10007") == "10001"
    assert len(server.seen) == 2
