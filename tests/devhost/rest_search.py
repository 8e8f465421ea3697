"""REST: searching issues by JQL, counting them, checking and matching queries."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from tests.devhost import issue_shapes, jql
from tests.devhost.errors import BadRequest, JiraError
from tests.devhost.records import Issue, Json
from tests.devhost.rest import answer, caller, json_body, list_argument, number_argument, site
from tests.devhost.rest_issues import flag, rich

api = Blueprint("rest_search", __name__)
API = "/rest/api/<any('2', '3', 'latest'):version>"
LARGEST_PAGE = 5000  # ids and keys only; 100 with more
LARGEST_FULL_PAGE = 100
PROPERTIES_LIMIT = 5
RECONCILE_LIMIT = 50


@dataclass
class Search:
    """What the two forms of the search ask."""

    jql: str
    size: int = 50
    token: str | None = None
    fields: list[str] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)
    expand: list[str] = field(default_factory=list)
    by_keys: bool = False
    reconcile: list[Any] = field(default_factory=list)


@api.get(f"{API}/search/jql")
def search_get(version: str) -> Response:
    """Search with the query in the URL."""
    args = request.args
    asked = Search(
        jql=args.get("jql", ""),
        size=number_argument("maxResults", 50),
        token=args.get("nextPageToken"),
        fields=list_argument("fields"),
        properties=list_argument("properties"),
        expand=list_argument("expand"),
        by_keys=flag("fieldsByKeys"),
        reconcile=list_argument("reconcileIssues"),
    )
    return _search(asked)


@api.post(f"{API}/search/jql")
def search_post(version: str) -> Response:
    """Search with the query in the body."""
    body = json_body()
    asked = Search(
        jql=body.get("jql") or "",
        size=body.get("maxResults", 50),
        token=body.get("nextPageToken"),
        fields=body.get("fields") or [],
        properties=body.get("properties") or [],
        expand=str(body.get("expand") or "").split(","),
        by_keys=bool(body.get("fieldsByKeys")),
        reconcile=body.get("reconcileIssues") or [],
    )
    return _search(asked)


def _search(asked: Search) -> Response:
    if len(asked.properties) > PROPERTIES_LIMIT:
        raise BadRequest(f"The maximum number of properties is {PROPERTIES_LIMIT}.")
    if len(asked.reconcile) > RECONCILE_LIMIT:
        raise BadRequest(f"The maximum number of issues to reconcile is {RECONCILE_LIMIT}.")
    if asked.size < 0:
        raise BadRequest("The maximum number of results cannot be negative.")
    light = set(asked.fields) <= {"id", "key"} and not asked.properties and not asked.expand
    size = min(asked.size, LARGEST_PAGE if light else LARGEST_FULL_PAGE)
    found = _find(asked.jql)
    start = _start(asked.token)
    shown = [_shown(each, asked) for each in found[start : start + size]]
    more = start + size < len(found)
    token = {"nextPageToken": _token(start + size)} if more else {}
    return answer({"issues": shown, "isLast": not more} | token)


def _find(query: str) -> list[Issue]:
    """Run a query that restricts something; Jira refuses any other."""
    if not isinstance(query, str) or jql.parse(query, site()).where is None:
        raise BadRequest("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return site().search(query, caller().account_id)


def _shown(issue: Issue, asked: Search) -> Json:
    if asked.fields or asked.properties or "changelog" in asked.expand:
        return issue_shapes.issue(
            site(),
            issue,
            asked.fields or ["id"],
            rich(),
            by_keys=asked.by_keys,
            property_keys=asked.properties,
            expand=asked.expand,
        )
    return {"id": issue.id}


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from {start}".encode()).decode()


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from "))
    except (ValueError, binascii.Error):
        raise BadRequest("The provided next page token is invalid or expired.") from None


@api.post(f"{API}/search/approximate-count")
def count(version: str) -> Response:
    """How many issues match."""
    return answer({"count": len(_find(json_body().get("jql", "")))})


@api.post(f"{API}/jql/parse")
def parse_queries(version: str) -> Response:
    """Say for each query whether it can be read; the structure is left out."""
    queries = json_body().get("queries")
    if not isinstance(queries, list) or not queries:
        raise BadRequest("At least one query is needed.")
    return answer({"queries": [_parsed(each) for each in queries]})


def _parsed(query: str) -> Json:
    try:
        jql.parse(query, site())
    except JiraError as error:
        return {"query": query, "errors": error.messages}
    return {"query": query}


@api.post(f"{API}/jql/match")
def match_queries(version: str) -> Response:
    """Which of the issues match which of the queries."""
    body = json_body()
    wanted = {str(each) for each in body.get("issueIds", [])}
    return answer({"matches": [_matches(each, wanted) for each in body.get("jqls", [])]})


def _matches(query: str, wanted: set[str]) -> Json:
    try:
        found = site().search(query, caller().account_id)
    except JiraError as error:
        return {"matchedIssues": [], "errors": error.messages}
    return {"matchedIssues": [int(each.id) for each in found if each.id in wanted], "errors": []}
