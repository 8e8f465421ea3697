"""What the client asks of Jira besides single issues: checked queries, matching issues, whole histories, people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connect import Connect, JiraError, JiraNotFound, JiraSite, JiraUnreachable, PeopleField, User
from tests.connect.test_with_devhost import Installed
from tests.connect.world import ACME, HttpServer, Seen
from tests.devhost.host import Devhost

API = "/rest/api/3"
TOM = User("712020:tom", "Tom Team", None, "Europe/Vienna", "tom@jira.example")


@pytest.fixture
def site(connect: Connect, server: HttpServer) -> JiraSite:
    return connect.site(replace(ACME, base_url=server.url))


@pytest.fixture
def installed() -> Iterator[Installed]:
    with Devhost() as jira, Installed(jira) as ready:
        yield ready
        jira.site.assert_no_contract_problems()


def asked(seen: Seen) -> dict[str, list[str]]:
    return parse_qs(urlsplit(seen.target).query)


@pytest.mark.parametrize(
    ("jql", "words"),
    [
        ("priority = High", ""),
        ("colour = red", "Field 'colour' does not exist"),
        ("priority = High) OR (priority = Low", "Expecting operator or end"),
        ("priority =", "ends too early"),
    ],
)
def test_jira_says_what_is_wrong_with_a_query(installed: Installed, jql: str, words: str) -> None:
    errors = installed.site.find_jql_errors(jql)
    assert bool(errors) == bool(words)
    assert words in " ".join(errors)


def test_of_many_issues_those_that_meet_a_condition_are_found(installed: Installed) -> None:
    issues = {key: installed.jira.site.issue(key).id for key in ("DEMO-3", "DEMO-6", "DEMO-7", "OPS-2")}
    found = installed.site.find_matching("type = Bug OR type = Epic OR key = OPS-2", list(issues.values())[:0])
    assert found == frozenset()
    found = installed.site.find_matching("type = Bug OR project = OPS", list(issues.values()))
    assert found == {issues["DEMO-3"], issues["DEMO-6"], issues["OPS-2"]}


def test_a_condition_is_asked_for_fifty_issues_at_a_time_and_as_they_are_now(
    site: JiraSite, server: HttpServer
) -> None:
    server.json("GET", f"{API}/search/jql", {"issues": [{"id": "7"}, {"id": "999999"}], "isLast": True})
    ids = [str(number) for number in range(1, 121)]
    assert site.find_matching("labels = acceptance OR type = Bug", ids) == {"7"}
    calls = [asked(seen) for seen in server.seen]
    assert [len(call["reconcileIssues"]) for call in calls] == [50, 50, 20]
    assert calls[2]["jql"][0].startswith("(labels = acceptance OR type = Bug) AND id IN (101, 102, ")


@pytest.mark.parametrize("issue_id", ["1) OR (id = 2", "", "../x"])
def test_nothing_but_ids_gets_into_the_question(site: JiraSite, server: HttpServer, issue_id: str) -> None:
    with pytest.raises(JiraNotFound):
        site.find_matching("type = Bug", [issue_id])
    assert server.seen == []


def test_history_comes_page_by_page_and_whole(installed: Installed) -> None:
    jql = "project = DEMO ORDER BY key"
    first = installed.site.search_page(jql, size=7, with_changes=True)
    second = installed.site.search_page(jql, first.next_page_token, size=7, with_changes=True)
    assert [len(first.issues), len(second.issues), second.next_page_token] == [7, 5, None]
    assert [change.to_status_id for change in first.issues[0].changes] == ["3", "10001", "10002"]
    assert all(issue.history_complete for issue in (*first.issues, *second.issues))


def test_ids_come_by_thousands(installed: Installed) -> None:
    found = installed.site.search_ids("project = OPS")
    assert found == {issue.id for issue in installed.jira.site.issues.values() if issue.key.startswith("OPS-")}
    assert installed.site.count_issues("project = OPS") == 3


def test_fields_that_hold_people_are_known_and_read(installed: Installed) -> None:
    jira = installed.jira.site
    many = jira.add_people_field("Request participants", "com.atlassian.servicedesk:sd-request-participants", many=True)
    one = jira.add_people_field("Buyer", "com.atlassian.jira.plugin.system.customfieldtypes:userpicker")
    pia, tom = jira.user_named("Pia Lead").account_id, jira.user_named("Tom Team")
    tom.email_visible = True
    jira.set_people("DEMO-7", many.id, [tom.account_id, pia], pia)
    fields = installed.site.list_people_fields()
    assert PeopleField(many.id, "Request participants", "com.atlassian.servicedesk:sd-request-participants") in fields
    assert {"reporter", "assignee", one.id} < {field.id for field in fields}
    assert "summary" not in {field.id for field in fields}
    people = installed.site.get_issue(jira.issue("DEMO-7").id, (many.id, one.id, "reporter")).people
    assert [(each.display_name, each.email) for each in people[many.id]] == [
        ("Tom Team", "tom@jira.example"),
        ("Pia Lead", ""),
    ]
    assert people[one.id] == ()
    assert [each.account_id for each in people["reporter"]] == [pia]
    [found] = installed.site.search_page(f'"{many.name}" = "{pia}"', people_fields=(many.id,)).issues
    assert found.people == {many.id: people[many.id]}


def test_accounts_are_looked_up_together_and_the_unknown_left_out(installed: Installed) -> None:
    tom = installed.jira.site.user_named("Tom Team")
    tom.email_visible = True
    assert installed.site.list_users([tom.account_id, "712020:nobody"]) == [replace(TOM, account_id=tom.account_id)]


def test_a_hundred_accounts_are_looked_up_with_one_call(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/user/bulk", {"values": [{"accountId": "a", "accountType": "app", "active": False}]})
    found = site.list_users([f"712020:{number}" for number in range(150)])
    assert found == [User("a", "", None, None, account_type="app", active=False)] * 2
    assert [len(asked(seen)["accountId"]) for seen in server.seen] == [100, 50]


CALLS: list[tuple[str, str, Callable[[JiraSite], Any]]] = [
    ("POST", "jql/parse", lambda site: site.find_jql_errors("a = b")),
    ("POST", "search/approximate-count", lambda site: site.count_issues("a = b")),
    ("GET", "field", lambda site: site.list_people_fields()),
    ("GET", "user/bulk", lambda site: site.list_users(["a"])),
    ("GET", "search/jql", lambda site: site.search_page("a = b", people_fields=("reporter",))),
    ("GET", "search/jql", lambda site: site.search_ids("a = b")),
    ("GET", "search/jql", lambda site: site.find_matching("a = b", ["1"])),
]
BODIES: list[Any] = [[1], "text", None, 5, {"queries": 1, "count": "x", "values": {}, "issues": [{"id": "1"}, 2]}]


@pytest.mark.parametrize("body", BODIES, ids=str)
@pytest.mark.parametrize(("method", "path", "ask"), CALLS, ids=[path for _, path, _ in CALLS])
def test_an_unexpected_answer_is_tried_again_later(
    site: JiraSite, server: HttpServer, method: str, path: str, ask: Any, body: Any
) -> None:
    server.json(method, f"{API}/{path}", body)
    with pytest.raises(JiraUnreachable):
        ask(site)


@pytest.mark.parametrize(("method", "path", "ask"), CALLS, ids=[path for _, path, _ in CALLS])
def test_a_refusal_is_one_of_our_errors(site: JiraSite, server: HttpServer, method: str, path: str, ask: Any) -> None:
    server.json(method, f"{API}/{path}", {"errorMessages": ["No."]}, 403)
    with pytest.raises(JiraError):
        ask(site)


def test_a_field_that_holds_no_people_is_an_unexpected_answer(site: JiraSite, server: HttpServer) -> None:
    named = {"id": "1", "name": "x", "key": "X"}
    fields = {"status": named, "issuetype": named, "project": named, "updated": "2026-11-20T12:30:00.500+0100"}
    issue = {"id": "1", "key": "X-1", "fields": {**fields, "customfield_1": "somebody"}}
    server.json("GET", f"{API}/issue/1", issue)
    with pytest.raises(JiraUnreachable):
        site.get_issue("1", ("customfield_1",))
