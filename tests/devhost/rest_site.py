"""REST: the site itself, its fields, statuses and projects."""

from __future__ import annotations

from flask import Blueprint, Response, request

from tests.devhost import issue_shapes, shapes
from tests.devhost.errors import BadRequest, NotFound
from tests.devhost.records import Json, Project
from tests.devhost.rest import actor, answer, caller, list_argument, page_of, site

api = Blueprint("rest_site", __name__)
API = "/rest/api/<any('2', '3', 'latest'):version>"
BUILD_NUMBER = 100290


@api.get("/_edge/tenant_info")
def tenant_info() -> Response:
    """The cloud id, for anybody who asks."""
    return answer({"cloudId": site().cloud_id})


@api.get(f"{API}/serverInfo")
def server_info(version: str) -> Response:
    """What kind of Jira this is; readable without signing in."""
    now = shapes.date_time(site().clock())
    return answer(
        {
            "baseUrl": site().base_url,
            "displayUrl": site().display_url,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": BUILD_NUMBER,
            "buildDate": now,
            "serverTime": now,
            "scmInfo": "local-stand-in",
            "serverTitle": f"{site().name} (local stand-in, not Jira)",
            "defaultLocale": {"locale": "en_US"},
        }
    )


@api.get(f"{API}/field")
def list_fields(version: str) -> Response:
    """System fields and the app's."""
    return answer(issue_shapes.field_list(site()))


@api.get(f"{API}/status")
def list_statuses(version: str) -> Response:
    """Statuses of workflows in use."""
    actor()
    return answer([shapes.status(site(), each) for each in site().statuses.values()])


@api.get(f"{API}/priority")
def list_priorities(version: str) -> Response:
    """Highest to lowest."""
    actor()
    return answer([shapes.priority(site(), each) for each in shapes.PRIORITIES])


@api.get(f"{API}/issueLinkType")
def list_link_types(version: str) -> Response:
    """Kinds of links."""
    actor()
    kinds = [shapes.link_type(site(), name, *words) for name, words in site().link_types.items()]
    return answer({"issueLinkTypes": kinds})


@api.get(f"{API}/issuetype/project")
def list_project_issue_types(version: str) -> Response:
    """Issue types of one project."""
    project = visible_project(request.args.get("projectId", ""))
    return answer([shapes.issue_type(site(), site().issue_types[each]) for each in project.issue_type_ids])


@api.get(f"{API}/issuetype")
def list_issue_types(version: str) -> Response:
    """All issue types of the site."""
    actor()
    return answer([shapes.issue_type(site(), each) for each in site().issue_types.values()])


@api.get(f"{API}/project")
def list_projects(version: str) -> Response:
    """All projects that the caller may see."""
    return answer([_listed(each, []) for each in site().visible_projects(caller().account_id)])


@api.get(f"{API}/project/search")
def search_projects(version: str) -> Response:
    """Projects that the caller may see, filtered by ``id``, ``keys`` and ``query``."""
    wanted_ids, wanted_keys = list_argument("id"), list_argument("keys")
    words = request.args.get("query", "").lower()
    found = [
        each
        for each in site().visible_projects(caller().account_id)
        if (not wanted_ids or each.id in wanted_ids)
        and (not wanted_keys or each.key in wanted_keys)
        and words in f"{each.key} {each.name}".lower()
        and _may_act_on(each)
    ]
    keys = list_argument("properties")
    return answer(page_of([_listed(each, keys) for each in found]))


def _listed(project: Project, property_keys: list[str]) -> Json:
    expand = list_argument("expand")
    details = shapes.project_details(site(), project, property_keys)
    more = {"description", "lead", "issueTypes"} & set(expand)
    kept = {name: details[name] for name in more | {"style", "isPrivate", "properties"}}
    return shapes.project(site(), project) | kept


def _may_act_on(project: Project) -> bool:
    permission = {"edit": "ADMINISTER_PROJECTS", "create": "CREATE_ISSUES"}.get(request.args.get("action", ""))
    return permission is None or site().may(caller().account_id, permission, project.id)


@api.get(f"{API}/project/<key>")
def get_project(version: str, key: str) -> Response:
    """One project."""
    return answer(shapes.project_details(site(), visible_project(key), list_argument("properties")))


@api.get(f"{API}/project/<key>/statuses")
def list_project_statuses(version: str, key: str) -> Response:
    """Issue types of the project, each with the statuses of its workflow."""
    project = visible_project(key)
    statuses = [shapes.status(site(), site().statuses[each]) for each in project.status_ids]
    names = ("self", "id", "name", "subtask")
    types = [shapes.issue_type(site(), site().issue_types[each]) for each in project.issue_type_ids]
    return answer([{name: each[name] for name in names} | {"statuses": statuses} for each in types])


@api.get(f"{API}/project/<key>/versions")
def list_versions(version: str, key: str) -> Response:
    """All releases of a project."""
    return answer([shapes.version(site(), each) for each in visible_project(key).versions])


@api.get(f"{API}/project/<key>/version")
def page_versions(version: str, key: str) -> Response:
    """Releases of a project, page by page."""
    return answer(page_of([shapes.version(site(), each) for each in visible_project(key).versions]))


def visible_project(key: str) -> Project:
    """The project, `NotFound` as well if the caller may not see it."""
    if not key:
        raise BadRequest("A project is needed.")
    project = site().project(key)
    if not site().may(caller().account_id, "BROWSE_PROJECTS", project.id):
        raise NotFound(f"No project could be found with key '{key}'.")
    return project
