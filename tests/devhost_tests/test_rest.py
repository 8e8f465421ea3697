"""The REST subset: who gets in, what comes back, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.devhost.host import Devhost
from tests.devhost.site import Site
from tests.devhost_tests.conftest import Call, ConnectAuth, account, needs_document
from tests.devhost_tests.toy_app import ToyApp

JSON_TYPE = "application/json;charset=UTF-8"


def plain_call(site: Site, path: str, **headers: str) -> requests.Response:
    """A GET that is signed by nobody."""
    return requests.get(site.base_url + path, headers=headers, timeout=60)


# who gets in


def test_the_app_is_let_in_with_its_token(site: Site, call: Call) -> None:
    assert site.app is not None
    assert call("GET", "/rest/api/3/myself").json()["accountId"] == site.app.account_id


@pytest.mark.parametrize("as_list", [True, False])
def test_the_audience_may_be_one_or_a_list_or_left_out(site: Site, as_list: bool) -> None:
    for audience in ([site.client_key, "another"] if as_list else site.client_key, None):
        auth = ConnectAuth(site, aud=audience)
        assert requests.get(f"{site.base_url}/rest/api/3/myself", auth=auth, timeout=60).status_code == 200


def _wrong_secret(auth: ConnectAuth) -> None:
    auth.secret = "x" * 40


def _claim(**claims: Any) -> Callable[[ConnectAuth], None]:
    return lambda auth: auth.claims.update(claims)


@pytest.mark.parametrize(
    "bend",
    [
        _wrong_secret,
        _claim(iss="other-app"),
        _claim(aud=["another-site"]),
        _claim(exp=1),
        _claim(iat=99_999_999_000, exp=99_999_999_180),
        _claim(iat="soon"),
        _claim(exp=99_999_999_999),
        _claim(qsh="0" * 64),
        _claim(qsh="context-qsh"),
    ],
    ids=[
        "secret",
        "issuer",
        "audience",
        "expired",
        "from the future",
        "no number",
        "valid for years",
        "hash",
        "context hash",
    ],
)
def test_a_token_that_is_not_in_order_is_refused(site: Site, bend: Callable[[ConnectAuth], None]) -> None:
    auth = ConnectAuth(site)
    bend(auth)
    answer = requests.get(f"{site.base_url}/rest/api/3/myself", auth=auth, timeout=60)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == JSON_TYPE
    assert answer.json()["errorMessages"][0].startswith("JWT refused")


def test_a_token_is_good_for_its_own_request_only(site: Site) -> None:
    request = requests.Request("GET", f"{site.base_url}/rest/api/3/issue/DEMO-7", auth=ConnectAuth(site)).prepare()
    stolen = request.headers["Authorization"]
    assert plain_call(site, "/rest/api/3/issue/DEMO-7", Authorization=stolen).status_code == 200
    assert plain_call(site, "/rest/api/3/issue/DEMO-8", Authorization=stolen).status_code == 401
    assert plain_call(site, "/rest/api/3/issue/DEMO-7?expand=changelog", Authorization=stolen).status_code == 401


def test_the_old_secret_is_dead_after_installing_again(jira: Devhost, site: Site) -> None:
    old = ConnectAuth(site)
    jira.install()
    assert requests.get(f"{site.base_url}/rest/api/3/myself", auth=old, timeout=60).status_code == 401
    assert requests.get(f"{site.base_url}/rest/api/3/myself", auth=ConnectAuth(site), timeout=60).status_code == 200


def test_a_token_of_one_site_does_not_open_the_other(pair: Devhost) -> None:
    site, rival = pair.sites
    answer = requests.get(f"{rival.base_url}/rest/api/3/issue/DEMO-7", auth=ConnectAuth(site), timeout=60)
    assert answer.status_code == 401


def test_nobody_gets_nothing_but_what_is_public(site: Site) -> None:
    assert plain_call(site, "/rest/api/3/serverInfo").json()["deploymentType"] == "Cloud"
    assert plain_call(site, "/_edge/tenant_info").json() == {"cloudId": site.cloud_id}
    assert plain_call(site, "/rest/api/3/myself").status_code == 401
    assert plain_call(site, "/rest/api/3/issue/DEMO-7").status_code == 404


def test_people_see_what_they_may(browse: Call) -> None:
    assert browse("Tom Team", "GET", "/rest/api/3/issue/DEMO-7").status_code == 200
    assert browse("Sam Stranger", "GET", "/rest/api/3/issue/DEMO-7").status_code == 404
    assert [each["key"] for each in browse("Sam Stranger", "GET", "/rest/api/3/project/search").json()["values"]] == [
        "OPS"
    ]


# scopes


@needs_document
@pytest.mark.parametrize(
    ("scopes", "method", "path", "expected"),
    [
        (["READ"], "GET", "/rest/api/3/issue/DEMO-7", 200),
        (["READ"], "PUT", "/rest/api/3/issue/DEMO-7/properties/x", 403),
        (["WRITE"], "GET", "/rest/api/3/issue/DEMO-7", 200),
        (["WRITE"], "PUT", "/rest/api/3/issue/DEMO-7/properties/x", 201),
        (["READ", "WRITE"], "DELETE", "/rest/api/3/issue/DEMO-7", 403),
        (["DELETE"], "DELETE", "/rest/api/3/issue/DEMO-7", 204),
        (["ADMIN"], "GET", "/rest/api/3/statuses/search", 403),  # INACCESSIBLE to Connect apps
    ],
)
def test_the_scopes_of_the_descriptor_count(
    jira: Devhost, app: ToyApp, scopes: list[str], method: str, path: str, expected: int
) -> None:
    app.descriptor["scopes"] = scopes
    jira.install()
    more: Any = {"json": {"a": 1}} if method == "PUT" else {}
    answer = requests.request(method, jira.site.base_url + path, auth=ConnectAuth(jira.site), timeout=60, **more)
    assert answer.status_code == expected


@needs_document
def test_a_person_through_the_app_is_held_to_its_scopes(site: Site, browse: Call) -> None:
    path = "/rest/api/3/issue/DEMO-7"
    assert browse("Pia Lead", "GET", path, headers={"AP-Client-Key": "rapport-jira"}).status_code == 200
    assert browse("Pia Lead", "DELETE", path, headers={"AP-Client-Key": "rapport-jira"}).status_code == 403
    assert browse("Pia Lead", "GET", path, headers={"AP-Client-Key": "another"}).status_code == 403
    assert browse("Pia Lead", "DELETE", path).status_code == 204


# what comes back


def test_an_issue_shows_the_fields_that_are_asked_for(site: Site, call: Call) -> None:
    site.set_issue_property("DEMO-7", "rapport-satisfaction", {"score": 4}, account(site, "Pia Lead"))
    every = call("GET", "/rest/api/3/issue/DEMO-7").json()["fields"]
    assert every["customfield_10101"] == 4
    assert every["customfield_10102"] is None
    assert every["comment"]["total"] == 1
    some = call("GET", "/rest/api/3/issue/DEMO-7?fields=summary,status").json()["fields"]
    assert set(some) == {"summary", "status"}
    others = call("GET", "/rest/api/3/issue/DEMO-7?fields=-comment,-description").json()["fields"]
    assert not {"comment", "description"} & set(others)
    by_key = call("GET", "/rest/api/3/issue/DEMO-7?fields=rapport-jira__satisfaction-score&fieldsByKeys=true").json()
    assert by_key["fields"] == {"rapport-jira__satisfaction-score": 4}


def test_the_apps_fields_are_listed_with_their_key(call: Call) -> None:
    fields = {each["id"]: each for each in call("GET", "/rest/api/3/field").json()}
    assert fields["customfield_10101"]["key"] == "rapport-jira__satisfaction-score"
    assert fields["customfield_10101"]["schema"]["custom"].endswith("satisfaction-score")
    assert fields["summary"]["custom"] is False


def test_dates_come_with_an_offset_without_colon(call: Call) -> None:
    created = call("GET", "/rest/api/3/issue/DEMO-7?fields=created").json()["fields"]["created"]
    assert created[-5:] in ("+0100", "+0200")


def test_version_two_shows_text_and_version_three_documents(call: Call) -> None:
    assert call("GET", "/rest/api/2/issue/DEMO-7").json()["fields"]["description"].startswith("A guest")
    assert call("GET", "/rest/api/3/issue/DEMO-7").json()["fields"]["description"]["type"] == "doc"


def test_a_transition_needs_to_be_on_offer(site: Site, call: Call) -> None:
    offered = [each["name"] for each in call("GET", "/rest/api/3/issue/DEMO-9/transitions").json()["transitions"]]
    assert "Ready for review" not in offered
    answer = call("POST", "/rest/api/3/issue/DEMO-9/transitions", json={"transition": {"id": "31"}})
    assert answer.status_code == 400
    assert answer.json() == {"errorMessages": ["Transition id '31' is not valid for this issue."], "errors": {}}
    assert call("POST", "/rest/api/3/issue/DEMO-9/transitions", json={"transition": {"id": "21"}}).status_code == 204
    assert site.issue("DEMO-9").status_id == "3"


def test_the_change_log_reads_forwards_alone_and_backwards_in_an_issue(call: Call) -> None:
    alone = call("GET", "/rest/api/3/issue/DEMO-1/changelog").json()
    inside = call("GET", "/rest/api/3/issue/DEMO-1?expand=changelog").json()["changelog"]["histories"]
    assert [each["id"] for each in alone["values"]] == [each["id"] for each in reversed(inside)]
    assert alone["total"] == 3


def test_several_issues_come_at_once_and_those_that_are_not_there_do_not(site: Site, call: Call) -> None:
    ids = [site.issue(key).id for key in ("DEMO-2", "DEMO-1")]
    wanted = {"issueIdsOrKeys": [*ids, "999999"], "fields": ["summary"], "expand": ["changelog"]}
    found = call("POST", "/rest/api/3/issue/bulkfetch", json=wanted).json()
    assert [each["key"] for each in found["issues"]] == ["DEMO-1", "DEMO-2"]
    assert all(set(each["fields"]) == {"summary"} and each["changelog"]["histories"] for each in found["issues"])
    too_many = {"issueIdsOrKeys": [str(number) for number in range(101)]}
    assert call("POST", "/rest/api/3/issue/bulkfetch", json=too_many).status_code == 400


def test_searching_goes_page_by_page(call: Call) -> None:
    found, token = [], None
    while True:
        body = {"jql": "project = DEMO ORDER BY key", "maxResults": 5, "fields": ["key"]}
        page = call("POST", "/rest/api/3/search/jql", json=body | ({"nextPageToken": token} if token else {})).json()
        assert "total" not in page
        found += [each["key"] for each in page["issues"]]
        token = page.get("nextPageToken")
        if page["isLast"]:
            break
    assert token is None
    assert found == [f"DEMO-{number}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"jql": ""}, "Unbounded JQL"),
        ({"jql": "ORDER BY created"}, "Unbounded JQL"),
        ({"jql": "nonsense = 1"}, "Field 'nonsense' does not exist"),
        ({"jql": "project = DEMO", "nextPageToken": "zzz"}, "next page token"),
        ({"jql": "project = DEMO", "properties": list("abcdef")}, "maximum number of properties"),
    ],
)
def test_a_search_that_jira_refuses_is_refused(call: Call, body: dict[str, Any], message: str) -> None:
    answer = call("POST", "/rest/api/3/search/jql", json=body)
    assert answer.status_code == 400
    assert message in answer.json()["errorMessages"][0]


def test_the_old_search_is_gone(call: Call) -> None:
    assert call("GET", "/rest/api/3/search?jql=key=DEMO-7").status_code == 410


@pytest.mark.parametrize("owner", ["issue/DEMO-7", "project/DEMO"])
def test_properties_live_through_their_life(call: Call, owner: str) -> None:
    path = f"/rest/api/3/{owner}/properties/note"
    assert call("GET", path).status_code == 404
    assert call("PUT", path, json={"a": [1]}).status_code == 201
    assert call("PUT", path, json={"a": [2]}).status_code == 200
    assert call("GET", path).json() == {"key": "note", "value": {"a": [2]}}
    assert [each["key"] for each in call("GET", path.removesuffix("/note")).json()["keys"]] == ["note"]


@pytest.mark.parametrize(
    ("key", "data"), [("note", b""), ("note", b"{"), ("k" * 256, b"1"), ("note", b'"' + b"x" * 32_767 + b'"')]
)
def test_a_property_outside_the_limits_is_refused(call: Call, key: str, data: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = call("PUT", f"/rest/api/3/issue/DEMO-7/properties/{key}", data=data, headers=headers)
    assert answer.status_code == 400


def test_writing_a_property_leaves_the_issues_date_alone(site: Site, call: Call) -> None:
    before = site.issue("DEMO-7").updated
    call("PUT", "/rest/api/3/issue/DEMO-7/properties/note", json=1)
    assert site.issue("DEMO-7").updated == before
    assert site.issue("DEMO-7").changelog[-1].items[-1]["fieldId"] != "note"


def test_project_properties_are_for_project_administrators(browse: Call) -> None:
    path = "/rest/api/3/project/DEMO/properties/note"
    assert browse("Tom Team", "PUT", path, json=1).status_code == 403
    assert browse("Pia Lead", "PUT", path, json=1).status_code == 201


def test_app_properties_are_for_the_app_alone(call: Call, browse: Call) -> None:
    path = "/rest/atlassian-connect/1/addons/rapport-jira/properties/note"
    assert call("PUT", path, json=1).json() == {"message": "Property created", "statusCode": 201}
    assert call("GET", path).json() == {"key": "note", "value": 1}
    assert browse("Ada Admin", "GET", path).status_code == 401
    assert call("DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"summary": ""}, "summary"),
        ({"description": "plain"}, "description"),
        ({"customfield_10101": 5}, "customfield_10101"),
        ({"duedate": "soon"}, "duedate"),
        ({"priority": {"name": "Urgent"}}, "priority"),
        ({"assignee": {"accountId": "nobody"}}, "assignee"),
        ({"labels": ["two words"]}, "labels"),
    ],
)
def test_an_edit_that_jira_refuses_names_the_field(call: Call, fields: dict[str, Any], name: str) -> None:
    answer = call("PUT", "/rest/api/3/issue/DEMO-7", json={"fields": fields})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [name]


def test_an_edit_is_in_the_change_log(site: Site, call: Call) -> None:
    body = {"fields": {"duedate": "2026-12-24"}, "update": {"labels": [{"add": "gift"}, {"remove": "shop"}]}}
    assert call("PUT", "/rest/api/3/issue/DEMO-7", json=body).status_code == 204
    issue = site.issue("DEMO-7")
    assert issue.labels == ["gift"]
    assert [each["fieldId"] for each in issue.changelog[-1].items] == ["duedate", "labels"]


def test_rich_text_must_be_a_document(call: Call) -> None:
    assert call("POST", "/rest/api/3/issue/DEMO-7/comment", json={"body": "plain"}).status_code == 400
    assert call("POST", "/rest/api/2/issue/DEMO-7/comment", json={"body": "plain"}).status_code == 201


def test_e_mail_addresses_are_private(call: Call, site: Site, browse: Call) -> None:
    pia = account(site, "Pia Lead")
    assert "emailAddress" not in call("GET", f"/rest/api/3/user?accountId={pia}").json()
    assert browse("Pia Lead", "GET", "/rest/api/3/myself").json()["emailAddress"] == "pia@jira.example"


def test_unknown_users_are_left_out_of_a_bulk_read(call: Call, site: Site) -> None:
    pia = account(site, "Pia Lead")
    page = call("GET", f"/rest/api/3/user/bulk?accountId={pia}&accountId=nobody").json()
    assert [each["accountId"] for each in page["values"]] == [pia]


# how it fails


def test_a_gap_of_the_stand_in_is_501_with_its_name(call: Call) -> None:
    answer = call("GET", "/rest/api/3/dashboard")
    assert answer.status_code == 501
    assert "GET /rest/api/3/dashboard" in answer.json()["errorMessages"][0]


def test_a_get_with_a_body_is_refused(call: Call) -> None:
    assert call("GET", "/rest/api/3/myself", data="{}").status_code == 403


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 5000])
def test_a_body_that_makes_no_sense_is_a_bad_request(call: Call, data: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("search/jql", "issue", "issue/DEMO-7/transitions", "permissions/check", "jql/parse"):
        assert call("POST", f"/rest/api/3/{path}", data=data, headers=headers).status_code == 400, path


@needs_document
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "issue", {"fields": "x"}),
        ("POST", "issue", {"fields": {"project": "DEMO", "issuetype": 1, "summary": {}}}),
        ("POST", "issue", {"fields": {"project": {"key": "DEMO"}, "issuetype": {"name": "Bug"}, "summary": {}}}),
        ("PUT", "issue/DEMO-7", {"fields": {"assignee": "tom"}}),
        ("PUT", "issue/DEMO-7", {"fields": {"labels": "one"}}),
        ("PUT", "issue/DEMO-7", {"fields": {"priority": None}}),
        ("PUT", "issue/DEMO-7", {"update": {"comment": [{"edit": {}}]}}),
        ("PUT", "issue/DEMO-7", {"update": {"labels": {"add": "x"}}}),
        ("PUT", "issue/DEMO-7", {"properties": [{"value": 1}]}),
        ("POST", "issue/DEMO-7/transitions", {"transition": "21"}),
        ("POST", "issue/DEMO-7/comment", {"body": {"type": "doc"}}),
        ("POST", "issueLink", {"type": "Blocks", "inwardIssue": [], "outwardIssue": 1}),
        ("POST", "search/jql", {"jql": ["project = DEMO"]}),
        ("POST", "search/jql", {"jql": "project = DEMO", "maxResults": "5"}),
        ("POST", "search/jql", {"jql": "project = DEMO", "maxResults": -1}),
        ("POST", "permissions/check", {"projectPermissions": {"permissions": []}}),
        ("POST", "jql/parse?validation=strict", {"queries": [1]}),
        ("POST", "jql/match", {"jqls": "project = DEMO", "issueIds": ["x"]}),
    ],
)
def test_a_body_of_the_wrong_shape_is_a_bad_request(call: Call, method: str, path: str, body: Any) -> None:
    assert call(method, f"/rest/api/3/{path}", json=body).status_code == 400


def test_only_json_is_understood(call: Call) -> None:
    assert call("POST", "/rest/api/3/search/jql", data={"jql": "project = DEMO"}).status_code == 415


def test_many_can_read_while_others_write(site: Site) -> None:
    def work(number: int) -> list[int]:
        auth, found = ConnectAuth(site), []
        for step in range(5):
            url = f"{site.base_url}/rest/api/3/issue/DEMO-7"
            written = requests.put(f"{url}/properties/p{number}-{step}", json=step, auth=auth, timeout=60)
            found += [written.status_code, requests.get(f"{url}/properties", auth=auth, timeout=60).status_code]
        return found

    with ThreadPoolExecutor(6) as pool:
        assert {status for found in pool.map(work, range(6)) for status in found} == {200, 201}
    assert len(site.issue("DEMO-7").properties) == 30


def test_jira_can_have_a_bad_day(site: Site, call: Call) -> None:
    site.faults.jira_status, site.faults.jira_path, site.faults.jira_times = 503, "permissions", 2
    assert call("GET", "/rest/api/3/myself").status_code == 200
    tries = [call("GET", "/rest/api/3/mypermissions?permissions=ADMINISTER").status_code for _ in range(3)]
    assert tries == [503, 503, 200]


def test_jira_can_ask_for_patience(site: Site, call: Call) -> None:
    site.faults.jira_status, site.faults.retry_after_seconds = 429, 7
    answer = call("GET", "/rest/api/3/myself")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["RateLimit-Reason"] == "jira-burst-based"


def test_jira_can_be_slow(site: Site) -> None:
    site.faults.jira_delay_seconds = 1.0
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{site.base_url}/rest/api/3/serverInfo", timeout=0.1)


def test_the_wire_log_tells_who_called_what(site: Site, call: Call, browse: Call) -> None:
    call("GET", "/rest/api/3/issue/DEMO-7?fields=summary")
    entry = site.wire[-1]
    assert (entry.direction, entry.method, entry.status) == ("to jira", "GET", 200)
    assert entry.url == "/rest/api/3/issue/DEMO-7?fields=summary"
    assert entry.note == "the app"
    browse("Pia Lead", "GET", "/rest/api/3/myself", headers={"AP-Client-Key": "rapport-jira"})
    assert site.wire[-1].note == f"{account(site, 'Pia Lead')} through the app"
