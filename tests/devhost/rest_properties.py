"""REST: entity properties of issues, projects, users and of the app itself, one set of rules for all four."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from tests.devhost.contract import read_json
from tests.devhost.errors import BadRequest, Forbidden, NotFound, Unauthorized
from tests.devhost.rest import actor, answer, caller, empty, site
from tests.devhost.rest_issues import allowed_issue, visible_issue
from tests.devhost.rest_site import visible_project

api = Blueprint("rest_properties", __name__)
API = "/rest/api/<any('2', '3', 'latest'):version>"
ADDON = "/rest/atlassian-connect/<any('1', 'latest'):version>/addons/<addon_key>/properties"
VALUE_LIMIT = 32_768  # characters of JSON
KEY_LIMIT = 255
DASHBOARD_ID = "10000"  # the one there is


def property_value(key: str) -> Any:
    """The value in the body: any JSON, not empty, within the limits."""
    if len(key) > KEY_LIMIT:
        raise BadRequest(f"The property key cannot be longer than {KEY_LIMIT} characters.")
    text = request.get_data(as_text=True)
    if len(text) > VALUE_LIMIT:
        raise BadRequest(f"The property value cannot be longer than {VALUE_LIMIT} characters.")
    try:
        return read_json(request.get_data())
    except ValueError:
        raise BadRequest("The property value must be a valid, non-empty JSON.") from None


def listing(values: dict[str, Any]) -> Response:
    """Keys with links to themselves."""
    here = site().base_url + request.path
    return answer({"keys": [{"self": f"{here}/{quote(key, safe='')}", "key": key} for key in values]})


def one(values: dict[str, Any], key: str) -> Response:
    """A property, or `NotFound`."""
    if key not in values:
        raise NotFound(f"The property with key '{key}' does not exist.")
    return answer({"key": key, "value": values[key]})


def put(values: dict[str, Any], key: str) -> bool:
    """Store the body; True when the property is new."""
    value = property_value(key)
    is_new = key not in values
    values[key] = value
    return is_new


def remove(values: dict[str, Any], key: str) -> Response:
    """Delete a property, or `NotFound`."""
    if values.pop(key, KeyError) is KeyError:
        raise NotFound(f"The property with key '{key}' does not exist.")
    return empty()


@api.get(f"{API}/issue/<issue>/properties")
def list_issue_properties(version: str, issue: str) -> Response:
    """Keys of an issue's properties."""
    return listing(visible_issue(issue).properties)


@api.get(f"{API}/issue/<issue>/properties/<key>")
def get_issue_property(version: str, issue: str, key: str) -> Response:
    """One property of an issue."""
    return one(visible_issue(issue).properties, key)


@api.put(f"{API}/issue/<issue>/properties/<key>")
def put_issue_property(version: str, issue: str, key: str) -> Response:
    """Set a property of an issue: 201 when new, else 200."""
    found = allowed_issue(issue, "EDIT_ISSUES")
    return empty(201 if site().set_issue_property(found.id, key, property_value(key), actor()) else 200)


@api.delete(f"{API}/issue/<issue>/properties/<key>")
def delete_issue_property(version: str, issue: str, key: str) -> Response:
    """Remove a property of an issue."""
    site().delete_issue_property(allowed_issue(issue, "EDIT_ISSUES").id, key, actor())
    return empty()


@api.get(f"{API}/project/<project>/properties")
def list_project_properties(version: str, project: str) -> Response:
    """Keys of a project's properties."""
    return listing(visible_project(project).properties)


@api.get(f"{API}/project/<project>/properties/<key>")
def get_project_property(version: str, project: str, key: str) -> Response:
    """One property of a project."""
    return one(visible_project(project).properties, key)


@api.put(f"{API}/project/<project>/properties/<key>")
def put_project_property(version: str, project: str, key: str) -> Response:
    """Set a property of a project that the caller administers."""
    return empty(201 if put(_administered(project), key) else 200)


@api.delete(f"{API}/project/<project>/properties/<key>")
def delete_project_property(version: str, project: str, key: str) -> Response:
    """Remove a property of a project that the caller administers."""
    return remove(_administered(project), key)


def _administered(key: str) -> dict[str, Any]:
    project = visible_project(key)
    if not site().may(actor(), "ADMINISTER_PROJECTS", project.id):
        raise Forbidden("You do not have permission to administer this project.")
    return project.properties


@api.get(f"{API}/user/properties")
def list_user_properties(version: str) -> Response:
    """Keys of a user's properties."""
    return listing(_user_properties())


@api.get(f"{API}/user/properties/<key>")
def get_user_property(version: str, key: str) -> Response:
    """One property of a user."""
    return one(_user_properties(), key)


@api.put(f"{API}/user/properties/<key>")
def put_user_property(version: str, key: str) -> Response:
    """Set a property of a user."""
    return empty(201 if put(_user_properties(), key) else 200)


@api.delete(f"{API}/user/properties/<key>")
def delete_user_property(version: str, key: str) -> Response:
    """Remove a property of a user."""
    return remove(_user_properties(), key)


def _user_properties() -> dict[str, Any]:
    """Of oneself; the app and Jira administrators reach those of everybody."""
    account_id = request.args.get("accountId") or actor()
    if account_id != actor() and not caller().is_app and not site().may(actor(), "ADMINISTER"):
        raise Forbidden("You may not see or change the properties of this user.")
    return site().user(account_id).properties


@api.get(ADDON)
def list_app_properties(version: str, addon_key: str) -> Response:
    """Keys of the app's properties."""
    return listing(_app_properties(addon_key))


@api.get(f"{ADDON}/<key>")
def get_app_property(version: str, addon_key: str, key: str) -> Response:
    """One property of the app."""
    return one(_app_properties(addon_key), key)


@api.put(f"{ADDON}/<key>")
def put_app_property(version: str, addon_key: str, key: str) -> Response:
    """Set a property of the app; unlike the others, the answer has a body."""
    is_new = put(_app_properties(addon_key), key)
    status = 201 if is_new else 200
    return answer({"message": f"Property {'created' if is_new else 'updated'}", "statusCode": status}, status)


@api.delete(f"{ADDON}/<key>")
def delete_app_property(version: str, addon_key: str, key: str) -> Response:
    """Remove a property of the app."""
    return remove(_app_properties(addon_key), key)


def _app_properties(addon_key: str) -> dict[str, Any]:
    """Only the app itself reaches them."""
    app = site().app
    if not caller().is_app or app is None or app.key != addon_key:
        raise Unauthorized("Only the app itself may use its properties.")
    return site().app_properties


DASHBOARD = f"{API}/dashboard/<dashboard>/items/<item>/properties/<key>"


def _item(dashboard: str, item: str) -> dict[str, Any]:
    if dashboard != DASHBOARD_ID:
        raise NotFound("The dashboard with id '" + dashboard + "' does not exist.")
    return site().dashboard_items.setdefault(item, {})


@api.get(DASHBOARD)
def get_dashboard_item_property(version: str, dashboard: str, item: str, key: str) -> Response:
    """One property of an item on a dashboard."""
    actor()
    return one(_item(dashboard, item), key)


@api.put(DASHBOARD)
def put_dashboard_item_property(version: str, dashboard: str, item: str, key: str) -> Response:
    """Set a property of an item on a dashboard that the caller may edit: here, Jira administrators."""
    if not site().may(actor(), "ADMINISTER"):
        raise Forbidden("The dashboard is not editable by this user.")
    return empty(201 if put(_item(dashboard, item), key) else 200)
