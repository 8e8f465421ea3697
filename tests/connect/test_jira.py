"""The client of Jira over a real socket: signatures, typed answers, and every way in which Jira can refuse."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from atlassian_jwt.url_utils import hash_url

from connect import (
    Connect,
    Issue,
    IssueType,
    JiraNotFound,
    JiraSite,
    Project,
    Status,
    StatusChange,
    Tenant,
    User,
)
from tests.connect.raw_issue import API, RAW_ISSUE
from tests.connect.world import ACME, ADA, APP_KEY, NOW, SECRET, Clock, HttpServer, Seen


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


def test_cookies_of_jira_are_not_kept(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/issue/10007", RAW_ISSUE, Set_Cookie="JSESSIONID=somebody; Path=/")
    server.json("GET", f"{API}/issue/10007/properties/p", {"value": {}}, Set_Cookie="JSESSIONID=somebody; Path=/")
    for _ in range(2):
        site.get_issue("10007")
        site.get_issue_property("10007", "p")
    assert [seen.headers.get("Cookie") for seen in server.seen] == [None] * 4


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
