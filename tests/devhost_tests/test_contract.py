"""Calls are held to Atlassian's OpenAPI document, in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.devhost import contract as contract_module
from tests.devhost import shapes
from tests.devhost.contract import find_document
from tests.devhost.deviations import DEVIATIONS
from tests.devhost.site import Site
from tests.devhost_tests.conftest import Call, account, needs_document

pytestmark = needs_document

GETS = [
    "serverInfo",
    "field",
    "status",
    "priority",
    "issueLinkType",
    "issue/DEMO-7?expand=changelog,names&properties=note",
    "issue/DEMO-7?fields=summary,status&fieldsByKeys=true",
    "issue/DEMO-1/changelog?startAt=1&maxResults=2",
    "issue/DEMO-7/transitions",
    "issue/DEMO-7/comment?orderBy=-created",
    "issue/DEMO-7/properties",
    "issue/DEMO-7/properties/note",
    "project/DEMO?properties=note",
    "project/search?query=demo&expand=lead,description",
    "project/DEMO/statuses",
    "project/DEMO/versions",
    "project/DEMO/version",
    "project/DEMO/properties",
    "issuetype/project?projectId=10000",
    "search/jql?jql=project%20%3D%20DEMO&maxResults=3",
    "search/jql?jql=project%20%3D%20DEMO&fields=*all&expand=changelog&properties=note",
    "myself",
    "user/bulk?accountId=nobody",
    "user/search?query=pia",
    "user/assignable/search?project=DEMO",
    "mypermissions?permissions=BROWSE_PROJECTS",
]


@pytest.mark.parametrize("path", GETS)
def test_every_read_answers_as_the_document_says(site: Site, call: Call, path: str) -> None:
    site.set_issue_property("DEMO-7", "note", {"text": "x"}, account(site, "Pia Lead"))
    assert call("GET", f"/rest/api/3/{path}").status_code == 200
    site.assert_no_contract_problems()


def test_every_write_answers_as_the_document_says(site: Site, call: Call) -> None:
    text = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}]}
    own = "/rest/atlassian-connect/1/addons/rapport-jira/properties/x"
    linked = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "DEMO-1"}, "outwardIssue": {"key": "DEMO-2"}}
    created = {"fields": {"project": {"key": "DEMO"}, "issuetype": {"name": "Bug"}, "summary": "New"}}
    steps: list[tuple[str, str, Any, int]] = [
        ("POST", "/rest/api/3/issue", created, 201),
        ("PUT", "/rest/api/3/issue/DEMO-13", {"fields": {"summary": "Newer"}}, 204),
        ("POST", "/rest/api/3/issue/DEMO-13/transitions", {"transition": {"id": "21"}}, 204),
        ("POST", "/rest/api/3/issue/DEMO-13/comment", {"body": text}, 201),
        ("PUT", "/rest/api/3/issue/DEMO-13/properties/x", {"a": 1}, 201),
        ("PUT", "/rest/api/3/issue/DEMO-13/properties/x", {"a": 2}, 200),
        ("PUT", "/rest/api/3/project/DEMO/properties/x", [1], 201),
        ("PUT", f"/rest/api/3/user/properties/x?accountId={account(site, 'Pia Lead')}", "text", 201),
        ("POST", "/rest/api/3/issueLink", linked, 201),
        ("PUT", own, {"a": 1}, 201),
        ("POST", "/rest/api/3/search/jql", {"jql": "project = DEMO", "fields": ["summary"]}, 200),
        ("POST", "/rest/api/3/search/approximate-count", {"jql": "project = DEMO"}, 200),
        ("POST", "/rest/api/3/jql/parse?validation=strict", {"queries": ["project = DEMO", "x = "]}, 200),
        ("POST", "/rest/api/3/jql/match", {"jqls": ["project = DEMO"], "issueIds": [10001]}, 200),
    ]
    for method, path, body, expected in steps:
        answer = call(method, path, json=body)
        assert answer.status_code == expected, answer.text
    site.assert_no_contract_problems()


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Lets a test bend what the stand-in says about a status."""
    bent: dict[str, Any] = {}
    honest = shapes.status
    monkeypatch.setattr(shapes, "status", lambda *args: honest(*args) | bent)
    return bent


@pytest.mark.parametrize(
    ("lie", "complaint"),
    [
        ({"id": 3}, "body/0/id: 3 is not of type 'string'"),
        ({"statusCategory": {"id": 4, "name": "x"}}, "body/0/statusCategory: 'key' is a required property"),
    ],
)
def test_a_planted_wrong_answer_is_caught(
    site: Site, call: Call, planted: dict[str, Any], lie: dict[str, Any], complaint: str
) -> None:
    planted |= lie
    assert call("GET", "/rest/api/3/status").status_code == 200
    with pytest.raises(AssertionError, match="GET /rest/api/3/status → 200: response: "):
        site.assert_no_contract_problems()
    assert any(complaint in problem for problem in site.wire[-1].problems)


