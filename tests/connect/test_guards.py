"""One kind of token for each route, in both directions, and nothing without a mark."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog.typing import EventDict
from werkzeug.test import TestResponse

from connect import (
    Unavailable,
)
from tests.connect.guarded_views import Reasons, refused
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
    request_token,
)

HEADER = b'{"alg":"HS256"}'


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
