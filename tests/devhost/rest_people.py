"""REST: users, and what they may do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from tests.devhost import shapes
from tests.devhost.errors import BadRequest, Forbidden, JiraError
from tests.devhost.records import Json, User
from tests.devhost.rest import actor, answer, caller, json_body, list_argument, number_argument, page_of, site
from tests.devhost.site import GLOBAL_PERMISSIONS, MEMBER_PERMISSIONS, PROJECT_ADMIN_PERMISSIONS

api = Blueprint("rest_people", __name__)
API = "/rest/api/<any('2', '3', 'latest'):version>"
PROJECT_PERMISSIONS = MEMBER_PERMISSIONS | PROJECT_ADMIN_PERMISSIONS
CHECK_LIMIT = 1000


@api.get(f"{API}/myself")
def get_myself(version: str) -> Response:
    """The caller, with their own e-mail address."""
    person = site().user(actor())
    return answer(_details(person) | {"emailAddress": person.email})


@api.get(f"{API}/user")
def get_user(version: str) -> Response:
    """One user by account id."""
    actor()
    return answer(_details(site().user(request.args.get("accountId", ""))))


def _details(person: User) -> Json:
    shown = {"emailAddress": person.email} if person.shows_email else {}
    return (shapes.user(site(), person.account_id) or {}) | {"locale": person.locale} | shown


@api.get(f"{API}/user/bulk")
def get_users(version: str) -> Response:
    """Several users by account id; unknown ones are left out."""
    actor()
    wanted = request.args.getlist("accountId")
    if not wanted:
        raise BadRequest("The accountId query parameter needs to be provided")
    known = [shapes.user(site(), each) for each in dict.fromkeys(wanted) if each in site().users]
    return answer(page_of(known, default_size=10))


@api.get(f"{API}/user/search")
def search_users(version: str) -> Response:
    """People by part of their name or e-mail address."""
    actor()
    return answer(_people([person for person in site().users.values() if person.account_type == "atlassian"]))


@api.get(f"{API}/user/assignable/search")
def search_assignable(version: str) -> Response:
    """People who can be assigned issues of a project (``project``) or of an issue's project (``issueKey``)."""
    actor()
    project = request.args.get("project")
    if project is None and "issueKey" not in request.args:
        raise BadRequest("Either the 'project' or the 'issueKey' query parameter is needed.")
    project_id = site().project(project).id if project else site().issue(request.args["issueKey"]).project_id
    people = [each for each in site().users.values() if each.account_type == "atlassian"]
    return answer(_people([each for each in people if site().may(each.account_id, "ASSIGNABLE_USER", project_id)]))


def _people(people: list[User]) -> list[Json | None]:
    words = request.args.get("query", "").lower()
    start, size = number_argument("startAt", 0), number_argument("maxResults", 50)
    found = [each for each in people if words in f"{each.display_name} {each.email}".lower()]
    return [shapes.user(site(), each.account_id) for each in found[start : start + size]]


@api.get(f"{API}/mypermissions")
def get_my_permissions(version: str) -> Response:
    """What the caller may do, on the site, in a project or on an issue; ``permissions`` is required."""
    asked = list_argument("permissions")
    if not asked:
        raise BadRequest("The 'permissions' query parameter is required.")
    _check_known(asked, PROJECT_PERMISSIONS | GLOBAL_PERMISSIONS)
    project_id = _asked_project()
    return answer({"permissions": {key: _permission(key, project_id) for key in asked}})


def _asked_project() -> str | None:
    args = request.args
    if issue := args.get("issueKey") or args.get("issueId"):
        return site().visible_issue(issue, caller().account_id).project_id
    if project := args.get("projectKey") or args.get("projectId"):
        return site().project(project).id
    return None


def _permission(key: str, project_id: str | None) -> Json:
    return {
        "id": str(sorted(PROJECT_PERMISSIONS | GLOBAL_PERMISSIONS).index(key)),
        "key": key,
        "name": key.replace("_", " ").capitalize(),
        "type": "GLOBAL" if key in GLOBAL_PERMISSIONS else "PROJECT",
        "description": "",
        "havePermission": site().may(caller().account_id, key, project_id),
    }


@api.post(f"{API}/permissions/check")
def check_permissions(version: str) -> Response:
    """What an account may do; about others only the app and Jira administrators may ask."""
    body = json_body()
    account_id = body.get("accountId") or actor()
    if account_id != caller().account_id and not caller().is_app and not site().may(actor(), "ADMINISTER"):
        raise Forbidden("You may not ask for the permissions of another user.")
    if account_id not in site().users:
        raise BadRequest(f"The account ID {account_id} is not valid.")
    asked = body.get("globalPermissions") or []
    _check_known(asked, GLOBAL_PERMISSIONS)
    granted = [key for key in asked if site().may(account_id, key)]
    grants = [grant for each in body.get("projectPermissions") or [] for grant in _grants(account_id, each)]
    return answer({"globalPermissions": granted, "projectPermissions": grants})


def _grants(account_id: str, asked: Json) -> list[Json]:
    """One entry for each permission, with the asked projects and issues on which it is held."""
    keys = asked.get("permissions") or []
    projects, issues = asked.get("projects") or [], asked.get("issues") or []
    _check_known(keys, PROJECT_PERMISSIONS)
    if max(len(projects), len(issues)) > CHECK_LIMIT:
        raise BadRequest(f"No more than {CHECK_LIMIT} projects and {CHECK_LIMIT} issues can be checked at once.")
    return [
        {
            "permission": key,
            "projects": [each for each in projects if site().may(account_id, key, str(each))],
            "issues": [each for each in issues if _holds_on_issue(account_id, key, each)],
        }
        for key in keys
    ]


def _holds_on_issue(account_id: str, key: str, issue_id: Any) -> bool:
    try:
        return site().may(account_id, key, site().issue(str(issue_id)).project_id)
    except JiraError:
        return False


def _check_known(asked: list[str], known: set[str]) -> None:
    unknown = [key for key in asked if key not in known]
    if unknown:
        raise BadRequest(f"Unrecognized permission{'s' if len(unknown) > 1 else ''}: {', '.join(unknown)}")
