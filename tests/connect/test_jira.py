"""The client of Jira over a real socket: signatures, typed answers, and every way in which Jira can refuse."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import jwt
import pytest
from atlassian_jwt.url_utils import hash_url

from connect import (
    Connect,
    Issue,
    IssueType,
    JiraBusy,
    JiraError,
    JiraForbidden,
    JiraNotFound,
    JiraRejected,
    JiraSite,
    JiraUnreachable,
    Project,
    Status,
    StatusChange,
    Tenant,
    User,
)
from tests.connect.world import ACME, ADA, APP_KEY, NOW, SECRET, Clock, HttpServer, Seen

API = "/rest/api/3"


@pytest.fixture
def tenant(server: HttpServer) -> Tenant:
    return replace(ACME, base_url=server.url)


@pytest.fixture
def site(connect: Connect, tenant: Tenant) -> JiraSite:
    return connect.site(tenant)


def claims_of(seen: Seen, secret: str = SECRET) -> dict[str, Any]:
    scheme, token = seen.headers["Authorization"].split(" ")
    assert scheme == "JWT"
    options = {"verify_exp": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(token, secret, algorithms=["HS256"], audience=ACME.client_key, options=options)
    return claims


def assert_signed(seen: Seen, base_path: str = "") -> None:
    claims = claims_of(seen)
    assert claims["iss"] == APP_KEY
    assert claims["exp"] - claims["iat"] == 180
    assert claims["qsh"] == hash_url(seen.method, seen.target.removeprefix(base_path))


RAW_ISSUE = {
    "id": "10007",
    "key": "DEMO-7",
    "self": "http://169.254.169.254/x",
    "fields": {
        "summary": "Pay by invoice",
        "status": {"id": "10001", "name": "Done", "self": "http://evil.example/status"},
        "issuetype": {"id": "10004", "name": "Story", "self": "http://evil.example/type"},
        "project": {"id": "10000", "key": "DEMO", "name": "Demo"},
        "assignee": {"accountId": "712020:tom", "displayName": "Tom Team", "self": "http://evil.example/user"},
        "reporter": None,
        "updated": "2026-11-20T12:30:00.500+0100",
        "unknown": {"a": [1]},
    },
    "changelog": {
        "startAt": 0,
        "maxResults": 100,
        "total": 3,
        "histories": [
            {
                "id": "10120",
                "created": "2026-11-20T12:00:00.000+0000",
                "author": {"accountId": "712020:tom"},
                "items": [
                    {"field": "status", "fieldId": "status", "from": "3", "to": "10001"},
                    {"field": "x", "from": None, "to": None},
                ],
            },
            {
                "id": "10090",
                "created": "2026-11-19T12:00:00.000+0000",
                "items": [{"field": "status", "fieldId": "status", "from": "1", "to": "3"}],
            },
            {
                "id": "10080",
                "created": "2026-11-18T12:00:00.000+0000",
                "items": [{"field": "status", "fieldId": "customfield_9", "from": "1", "to": "3"}],
            },
        ],
    },
}

ISSUE = Issue(
    id="10007",
    key="DEMO-7",
    project_id="10000",
    project_key="DEMO",
    project_name="Demo",
    issue_type_id="10004",
    issue_type_name="Story",
    status_id="10001",
    status_name="Done",
    summary="Pay by invoice",
    assignee_account_id="712020:tom",
    assignee_name="Tom Team",
    reporter_account_id=None,
    updated_at=datetime(2026, 11, 20, 11, 30, 0, 500_000, UTC),
    changes=(
        StatusChange("10090", datetime(2026, 11, 19, 12, tzinfo=UTC), None, "1", "3"),
        StatusChange("10120", NOW, "712020:tom", "3", "10001"),
    ),
    history_complete=True,
)


def without_history(issue: Issue) -> Issue:
    return replace(issue, changes=(), history_complete=False)


def test_an_issue_comes_with_its_changes_of_status_oldest_first(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/issue/10007", RAW_ISSUE)
    assert site.get_issue("10007") == ISSUE
    [seen] = server.seen
    assert "expand=changelog" in seen.target
    assert seen.body == b""
    assert "Cookie" not in seen.headers
    assert_signed(seen)


def test_a_longer_history_than_jira_sent_is_marked(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/issue/10007", {**RAW_ISSUE, "changelog": {"total": 240, "histories": []}})
    assert not site.get_issue("10007").history_complete


def test_a_search_follows_the_pages_up_to_the_limit(site: JiraSite, server: HttpServer) -> None:
    def page(seen: Seen) -> Any:
        token = "page2" if "nextPageToken" not in seen.target else "page3"
        answer = {"issues": [{**RAW_ISSUE, "changelog": None}] * 2, "nextPageToken": token, "isLast": False}
        server.json("GET", "/ignored", answer)
        return server.answers["GET", "/ignored"]

    server.answers["GET", f"{API}/search/jql"] = page
    jql = 'project = "A&B" AND text ~ "50% + é" ORDER BY updated'
    assert site.search_issues(jql, limit=5) == [without_history(ISSUE)] * 5
    assert [seen.target.count("nextPageToken=page") for seen in server.seen] == [0, 1, 1]
    assert server.seen[2].target.endswith("maxResults=1")
    for seen in server.seen:
        assert_signed(seen)


def test_a_search_can_bring_the_history_and_ends_with_the_last_page(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/search/jql", {"issues": [RAW_ISSUE], "isLast": True})
    assert site.search_issues("project = DEMO", limit=500, with_changes=True) == [ISSUE]
    assert ["expand=changelog" in seen.target for seen in server.seen] == [True]


def test_empty_pages_without_end_do_not_hold_a_search_for_ever(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/search/jql", {"issues": [], "nextPageToken": "again"})
    assert site.search_issues("project = DEMO") == []
    assert len(server.seen) == 100


def test_a_project_comes_with_its_types_and_statuses(site: JiraSite, server: HttpServer) -> None:
    server.json(
        "GET", f"{API}/project/10000", {"id": "10000", "key": "DEMO", "name": "Demo", "lead": {"accountId": ADA}}
    )
    todo = {"id": "1", "name": "To Do", "statusCategory": {"id": 2, "key": "new"}}
    done = {"id": "10001", "name": "Done", "statusCategory": {"id": 3, "key": "done"}}
    types = [
        {"id": "10004", "name": "Story", "statuses": [todo, done]},
        {"id": "10005", "name": "Bug", "statuses": [todo]},
    ]
    server.json("GET", f"{API}/project/10000/statuses", types)
    assert site.get_project("10000") == Project(
        "10000",
        "DEMO",
        "Demo",
        ADA,
        (IssueType("10004", "Story"), IssueType("10005", "Bug")),
        (Status("1", "To Do", "new"), Status("10001", "Done", "done")),
    )
    for seen in server.seen:
        assert_signed(seen)


def test_properties_are_written_and_read(site: JiraSite, server: HttpServer) -> None:
    server.raw("PUT", f"{API}/issue/10007/properties/rapport-satisfaction", 201)
    server.raw("PUT", f"{API}/project/10000/properties/rapport-satisfaction", 200)
    server.json(
        "GET",
        f"{API}/issue/10007/properties/rapport-satisfaction",
        {"key": "rapport-satisfaction", "value": {"score": 4.5}},
    )
    site.set_issue_property("10007", "rapport-satisfaction", {"score": 4.5, "state": "answered"})
    site.set_project_property("10000", "rapport-satisfaction", {"n": 3})
    assert site.get_issue_property("10007", "rapport-satisfaction") == {"score": 4.5}
    assert site.get_issue_property("10007", "another") is None
    assert server.seen[0].json == {"score": 4.5, "state": "answered"}
    assert server.seen[1].json == {"n": 3}
    assert server.seen[2].body == b""
    for seen in server.seen:
        assert_signed(seen)


def test_a_comment_is_sent_as_a_document_and_its_id_comes_back(site: JiraSite, server: HttpServer) -> None:
    document = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hello"}]}],
    }
    server.json(
        "POST", f"{API}/issue/10007/comment", {"id": "10300", "self": "http://evil.example", "body": document}, 201
    )
    assert site.add_comment("10007", document) == "10300"
    assert server.seen[0].json == {"body": document}
    assert_signed(server.seen[0])


def test_a_user_may_hide_language_and_time_zone(site: JiraSite, server: HttpServer) -> None:
    server.json(
        "GET", f"{API}/user", {"accountId": ADA, "displayName": "Ada", "locale": "de_DE", "timeZone": "Europe/Berlin"}
    )
    assert site.get_user(ADA) == User(ADA, "Ada", "de_DE", "Europe/Berlin")
    server.json("GET", f"{API}/user", {"accountId": ADA, "displayName": "Ada", "locale": "", "self": "x"})
    assert site.get_user(ADA) == User(ADA, "Ada", None, None)
    assert_signed(server.seen[0])


def test_permissions_are_asked_raw(site: JiraSite, server: HttpServer) -> None:
    server.json("POST", f"{API}/permissions/check", {"globalPermissions": ["ADMINISTER"], "projectPermissions": []})
    assert site.check_permissions(ADA, ["ADMINISTER"], []) == {
        "globalPermissions": ["ADMINISTER"],
        "projectPermissions": [],
    }
    assert server.seen[0].json == {"accountId": ADA, "globalPermissions": ["ADMINISTER"], "projectPermissions": []}
    assert_signed(server.seen[0])


def test_a_site_below_a_path_is_signed_without_it(connect: Connect, tenant: Tenant, server: HttpServer) -> None:
    server.json("GET", f"/jira{API}/issue/10007", RAW_ISSUE)
    below = connect.site(replace(tenant, base_url=f"{server.url}/jira"))
    assert below.get_issue("10007").key == "DEMO-7"
    assert_signed(server.seen[0], "/jira")


@pytest.mark.parametrize("issue_id", ["", "../project", "10007/../..", "10007?x", "a b", "é", ".", "x" * 300])
def test_ids_that_cannot_be_are_not_found_without_a_call(site: JiraSite, server: HttpServer, issue_id: str) -> None:
    for ask in (
        site.get_issue,
        site.get_project,
        lambda i: site.set_issue_property(i, "k", {}),
        lambda i: site.get_issue_property("1", i) or site.add_comment(i, {}),
    ):
        with pytest.raises(JiraNotFound):
            ask(issue_id)
    assert server.seen == []


def test_a_new_secret_takes_effect_with_the_next_call(connect: Connect, tenant: Tenant, server: HttpServer) -> None:
    server.json("GET", f"{API}/issue/10007", RAW_ISSUE)
    connect.site(tenant).get_issue("10007")
    renewed = "renewed-secret-" + "r" * 40
    connect.site(replace(tenant, shared_secret=renewed)).get_issue("10007")
    assert claims_of(server.seen[1], renewed)["iss"] == APP_KEY
    with pytest.raises(jwt.InvalidSignatureError):
        claims_of(server.seen[1])


def test_clients_are_kept_per_thread_and_their_number_is_bounded(connect: Connect, tenant: Tenant) -> None:
    clients = connect._clients
    assert clients.of(tenant) is clients.of(replace(tenant, display_url="https://elsewhere.example"))
    elsewhere: list[Any] = []
    thread = threading.Thread(target=lambda: elsewhere.append(clients.of(tenant)))
    thread.start()
    thread.join()
    assert elsewhere[0] is not clients.of(tenant)
    first = clients.of(tenant)
    for number in range(100, 132):
        clients.of(replace(tenant, id=number))
    assert len(clients._of_thread.kept) == 32
    assert clients.of(tenant) is not first


def test_each_call_is_signed_with_the_time_of_the_call(site: JiraSite, server: HttpServer, clock: Clock) -> None:
    server.json("GET", f"{API}/issue/10007", RAW_ISSUE)
    site.get_issue("10007")
    clock.advance(hours=2)
    site.get_issue("10007")
    assert claims_of(server.seen[1])["iat"] - claims_of(server.seen[0])["iat"] == 7200


# ── when Jira refuses ──

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
        ("jira-quota-global-based", "tenant"),
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
    from connect.jira_clients import JiraClients  # noqa: PLC0415

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
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    code = "import connect, sys; assert not {'jira', 'atlassian'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
