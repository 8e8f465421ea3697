"""The rating of a service desk's request: what is asked, what of the answer counts, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connect import JiraForbidden, JiraNotFound, JiraRejected, JiraSite, JiraUnreachable
from tests.connect.world import HttpServer

PATH = "/rest/servicedeskapi/request/10007/feedback"


@pytest.mark.parametrize(
    ("answer", "rating"),
    [
        ({"type": "csat", "rating": 1}, 1),
        ({"type": "csat", "rating": 5, "comment": {"body": "Quick!"}}, 5),
        ({"type": "csat"}, None),
        ({"type": "csat", "rating": None}, None),
        ({"type": "stars", "rating": 3}, None),
        ({}, None),
    ],
)
def test_a_rating_is_read_without_its_words(
    site: JiraSite, server: HttpServer, answer: Any, rating: int | None
) -> None:
    server.json("GET", PATH, answer)
    assert site.get_request_rating("10007") == rating
    [seen] = server.seen
    assert seen.headers["X-Experimentalapi"] == "opt-in"
    assert seen.body == b""


@pytest.mark.parametrize(
    "answer", [{"type": "csat", "rating": wrong} for wrong in (0, 6, 4.5, "4", True, [4])] + [[], "csat", None]
)
def test_what_is_no_rating_is_an_error_and_no_guess(site: JiraSite, server: HttpServer, answer: Any) -> None:
    server.json("GET", PATH, answer)
    with pytest.raises(JiraUnreachable):
        site.get_request_rating("10007")


def test_no_rating_and_no_request_are_the_same(site: JiraSite, server: HttpServer) -> None:
    server.json("GET", PATH, {"errorMessage": "No feedback"}, status=404)
    assert site.get_request_rating("10007") is None


def test_a_request_is_rated_by_its_score_alone(site: JiraSite, server: HttpServer) -> None:
    server.json("POST", PATH, {"type": "csat", "rating": 4}, status=201)
    site.rate_request("10007", 4)
    [seen] = server.seen
    assert json.loads(seen.body) == {"type": "csat", "rating": 4}
    assert seen.headers["X-Experimentalapi"] == "opt-in"


def test_a_rating_is_taken_back_and_none_needs_no_taking(site: JiraSite, server: HttpServer) -> None:
    server.raw("DELETE", PATH, 204)
    site.take_rating_back("10007")
    server.json("DELETE", PATH, {}, status=404)
    site.take_rating_back("10007")
    assert [seen.headers["X-Experimentalapi"] for seen in server.seen] == ["opt-in", "opt-in"]
    server.json("DELETE", PATH, {}, status=403)
    with pytest.raises(JiraForbidden):
        site.take_rating_back("10007")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, JiraRejected), (401, JiraForbidden), (403, JiraForbidden), (404, JiraNotFound), (503, JiraUnreachable)]
)  # fmt: skip
def test_a_refusal_says_whether_trying_again_can_help(
    site: JiraSite, server: HttpServer, status: int, kind: type[Exception]
) -> None:
    server.json("POST", PATH, {}, status=status)
    with pytest.raises(kind):
        site.rate_request("10007", 4)
