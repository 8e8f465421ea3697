"""Every way in which Jira can refuse, fail or mislead, and the one error that each becomes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connect import (
    Connect,
    JiraBusy,
    JiraError,
    JiraForbidden,
    JiraNotFound,
    JiraRejected,
    JiraSite,
    JiraUnreachable,
    Tenant,
)
from connect.jira_clients import JiraClients
from tests.connect.raw_issue import API, RAW_ISSUE
from tests.connect.world import ADA, APP_KEY, Clock, HttpServer

CALLS = [
    ("GET", f"{API}/issue/10007", lambda site: site.get_issue("10007")),
    ("GET", f"{API}/search/jql", lambda site: site.search_issues("project = DEMO")),
    ("GET", f"{API}/project/10000", lambda site: site.get_project("10000")),
    ("GET", f"{API}/user", lambda site: site.get_user(ADA)),
    ("PUT", f"{API}/issue/10007/properties/p", lambda site: site.set_issue_property("10007", "p", {})),
    ("POST", f"{API}/issue/10007/comment", lambda site: site.add_comment("10007", {})),
    ("POST", f"{API}/permissions/check", lambda site: site.check_permissions(ADA, [], [])),
]
every_call = pytest.mark.parametrize(
    ("method", "path", "ask"), CALLS, ids=[path.split("/")[4] + " " + method for method, path, _ in CALLS]
)


@every_call
@pytest.mark.parametrize(
    ("status", "kind", "retry"),
    [
        (400, JiraRejected, False),
        (401, JiraForbidden, False),
        (403, JiraForbidden, False),
        (404, JiraNotFound, False),
        (405, JiraRejected, False),
        (408, JiraUnreachable, True),
        (409, JiraUnreachable, True),
        (410, JiraNotFound, False),
        (413, JiraRejected, False),
        (425, JiraUnreachable, True),
        (429, JiraBusy, True),
        (500, JiraUnreachable, True),
        (502, JiraUnreachable, True),
        (503, JiraUnreachable, True),
    ],
)
def test_each_refusal_is_one_of_our_errors_after_a_single_try(
    site: JiraSite,
    server: HttpServer,
    method: str,
    path: str,
    ask: Any,
    status: int,
    kind: type[JiraError],
    retry: bool,
) -> None:
    server.json(method, path, {"errorMessages": ["No."]}, status)
    with pytest.raises(JiraError) as error:
        ask(site)
    assert (type(error.value), error.value.retry) == (kind, retry)
    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [b"", b"<html>maintenance</html>", b'{"id": "10007", "key', b"\xff", b"[" * 100_000])
@pytest.mark.parametrize(("method", "path", "ask"), [call for call in CALLS if call[0] != "PUT"], ids=range(6))
def test_an_answer_that_is_no_json_is_tried_again_later(
    site: JiraSite, server: HttpServer, method: str, path: str, ask: Any, body: bytes
) -> None:
    server.raw(method, path, 200, body, Content_Type="application/json")
    with pytest.raises(JiraUnreachable):
        ask(site)


@pytest.mark.parametrize("body", [[1], "text", None, {}, 5])
@pytest.mark.parametrize(("method", "path", "ask"), [call for call in CALLS if call[0] != "PUT"][:-1], ids=range(5))
def test_an_answer_of_an_unexpected_shape_is_tried_again_later(
    site: JiraSite, server: HttpServer, method: str, path: str, ask: Any, body: Any
) -> None:
    server.json("GET", f"{API}/project/10000/statuses", [])
    server.json(method, path, body)
    with pytest.raises(JiraUnreachable):
        ask(site)


STRANGE_HISTORY = {"histories": [{"id": "1", "created": "yesterday", "items": [{"fieldId": "status", "to": "3"}]}]}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("id", 5),
        ("key", []),
        ("fields", []),
        ("fields", {"project": None}),
        ("changelog", "x"),
        ("changelog", STRANGE_HISTORY),
    ],
    ids=str,
)
def test_an_issue_of_an_unexpected_shape_is_no_issue(site: JiraSite, server: HttpServer, part: str, value: Any) -> None:
    server.json("GET", f"{API}/issue/10007", {**RAW_ISSUE, part: value})
    with pytest.raises(JiraUnreachable):
        site.get_issue("10007")


HALF_A_MINUTE = 30


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("7", 7), ("0", 1), ("-5", HALF_A_MINUTE), ("999999999999999999999", 3600), ("soon", HALF_A_MINUTE), ("", HALF_A_MINUTE), (None, HALF_A_MINUTE), ("1.5", HALF_A_MINUTE), ("Fri, 01 Jan 1990 00:00:00 GMT", 1), ("Fri, 99 Foo 1990", HALF_A_MINUTE), ("٧", HALF_A_MINUTE)],
)  # fmt: skip
def test_a_busy_jira_says_when_to_come_back(
    site: JiraSite, server: HttpServer, retry_after: str | None, seconds: int
) -> None:
    headers = {} if retry_after is None else {"Retry_After": retry_after.encode().decode("latin-1")}
    server.json("GET", f"{API}/issue/10007", {}, 429, **headers)
    with pytest.raises(JiraBusy) as error:
        site.get_issue("10007")
    assert error.value.retry_after_seconds == seconds


def test_a_date_to_come_back_is_understood_and_never_too_early(site: JiraSite, server: HttpServer) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.json("GET", f"{API}/issue/10007", {}, 429, Retry_After=date)
    with pytest.raises(JiraBusy) as error:
        site.get_issue("10007")
    assert 88 <= (error.value.retry_after_seconds or 0) <= 92


@pytest.mark.parametrize(
    ("reason", "scope"),
    [
        ("jira-burst-based", "endpoint"),
        ("jira-per-issue-on-write", "issue"),
        ("jira-quota-tenant-based", "tenant"),
        ("jira-quota-global-based", "pool"),
        ("something-new", "tenant"),
        (None, "tenant"),
    ],
)
def test_a_busy_jira_says_what_to_slow_down(site: JiraSite, server: HttpServer, reason: str | None, scope: str) -> None:
    headers = {} if reason is None else {"RateLimit_Reason": reason}
    server.json("POST", f"{API}/issue/10007/comment", {}, 429, **headers)
    with pytest.raises(JiraBusy) as error:
        site.add_comment("10007", {})
    assert error.value.scope == scope


def test_a_maintenance_answer_may_say_when_to_come_back(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/issue/10007", {}, 503, Retry_After="120")
    with pytest.raises(JiraUnreachable) as error:
        site.get_issue("10007")
    assert error.value.retry_after_seconds == 120


def test_jiras_own_words_are_kept_for_the_admin(site: JiraSite, server: HttpServer) -> None:
    server.json(
        "GET",
        f"{API}/search/jql",
        {"errorMessages": ["The JQL is wrong."], "errors": {"jql": "Field 'x' does not exist."}},
        400,
    )
    with pytest.raises(JiraRejected) as error:
        site.search_issues("x = 1")
    assert error.value.messages == ("The JQL is wrong.", "Field 'x' does not exist.")


def test_a_jira_that_is_not_there_is_unreachable(connect: Connect, tenant: Tenant) -> None:
    with pytest.raises(JiraUnreachable, match="unreachable"):
        connect.site(replace(tenant, base_url="http://localhost:1")).get_issue("10007")


@every_call
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_signed_call_is_not_sent_elsewhere(
    site: JiraSite, server: HttpServer, method: str, path: str, ask: Any, status: int
) -> None:
    server.raw(method, path, status, Location="/elsewhere")
    with pytest.raises(JiraUnreachable, match="redirected"):
        ask(site)
    assert [seen.path for seen in server.seen] == [path]


def test_in_production_a_site_in_our_own_network_is_not_called(
    tenant: Tenant, clock: Clock, server: HttpServer
) -> None:
    production = JiraClients(app_key=APP_KEY, clock=clock, development=False)
    with pytest.raises(JiraUnreachable, match="private_address"):
        JiraSite(production.of(tenant)).get_issue("10007")
    assert server.seen == []


def test_the_signer_signs_for_one_site_only(connect: Connect, tenant: Tenant) -> None:
    session = connect._clients.of(replace(tenant, base_url="https://acme.example")).platform._session
    for address in (
        "https://evil.example/rest",
        "http://acme.example/rest",
        "https://acme.example.evil.example/",
        "https://acme.example:8443/",
    ):
        with pytest.raises(JiraRejected, match="foreign_address"):
            session.get(address)


def test_loading_the_platform_does_not_load_the_client_libraries() -> None:
    code = "import connect, sys; assert not {'jira', 'atlassian'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