def test_a_property_that_jira_does_not_have_is_caught(site: Site, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shapes.project_details
    monkeypatch.setattr(shapes, "project_details", lambda *args: honest(*args) | {"mood": "sunny"})
    call("GET", "/rest/api/3/project/DEMO")
    assert site.wire[-1].problems == ["response: body: unknown property 'mood'"]


def test_an_error_body_does_not_pass_as_an_answer(site: Site, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "project_details", lambda *_: {"errorMessages": ["No."], "errors": {}})
    call("GET", "/rest/api/3/project/DEMO")
    assert any("'key' is a required property" in problem for problem in site.wire[-1].problems)


def test_a_wrong_field_inside_an_issue_is_caught(site: Site, call: Call, planted: dict[str, Any]) -> None:
    planted["name"] = 7
    call("GET", "/rest/api/3/issue/DEMO-7?fields=status")
    assert site.wire[-1].problems == ["response: body/fields/status/name: 7 is not of type 'string'"]


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("GET", "/rest/api/3/issue/DEMO-7?field=summary", None, "query: unknown parameter 'field'"),
        ("GET", "/rest/api/3/search/jql?jql=key%3DDEMO-7&maxResults=many", None, "'many' is not an integer"),
        ("GET", "/rest/api/3/issue/DEMO-7?fieldsByKeys=1", None, "'1' is not true or false"),
        ("POST", "/rest/api/3/issue/DEMO-7/transitions", {"transition": {"id": 21}}, "21 is not of type 'string'"),
        ("POST", "/rest/api/3/search/jql", {"jql": "key = DEMO-7", "startAt": 0}, "unknown property 'startAt'"),
        ("POST", "/rest/api/3/jql/parse", {"queries": ["x = 1"]}, "'validation' is missing"),
        ("POST", "/rest/api/3/permissions/check", {"projectPermissions": [{"projects": ["1"]}]}, "is not of type"),
        ("GET", "/rest/api/3/no/such/thing", None, "no such operation"),
    ],
)
def test_a_wrong_request_of_the_app_is_caught(
    site: Site, call: Call, method: str, path: str, body: Any, complaint: str
) -> None:
    call(method, path, json=body)
    assert any(complaint in each and each.startswith("request: ") for each in site.wire[-1].problems)


def test_a_body_that_is_not_json_is_caught(site: Site, call: Call) -> None:
    answer = call("POST", "/rest/api/3/search/jql", data="jql=key", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "request: body: is not JSON" in site.wire[-1].problems


def test_what_the_stand_in_does_not_have_is_a_problem_to_be_seen(site: Site, call: Call) -> None:
    assert call("GET", "/rest/api/3/dashboard").status_code == 501
    assert site.wire[-1].problems == ["response: status 501 is not documented"]


def test_a_crash_of_the_stand_in_is_a_problem_to_be_seen(
    site: Site, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "status", lambda *_: 1 / 0)
    assert call("GET", "/rest/api/3/status").status_code == 500
    assert any("the stand-in failed" in problem for problem in site.wire[-1].problems)


def test_every_known_fault_of_the_document_has_a_reason() -> None:
    assert all(each.reason.endswith(".") for each in DEVIATIONS)


def test_a_folder_that_is_named_and_empty_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(contract_module.ENVIRONMENT, str(tmp_path))
    with pytest.raises(FileNotFoundError, match="RAPPORT_OPENAPI_DIR"):
        find_document()


def test_without_the_document_nothing_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(contract_module.ENVIRONMENT, raising=False)
    monkeypatch.setattr(contract_module, "DEFAULT_FOLDER", tmp_path)
    assert find_document() is None


def test_a_rating_is_read_and_given_as_the_service_desks_document_says(site: Site, call: Call) -> None:
    path, opted_in = "/rest/servicedeskapi/request/DEMO-7/feedback", {"X-ExperimentalApi": "opt-in"}
    assert call("GET", path, headers=opted_in).status_code == 404  # no request: the project serves none
    site.project("DEMO").project_type = "service_desk"
    assert call("GET", path, headers=opted_in).status_code == 404  # nobody has rated it
    assert call("GET", path).status_code == 400
    given = {"type": "csat", "rating": 4}
    assert call("POST", path, json=given, headers=opted_in).status_code == 201
    assert call("POST", path, json={"type": "csat", "rating": 6}, headers=opted_in).status_code == 400
    assert call("GET", path, headers=opted_in).json()["rating"] == 4
    site.assert_no_contract_problems()
    assert call("POST", path, json={"stars": 4}, headers=opted_in).status_code == 400
    assert any("unknown property 'stars'" in problem for problem in site.wire[-1].problems)
