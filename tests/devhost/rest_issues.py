"""REST: issues, their change log, transitions, comments and links."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from tests.devhost import adf, issue_shapes, shapes
from tests.devhost.errors import BadRequest, Forbidden, JiraError, NotFound
from tests.devhost.records import Issue, Json, Transition
from tests.devhost.rest import (
    actor,
    answer,
    caller,
    empty,
    is_version_3,
    json_body,
    list_argument,
    number_argument,
    page_of,
    site,
)

api = Blueprint("rest_issues", __name__)
API = "/rest/api/<any('2', '3', 'latest'):version>"
FETCH_LIMIT = 100
FETCHED_CHANGES = 40  # of each issue, newest first
SIMPLE_FIELDS = {"summary": "summary", "labels": "labels", "description": "description"}


def rich() -> shapes.Rich:
    """How this version of the API writes rich text."""
    return "document" if is_version_3() else "text"


def visible_issue(key: str) -> Issue:
    """The issue, `NotFound` as well if the caller may not see it."""
    return site().visible_issue(key, caller().account_id)


def allowed_issue(key: str, permission: str) -> Issue:
    """A visible issue in whose project the caller holds the permission; else `Forbidden`."""
    issue = visible_issue(key)
    if not site().may(actor(), permission, issue.project_id):
        raise Forbidden(f"You do not have the permission {permission} in this project.")
    return issue


def flag(name: str) -> bool:
    """A true/false argument of the query."""
    return request.args.get(name) == "true"


@api.get(f"{API}/issue/<key>")
def get_issue(version: str, key: str) -> Response:
    """One issue with ``fields``, ``properties`` and ``expand``."""
    shown = issue_shapes.issue(
        site(),
        visible_issue(key),
        list_argument("fields") or ["*all"],
        rich(),
        by_keys=flag("fieldsByKeys"),
        property_keys=list_argument("properties"),
        expand=list_argument("expand"),
    )
    return answer(shown)


@api.post(f"{API}/issue/bulkfetch")
def fetch_issues(version: str) -> Response:
    """Up to a hundred issues at once; those that the caller may not see are simply not there."""
    body = json_body()
    wanted = [str(each) for each in body.get("issueIdsOrKeys") or []]
    if not 1 <= len(wanted) <= FETCH_LIMIT:
        raise BadRequest(f"Between 1 and {FETCH_LIMIT} issues can be fetched at once.")
    found = {}
    for key in wanted:
        with suppress(NotFound):
            issue = visible_issue(key)
            found[issue.id] = issue
    shown = [_fetched(issue, body) for issue in sorted(found.values(), key=lambda each: int(each.id))]
    return answer({"issues": shown, "issueErrors": []})


def _fetched(issue: Issue, body: Json) -> Json:
    shown = issue_shapes.issue(
        site(),
        issue,
        body.get("fields") or ["*navigable"],
        rich(),
        by_keys=bool(body.get("fieldsByKeys")),
        property_keys=body.get("properties") or [],
        expand=body.get("expand") or [],
    )
    if log := shown.get("changelog"):
        log["histories"] = log["histories"][:FETCHED_CHANGES]
    return shown


@api.post(f"{API}/issue")
def create_issue(version: str) -> Response:
    """Create an issue from ``fields`` and ``properties``."""
    body = json_body()
    given = dict(body.get("fields") or {})
    project = _find_project(given.pop("project", None))
    if not site().may(actor(), "CREATE_ISSUES", project):
        raise BadRequest(errors={"project": "You cannot create issues in this project."})
    type_name = _type_name(given.pop("issuetype", None))
    changes = _changes({"summary": None} | given)
    links = _wanted_links(body.get("update") or {})
    issue = site().create_issue(project, type_name, changes.pop("summary"), actor(), **changes)
    _set_properties(issue, body.get("properties", []))
    for type_name, other_id in links:
        site().link_issues(type_name, issue.id, other_id)
    link = shapes.link_to(site(), f"issue/{issue.id}", rich())
    return answer({"id": issue.id, "key": issue.key, "self": link}, 201)


def _find_project(given: Any) -> str:
    try:
        return site().project(str(given["id"] if "id" in given else given["key"])).id
    except (NotFound, KeyError, TypeError):
        raise BadRequest(errors={"project": "Specify a valid project ID or key"}) from None


def _type_name(given: Any) -> str:
    for each in site().issue_types.values():
        if isinstance(given, dict) and (given.get("id") == each.id or given.get("name") == each.name):
            return each.name
    raise BadRequest(errors={"issuetype": "Specify an issue type"})


@api.put(f"{API}/issue/<key>")
def edit_issue(version: str, key: str) -> Response:
    """Change fields, add comments and set properties."""
    body = json_body()
    issue = allowed_issue(key, "EDIT_ISSUES")
    changes = _changes(body.get("fields") or {}) | _label_changes(issue, body.get("update") or {})
    site().edit_issue(issue.id, actor(), **changes)
    _add_comments(issue, body.get("update") or {})
    _set_properties(issue, body.get("properties", []))
    return empty()


def _changes(given: Json) -> Json:
    """Fields of a request as fields of `Issue`; `BadRequest` names each one that cannot be set."""
    changes: Json = {}
    refused: dict[str, str] = {}
    for name, value in given.items():
        try:
            changes |= _change(name, value)
        except (JiraError, KeyError, TypeError, ValueError, AttributeError) as error:
            refused[name] = str(error) if isinstance(error, JiraError) else f"The value of '{name}' is not valid."
    if refused:
        raise BadRequest(errors=refused)
    return changes


def _change(name: str, value: Any) -> Json:
    if name == "description":
        return {name: _rich_text(value, name) if value is not None else None}
    if name == "summary" and not (isinstance(value, str) and value.strip() and "\n" not in value):
        raise BadRequest("You must specify a summary of the issue, on one line.")
    if name == "labels" and not (isinstance(value, list) and all(" " not in label for label in value)):
        raise BadRequest("Labels must be a list of words without spaces.")
    if name in SIMPLE_FIELDS:
        return {SIMPLE_FIELDS[name]: value}
    if name in ("assignee", "reporter"):
        account_id = value and (value.get("accountId") or value["id"])
        return {name: site().user(account_id).account_id if account_id else None}
    if name == "priority":
        names = dict(zip("12345", shapes.PRIORITIES, strict=True))
        return {name: names[value["id"]] if "id" in value else names[str(shapes.PRIORITIES.index(value["name"]) + 1)]}
    if name == "duedate":
        return {"due_date": date.fromisoformat(value) if value else None}
    if name == "fixVersions":
        return {"fix_version_ids": [each["id"] for each in value]}
    raise BadRequest(f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")


def _rich_text(value: Any, name: str) -> adf.Document:
    if is_version_3():
        if not adf.is_document(value):
            raise BadRequest(errors={name: "Operation value must be an Atlassian Document (see the ADF documentation)"})
        return dict(value)
    if not isinstance(value, str):
        raise BadRequest(errors={name: "Operation value must be a string"})
    return adf.document(value)


def _label_changes(issue: Issue, update: Json) -> Json:
    if "labels" not in update:
        return {}
    labels = list(issue.labels)
    for step in update["labels"]:
        labels = [each for each in step.get("set", labels) if each != step.get("remove")]
        labels += [step["add"]] if "add" in step else []
    return {"labels": list(dict.fromkeys(labels))}


def _add_comments(issue: Issue, update: Json) -> None:
    for step in update.get("comment", []):
        site().add_comment(issue.id, actor(), _rich_text((step.get("add") or {}).get("body"), "comment"))


def _wanted_links(update: Json) -> list[tuple[str, str]]:
    """Names of link types with ids of issues; looked at before anything is made."""
    wanted = [step["add"] for step in update.get("issuelinks", [])]
    for each in wanted:
        if each["type"]["name"] not in site().link_types:
            raise BadRequest(errors={"issuelinks": f"No issue link type with name '{each['type']['name']}' found."})
    return [(each["type"]["name"], visible_issue(str(each["outwardIssue"]["key"])).id) for each in wanted]


def _set_properties(issue: Issue, given: list[Json]) -> None:
    for each in given:
        site().set_issue_property(issue.id, each["key"], each["value"], actor())


@api.delete(f"{API}/issue/<key>")
def delete_issue(version: str, key: str) -> Response:
    """Delete an issue."""
    site().delete_issue(allowed_issue(key, "DELETE_ISSUES").id, actor())
    return empty()


@api.get(f"{API}/issue/<key>/changelog")
def list_changelog(version: str, key: str) -> Response:
    """The change log page by page, oldest first."""
    return answer(page_of([shapes.history(site(), each) for each in visible_issue(key).changelog], default_size=100))


@api.get(f"{API}/issue/<key>/transitions")
def list_transitions(version: str, key: str) -> Response:
    """Transitions that the caller may take from the issue's status."""
    issue = visible_issue(key)
    wanted = request.args.get("transitionId")
    steps = (
        site().transitions_for(issue) if site().may(caller().account_id, "TRANSITION_ISSUES", issue.project_id) else []
    )
    shown = [_transition(each) for each in steps if wanted in (None, each.id)]
    return answer({"expand": "transitions", "transitions": shown})


