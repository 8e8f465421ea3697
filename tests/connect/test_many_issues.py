"""Reading many issues at once: one call for a hundred, and no issue taken for gone that only did not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connect import JiraNotFound, JiraSite, JiraUnreachable
from tests.connect.raw_issue import API, RAW_ISSUE
from tests.connect.test_jira import ISSUE, assert_signed
from tests.connect.world import HttpServer, Seen

BULK = f"{API}/issue/bulkfetch"


def raw(number: int, **more: Any) -> dict[str, Any]:
    return {**RAW_ISSUE, "id": str(number), "key": f"DEMO-{number}", **more}


def answer_all(server: HttpServer) -> None:
    def answer(seen: Seen) -> Any:
        found = {"issues": [raw(int(each)) for each in seen.json["issueIdsOrKeys"]]}
        return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()

    server.answers["POST", BULK] = answer


def test_a_hundred_issues_are_one_call(site: JiraSite, server: HttpServer) -> None:
    answer_all(server)
    found = site.get_issues([str(number) for number in range(1, 251)])
    assert set(found) == {str(number) for number in range(1, 251)}
    assert found["7"] == replace(ISSUE, id="7", key="DEMO-7")
    assert [len(seen.json["issueIdsOrKeys"]) for seen in server.seen] == [100, 100, 50]
    assert {tuple(seen.json["expand"]) for seen in server.seen} == {("changelog",)}
    for seen in server.seen:
        assert_signed(seen)


def test_the_same_issue_is_asked_for_once(site: JiraSite, server: HttpServer) -> None:
    answer_all(server)
    assert set(site.get_issues(["1", "2", "1"])) == {"1", "2"}
    assert server.seen[0].json["issueIdsOrKeys"] == ["1", "2"]


def test_no_issue_is_no_call(site: JiraSite, server: HttpServer) -> None:
    assert site.get_issues([]) == {}
    assert server.seen == []


def test_a_single_issue_is_read_alone_with_more_of_its_history(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/issue/10007", RAW_ISSUE)
    assert site.get_issues(["10007"]) == {"10007": ISSUE}


def test_a_single_issue_that_is_gone_is_missing(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", f"{API}/issue/10007", {}, status=404)
    assert site.get_issues(["10007"]) == {}


def test_issues_that_are_gone_are_missing(site: JiraSite, server: HttpServer) -> None:
    server.json("POST", BULK, {"issues": [raw(1)], "issueErrors": []})
    assert set(site.get_issues(["1", "2"])) == {"1"}


def test_issues_that_did_not_fit_are_read_one_by_one(site: JiraSite, server: HttpServer) -> None:
    server.json(
        "POST", BULK, {"issues": [raw(1)], "issueErrors": [{"id": "2", "errorMessage": "too large"}, {"id": "3"}]}
    )
    server.json("GET", f"{API}/issue/2", raw(2))
    server.json("GET", f"{API}/issue/3", {}, status=404)
    assert set(site.get_issues(["1", "2", "3"])) == {"1", "2"}


@pytest.mark.parametrize(
    ("changelog", "complete"),
    [
        ({"histories": [], "total": 0}, True),
        ({"histories": []}, True),
        ({"histories": [{"id": str(n), "created": "2026-11-18T12:00:00.000+0000"} for n in range(39)]}, True),
        ({"histories": [{"id": str(n), "created": "2026-11-18T12:00:00.000+0000"} for n in range(40)]}, False),
        ({"histories": [{"id": "1", "created": "2026-11-18T12:00:00.000+0000"}], "total": 2}, False),
        (None, False),
    ],
)
def test_a_history_that_may_have_been_cut_is_marked(
    site: JiraSite, server: HttpServer, changelog: Any, complete: bool
) -> None:
    server.json("POST", BULK, {"issues": [raw(1, changelog=changelog), raw(2)]})
    assert site.get_issues(["1", "2"])["1"].history_complete is complete


@pytest.mark.parametrize("wrong", ["1/2", "..", "", "a b"])
def test_what_cannot_be_an_id_is_never_asked_for(site: JiraSite, server: HttpServer, wrong: str) -> None:
    with pytest.raises(JiraNotFound):
        site.get_issues(["1", wrong])
    assert server.seen == []


@pytest.mark.parametrize("nonsense", [[], {"issues": "many"}, {"issues": [{"id": 7}]}, "x", None])
def test_an_answer_that_is_none_is_an_error_and_no_guess(site: JiraSite, server: HttpServer, nonsense: Any) -> None:
    server.json("POST", BULK, nonsense)
    with pytest.raises(JiraUnreachable):
        site.get_issues(["1", "2"])


def test_who_shows_an_address_has_one(site: JiraSite, server: HttpServer) -> None:
    pia = {"accountId": "712020:pia", "displayName": "Pia Lead", "emailAddress": "pia@acme.example"}
    server.json("GET", f"{API}/user", pia)
    assert site.get_user("712020:pia").email == "pia@acme.example"
