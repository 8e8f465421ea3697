"""One kind of token for each route, in both directions, and nothing without a mark."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from structlog.typing import EventDict
from werkzeug.test import TestResponse

from connect import (
    ADMINISTER_JIRA,
    ADMINISTER_PROJECT,
    ANY_USER,
    BROWSE_ISSUE,
    BROWSE_PROJECT,
    Connect,
    Unavailable,
    current_principal,
    may,
    page,
    page_script,
    public,
    survey_link,
    unguarded,
)
from connect.guards import webhook
from tests.connect.world import (
    ACME,
    ADA,
    APP_KEY,
    BASE_URL,
    DROP,
    GLOBEX,
    NOW,
    OTHER_SECRET,
    SECRET,
    AtlassianKey,
    HttpServer,
    MemoryStore,
    bearer,
    claims_for,
    context_token,
    page_url,
    plain_app,
    request_token,
)

Reasons = Callable[[], list[str]]
HEADER = b'{"alg":"HS256"}'
views = Blueprint("views", __name__)


@views.route("/page", methods=["GET", "POST"])
@page(may=ANY_USER)
def a_page() -> str:
    caller = current_principal()
    return f"{caller.tenant.client_key} {caller.account_id} {sorted(caller.context.items())}"


@views.route("/script", methods=["GET", "POST"])
@page_script(may=ANY_USER)
def a_script() -> str:
    return f"{current_principal().tenant.client_key} {current_principal().account_id}"


@views.route("/hook", methods=["GET", "POST", "DELETE"])
@webhook
def a_hook() -> str:
    return current_principal().tenant.client_key


@views.get("/issues/<issue_id>")
@page_script(may=BROWSE_ISSUE)
def an_issue(issue_id: str) -> str:
    return issue_id


@views.get("/projects/<int:project_id>")
@page_script(may=BROWSE_PROJECT)
def a_project(project_id: int) -> str:
    return "admin" if may(ADMINISTER_PROJECT, project_id) else "member"


@views.get("/projects/<project_id>/settings")
@page_script(may=ADMINISTER_PROJECT)
def settings(project_id: str) -> str:
    return project_id


@views.get("/administration")
@page(may=ADMINISTER_JIRA)
def administration() -> str:
    return "administration"


@views.get("/s/<token>")
@survey_link
def survey(token: str) -> str:
    return token


@views.get("/folder/")
@public
def folder() -> str:
    return "folder"


@views.get("/forgotten")
def forgotten() -> str:
    return "never seen"


@pytest.fixture
def app(connect: Connect) -> Flask:
    app = plain_app(connect)
    app.register_blueprint(views)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def refused(answer: TestResponse, status: int = 401) -> bool:
    codes = {401: "unauthorized", 403: "forbidden", 404: "not_found", 503: "unavailable"}
    assert (answer.status_code, answer.json) == (status, {"error": codes[status]})
    assert answer.headers["Cache-Control"] == "no-store"
    return True


@pytest.fixture
def reasons(log: list[EventDict]) -> Reasons:
    """The internal words of all refusals so far; checks that nothing secret was logged with them."""

    def words() -> list[str]:
        assert not [secret for secret in ("eyJ", SECRET, ADA) if secret in str(log)]
        return [line["reason"] for line in log]

    return words


def post_and_expect(
    client: FlaskClient, url: str, token: str, reasons: Reasons, reason: str, method: str = "GET"
) -> None:
    assert refused(client.open(url, method=method, headers=bearer(token)))
    assert reasons() == [reason]


# ── pages ──


def test_a_page_opens_with_a_token_for_its_very_address(client: FlaskClient) -> None:
    context = {"jira": {"issue": {"id": "10007"}, "project": {"id": "10000"}}}
    answer = client.get(page_url("/page?xdm_e=https%3A%2F%2Facme.atlassian.net&cp=&b=1+2", context=context))
    assert answer.text == f"acme-client-key {ADA} [('issue_id', '10007'), ('project_id', '10000')]"
    assert "Set-Cookie" not in answer.headers


def test_a_page_opens_again_with_the_same_token_while_it_lives(client: FlaskClient) -> None:
    url = page_url("/page")
    assert [client.get(url).status_code for _ in range(2)] == [200, 200]


def test_a_page_refuses_a_context_token(client: FlaskClient, reasons: Reasons) -> None:
    assert refused(client.get(f"/page?jwt={context_token()}"))
    assert reasons() == ["context_token_not_allowed"]


def test_a_page_refuses_a_token_in_the_header(client: FlaskClient, reasons: Reasons) -> None:
    post_and_expect(client, "/page", request_token("GET", "/page"), reasons, "missing_token")


@pytest.mark.parametrize("url", ["/page?a=1&b=1", "/page?a=2", "/page", "/page?a=1&a=1", "/page?a=1;b=2", "/page?A=1"])
def test_a_page_refuses_a_token_for_another_query(client: FlaskClient, reasons: Reasons, url: str) -> None:
    token = request_token("GET", "/page?a=1")
    assert refused(client.get(f"{url}{'&' if '?' in url else '?'}jwt={token}"))
    assert reasons() == ["qsh_mismatch"]


def test_parameters_in_the_body_do_not_count_as_query(client: FlaskClient, reasons: Reasons) -> None:
    token = request_token("POST", "/page?a=1")
    assert refused(client.post(f"/page?jwt={token}", data={"a": "1"}))
    assert reasons() == ["qsh_mismatch"]


@pytest.mark.parametrize(("signed", "used"), [("POST", "GET"), ("GET", "POST"), ("GET", "HEAD")])
def test_a_page_refuses_a_token_for_another_method(
    client: FlaskClient, reasons: Reasons, signed: str, used: str
) -> None:
    assert refused_head_or_json(client.open(page_url("/page", method=signed), method=used))
    assert reasons() == ["qsh_mismatch"]


def refused_head_or_json(answer: TestResponse) -> bool:
    return answer.status_code == 401 and answer.text in ("", '{"error":"unauthorized"}\n')


def test_head_needs_a_token_for_head(client: FlaskClient) -> None:
    assert client.head("/page").status_code == 401
    assert client.head(page_url("/page", method="HEAD")).status_code == 200


def test_the_path_is_compared_as_it_was_sent(client: FlaskClient) -> None:
    token = request_token("GET", "/page")
    assert client.get(f"/p%61ge?jwt={token}").status_code == 401
    assert client.get(f"/page%3Fa=1?jwt={request_token('GET', '/page?a=1')}").status_code == 404


@pytest.mark.parametrize(
    "url", ["/page?%zz", "/page?a=%", "/page?%c0%af=1", "/page?%00=%00", "/page?" + "&".join(["a"] * 4000)]
)
def test_broken_queries_are_refused_and_not_fatal(client: FlaskClient, url: str) -> None:
    assert client.get(f"{url}&jwt={request_token('GET', '/page')}").status_code in (400, 401)


# ── scripts ──


def test_a_script_calls_with_a_context_token(client: FlaskClient) -> None:
    assert client.get("/script?any=query", headers=bearer(context_token())).text == f"acme-client-key {ADA}"
    assert client.post("/script", headers=bearer(context_token())).status_code == 200


def test_a_script_with_a_page_token_is_refused(client: FlaskClient, reasons: Reasons) -> None:
    post_and_expect(client, "/script", request_token("GET", "/script"), reasons, "context_token_required")


def test_a_script_with_a_token_without_hash_is_refused(client: FlaskClient, reasons: Reasons) -> None:
    post_and_expect(client, "/script", context_token(qsh=DROP), reasons, "missing_qsh")


def test_a_script_with_its_token_in_the_query_is_refused(client: FlaskClient, reasons: Reasons) -> None:
    assert refused(client.post(f"/script?jwt={context_token()}"))
    assert reasons() == ["missing_token"]


def test_a_token_in_form_json_or_cookie_is_no_token(client: FlaskClient, reasons: Reasons) -> None:
    token = context_token()
    client.set_cookie("jwt", token)
    assert refused(client.post("/script", data={"jwt": token}))
    assert refused(client.post("/script", json={"jwt": token}))
    assert refused(client.post("/script"))
    assert reasons() == ["missing_token"] * 3


# ── webhooks ──


def test_a_webhook_is_signed_in_the_header_for_its_address(client: FlaskClient) -> None:
    assert (
        client.post("/hook?x=1", headers=bearer(request_token("POST", "/hook?x=1", sub=DROP))).text == "acme-client-key"
    )


def test_a_webhook_refuses_context_tokens_and_page_tokens(client: FlaskClient, reasons: Reasons) -> None:
    assert refused(client.post("/hook", headers=bearer(context_token())))
    assert refused(client.post("/hook", headers=bearer(request_token("GET", "/page"))))
    assert refused(client.post(page_url("/hook", method="POST")))
    assert reasons() == ["context_token_not_allowed", "qsh_mismatch", "missing_token"]


def test_a_webhook_refuses_atlassians_own_signature_without_fetching_a_key(
    client: FlaskClient, reasons: Reasons, atlassian: AtlassianKey, server: HttpServer
) -> None:
    post_and_expect(client, "/hook", atlassian.sign(claims_for("POST", "/hook")), reasons, "alg_not_allowed", "POST")
    assert server.seen == []


@pytest.mark.parametrize("route", ["/connect/installed", "/connect/uninstalled"])
def test_lifecycle_refuses_every_token_of_a_site(
    client: FlaskClient, reasons: Reasons, store: MemoryStore, route: str
) -> None:
    for token in (context_token(), request_token("POST", route)):
        assert refused(client.post(route, headers=bearer(token), json={}))
    assert reasons() == ["alg_not_allowed"] * 2
    assert store.installations == store.uninstalled == []


# ── who ──


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "nobody"}, "unknown_tenant"),
        ({"iss": APP_KEY}, "unknown_tenant"),
        ({"iss": DROP}, "missing_claim"),
        ({"exp": DROP}, "missing_claim"),
        ({"exp": int(NOW.timestamp()) - 31, "iat": int(NOW.timestamp()) - 100}, "expired"),
        ({"aud": GLOBEX.client_key}, "wrong_audience"),
        ({"aud": "another-app"}, "wrong_audience"),
        ({"sub": 7}, "bad_claim"),
        ({"qsh": DROP}, "missing_qsh"),
        ({"qsh": "0" * 64}, "qsh_mismatch"),
    ],
    ids=str,
)
def test_bad_claims_are_refused_with_one_public_answer(
    client: FlaskClient, reasons: Reasons, changes: dict[str, Any], reason: str
) -> None:
    assert refused(client.get(page_url("/page", **changes)))
    assert reasons() == [reason]


@pytest.mark.parametrize(
    "number", ["1e999", "NaN", "1" + "0" * 400, "1" + "0" * 5000, "true", '"123"', "-1", "1.5", "[1]", "null"]
)
def test_numbers_that_break_other_libraries_are_refused(client: FlaskClient, reasons: Reasons, number: str) -> None:
    def encode(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    seconds = int(NOW.timestamp())
    payload = f'{{"iss":"{ACME.client_key}","sub":"{ADA}","qsh":"context-qsh","iat":{seconds},"exp":{number}}}'
    signed = f"{encode(HEADER)}.{encode(payload.encode())}"
    signature = hmac.digest(SECRET.encode(), signed.encode(), "sha256")
    assert refused(client.get("/script", headers=bearer(f"{signed}.{encode(signature)}")))
    assert reasons() == ["bad_claim"]


@pytest.mark.parametrize("audience", [APP_KEY, BASE_URL, [ACME.client_key]], ids=str)
def test_an_audience_that_means_us_is_accepted(client: FlaskClient, audience: Any) -> None:
    assert client.get(page_url("/page", aud=audience)).status_code == 200


def test_a_sites_token_never_opens_another_site_even_with_the_same_secret(
    client: FlaskClient, store: MemoryStore, reasons: Reasons
) -> None:
    assert refused(client.get(page_url("/page", secret=OTHER_SECRET)))
    assert reasons() == ["bad_signature"]
    store.tenants[GLOBEX.client_key] = replace(GLOBEX, shared_secret=SECRET)
    assert client.get(page_url("/page")).text.startswith("acme-client-key")


def test_an_uninstalled_site_is_refused_like_an_unknown_one(
    client: FlaskClient, store: MemoryStore, reasons: Reasons
) -> None:
    store.tenants[ACME.client_key] = replace(ACME, installed=False)
    uninstalled = client.get(page_url("/page"))
    unknown = client.get(page_url("/page", iss="nobody"))
    assert (
        (uninstalled.status_code, uninstalled.data)
        == (unknown.status_code, unknown.data)
        == (401, b'{"error":"unauthorized"}\n')
    )
    assert reasons() == ["tenant_uninstalled", "unknown_tenant"]


def test_an_empty_stored_secret_raises_an_alarm(client: FlaskClient, store: MemoryStore, log: list[EventDict]) -> None:
    store.tenants[ACME.client_key] = replace(ACME, shared_secret="")
    assert refused(client.get(page_url("/page")))
    assert [(line["reason"], line["log_level"]) for line in log] == [("no_secret", "error")]


def test_a_store_that_is_down_is_our_fault_and_not_the_callers(client: FlaskClient, store: MemoryStore) -> None:
    store.failure = Unavailable("database_down")
    for answer in (client.get(page_url("/page")), client.post("/hook", headers=bearer(request_token("POST", "/hook")))):
        assert refused(answer, 503)
        assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("route", ["/page", "/script"])
def test_routes_for_people_need_a_person(client: FlaskClient, reasons: Reasons, route: str) -> None:
    if route == "/page":
        assert refused(client.get(page_url(route, sub=DROP)), 403)
    else:
        assert refused(client.get(route, headers=bearer(context_token(sub=DROP))), 403)
    assert reasons() == ["no_user"]


def test_one_lookup_of_the_tenant_is_enough(client: FlaskClient, store: MemoryStore) -> None:
    client.post("/hook", headers=bearer(request_token("POST", "/hook")))
    assert store.lookups == [ACME.client_key]


# ── what they may ──


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


def test_a_route_without_a_mark_is_closed_and_listed(client: FlaskClient, app: Flask, log: list[EventDict]) -> None:
    assert refused(client.get("/forgotten"), 403)
    assert [(line["reason"], line["log_level"]) for line in log] == [("unguarded_route", "error")]
    assert unguarded(app) == ["views.forgotten /forgotten"]


def test_a_permission_without_its_argument_in_the_route_is_listed(app: Flask) -> None:
    app.add_url_rule("/nothing", "nothing", page(may=BROWSE_ISSUE)(lambda: ""))
    assert "nothing /nothing" in unguarded(app)


def test_a_view_that_calls_itself_static_is_not_taken_for_a_folder(app: Flask, client: FlaskClient) -> None:
    blueprint = Blueprint("sly", __name__)
    blueprint.add_url_rule("/sly", "static", lambda: "open")
    app.register_blueprint(blueprint)
    assert "sly.static /sly" in unguarded(app)
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


def test_nobody_is_the_caller_on_a_public_route(app: Flask) -> None:
    with app.test_request_context("/s/abc"), pytest.raises(RuntimeError):
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