def _transition(step: Transition) -> Json:
    return {
        "id": step.id,
        "name": step.name,
        "to": shapes.status(site(), site().statuses[step.to_id]),
        "hasScreen": False,
        "isGlobal": step.from_ids is None,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "isLooped": False,
    }


@api.post(f"{API}/issue/<key>/transitions")
def do_transition(version: str, key: str) -> Response:
    """Take a transition, with changes and comments on the way."""
    body = json_body()
    issue = allowed_issue(key, "TRANSITION_ISSUES")
    step_id = (body.get("transition") or {}).get("id")
    if not isinstance(step_id, str):
        raise BadRequest("Missing 'transition' identifier")
    changes = _changes(body.get("fields") or {})
    if step_id not in [each.id for each in site().transitions_for(issue)]:
        raise BadRequest(f"Transition id '{step_id}' is not valid for this issue.")
    site().edit_issue(issue.id, actor(), **changes)
    site().transition(issue.id, step_id, actor())
    _add_comments(issue, body.get("update") or {})
    _set_properties(issue, body.get("properties", []))
    return empty()


@api.get(f"{API}/issue/<key>/comment")
def list_comments(version: str, key: str) -> Response:
    """Comments page by page, oldest first unless ``orderBy=-created``."""
    issue = visible_issue(key)
    comments = list(reversed(issue.comments)) if request.args.get("orderBy") == "-created" else issue.comments
    start, size = number_argument("startAt", 0), number_argument("maxResults", 5000)
    shown = [shapes.comment(site(), issue, each, rich()) for each in comments[start : start + size]]
    return answer({"startAt": start, "maxResults": size, "total": len(comments), "comments": shown})


@api.post(f"{API}/issue/<key>/comment")
def add_comment(version: str, key: str) -> Response:
    """Add a comment."""
    body = json_body()
    issue = allowed_issue(key, "ADD_COMMENTS")
    found = site().add_comment(issue.id, actor(), _rich_text(body.get("body"), "comment"))
    told = {"key": "sd.public.comment", "value": {"internal": True}}
    found.internal = told in body.get("properties", [])
    return answer(shapes.comment(site(), issue, found, rich()), 201)


@api.post(f"{API}/issueLink")
def link_issues(version: str) -> Response:
    """Link two issues; the answer has no body."""
    body = json_body()
    ends = []
    for name in ("inwardIssue", "outwardIssue"):
        end = body.get(name) or {}
        ends.append(allowed_issue(str(end.get("id") or end.get("key") or ""), "LINK_ISSUES"))
    site().link_issues(str((body.get("type") or {}).get("name")), ends[0].id, ends[1].id)
    return empty(201)


@api.get(f"{API}/search")
@api.post(f"{API}/search")
def removed_search(version: str) -> Response:
    """Atlassian removed it in 2025."""
    message = (
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
        " A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
    )
    return answer({"errorMessages": [message], "errors": {}}, 410)
