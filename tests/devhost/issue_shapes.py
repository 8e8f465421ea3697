"""The JSON of issues, their fields and links, and the list of all fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.devhost import shapes
from tests.devhost.records import AppField, Issue, Json, Link, PeopleField

if TYPE_CHECKING:
    from tests.devhost.site import Site


def link(site: Site, issue: Issue, found: Link) -> Json:
    """A link as seen from one of its two issues."""
    inward, outward = site.link_types[found.type_name]
    far_end, other_id = ("outwardIssue", found.outward) if issue.id == found.inward else ("inwardIssue", found.inward)
    other = site.issues[other_id]
    names = ("summary", "status", "priority", "issuetype")
    return {
        "id": found.id,
        "self": shapes.link_to(site, f"issueLink/{found.id}"),
        "type": shapes.link_type(site, found.type_name, inward, outward),
        far_end: {
            "id": other.id,
            "key": other.key,
            "self": shapes.link_to(site, f"issue/{other.id}"),
            "fields": {name: FIELDS[name].read(site, other, "document") for name in names},
        },
    }


def _resolution(site: Site, issue: Issue) -> Json | None:
    if issue.resolved is None:
        return None
    return {
        "self": shapes.link_to(site, "resolution/10000"),
        "id": "10000",
        "description": "Work is done.",
        "name": "Done",
    }


def _links(site: Site, issue: Issue) -> list[Json]:
    return [link(site, issue, each) for each in site.links.values() if issue.id in (each.inward, each.outward)]


def _comments(site: Site, issue: Issue, rich: shapes.Rich) -> Json:
    shown = [shapes.comment(site, issue, each, rich) for each in issue.comments]
    return {
        "comments": shown,
        "self": shapes.link_to(site, f"issue/{issue.id}/comment", rich),
        "maxResults": len(shown),
        "total": len(shown),
        "startAt": 0,
    }


def _fix_versions(site: Site, issue: Issue) -> list[Json]:
    known = site.projects[issue.project_id].versions
    return [shapes.version(site, each) for each in known if each.id in issue.fix_version_ids]


@dataclass(frozen=True)
class SystemField:
    """One of Jira's own fields: its name, the type in its schema, and how it reads from an issue."""

    name: str
    type: str
    read: Callable[[Site, Issue, shapes.Rich], Any]


FIELDS = {
    "summary": SystemField("Summary", "string", lambda site, issue, rich: issue.summary),
    "description": SystemField(
        "Description", "string", lambda site, issue, rich: shapes.rich_text(issue.description, rich)
    ),
    "issuetype": SystemField(
        "Issue Type", "issuetype", lambda site, issue, rich: shapes.issue_type(site, site.issue_types[issue.type_id])
    ),
    "project": SystemField(
        "Project", "project", lambda site, issue, rich: shapes.project(site, site.projects[issue.project_id])
    ),
    "status": SystemField(
        "Status", "status", lambda site, issue, rich: shapes.status(site, site.statuses[issue.status_id])
    ),
    "priority": SystemField("Priority", "priority", lambda site, issue, rich: shapes.priority(site, issue.priority)),
    "resolution": SystemField("Resolution", "resolution", lambda site, issue, rich: _resolution(site, issue)),
    "resolutiondate": SystemField(
        "Resolved", "datetime", lambda site, issue, rich: shapes.date_time(issue.resolved) if issue.resolved else None
    ),
    "assignee": SystemField("Assignee", "user", lambda site, issue, rich: shapes.user(site, issue.assignee)),
    "reporter": SystemField("Reporter", "user", lambda site, issue, rich: shapes.user(site, issue.reporter)),
    "creator": SystemField("Creator", "user", lambda site, issue, rich: shapes.user(site, issue.reporter)),
    "created": SystemField("Created", "datetime", lambda site, issue, rich: shapes.date_time(issue.created)),
    "updated": SystemField("Updated", "datetime", lambda site, issue, rich: shapes.date_time(issue.updated)),
    "duedate": SystemField(
        "Due date", "date", lambda site, issue, rich: issue.due_date.isoformat() if issue.due_date else None
    ),
    "labels": SystemField("Labels", "array", lambda site, issue, rich: list(issue.labels)),
    "fixVersions": SystemField("Fix versions", "array", lambda site, issue, rich: _fix_versions(site, issue)),
    "components": SystemField("Components", "array", lambda site, issue, rich: []),
    "issuelinks": SystemField("Linked Issues", "array", lambda site, issue, rich: _links(site, issue)),
    "subtasks": SystemField("Sub-tasks", "array", lambda site, issue, rich: []),
    "comment": SystemField("Comment", "comments-page", _comments),
}
NOT_NAVIGABLE = {"comment"}  # left out of *navigable and of webhooks


def fields(
    site: Site, issue: Issue, wanted: Iterable[str], rich: shapes.Rich = "document", *, by_keys: bool = False
) -> Json:
    """The ``fields`` of an issue. *wanted*: ids, ``*all``, ``*navigable``, and ``-id`` to leave one out.

    With *by_keys* the app's fields are asked for and shown by key instead of by id.
    """
    wanted = list(wanted)
    shown = {name: each.read(site, issue, rich) for name, each in FIELDS.items() if _is_wanted(name, wanted)}
    names = {each.key if by_keys else each.id: each for each in site.app_fields()}
    people = {each.id: each for each in site.people_fields.values() if _is_wanted(each.id, wanted)}
    shown |= {field_id: _people(site, issue, each) for field_id, each in people.items()}
    return shown | {name: each.value(issue) for name, each in names.items() if _is_wanted(name, wanted)}


def _people(site: Site, issue: Issue, found: PeopleField) -> Any:
    users = [shapes.user(site, account_id) for account_id in issue.people.get(found.id, [])]
    if found.many:
        return users
    return users[0] if users else None


def _is_wanted(name: str, wanted: list[str]) -> bool:
    if f"-{name}" in wanted:
        return False
    only_exclusions = all(each.startswith("-") for each in wanted)
    navigable = "*navigable" in wanted and name not in NOT_NAVIGABLE
    return name in wanted or "*all" in wanted or navigable or only_exclusions


def issue(
    site: Site,
    found: Issue,
    wanted: Iterable[str] = ("*navigable",),
    rich: shapes.Rich = "document",
    *,
    by_keys: bool = False,
    property_keys: Iterable[str] = (),
    expand: Iterable[str] = (),
) -> Json:
    """An issue; ``changelog`` and ``names`` only when *expand* asks, newest change first."""
    shown: Json = {"expand": "names,changelog", "id": found.id, "self": shapes.link_to(site, f"issue/{found.id}", rich)}
    shown |= {"key": found.key, "fields": fields(site, found, wanted, rich, by_keys=by_keys)}
    kept = {key: found.properties[key] for key in property_keys if key in found.properties}
    if kept:
        shown["properties"] = kept
    if "changelog" in expand:
        entries = [shapes.history(site, each) for each in reversed(found.changelog)]
        shown["changelog"] = {"startAt": 0, "maxResults": len(entries), "total": len(entries), "histories": entries}
    if "names" in expand:
        shown["names"] = {each["id"]: each["name"] for each in field_list(site) if each["id"] in shown["fields"]}
    return shown


def field_list(site: Site) -> list[Json]:
    """All issue fields, the app's last."""
    return [
        *(_system_field(field_id, each) for field_id, each in FIELDS.items()),
        *(_people_field(each) for each in site.people_fields.values()),
        *(_app_field(each) for each in site.app_fields()),
    ]


def _system_field(field_id: str, found: SystemField) -> Json:
    items = {"items": "string"} if found.type == "array" else {}
    return {
        "id": field_id,
        "key": field_id,
        "name": found.name,
        "custom": False,
        "orderable": True,
        "navigable": field_id not in NOT_NAVIGABLE,
        "searchable": True,
        "clauseNames": [field_id],
        "schema": {"type": found.type, "system": field_id, **items},
    }


def _people_field(found: PeopleField) -> Json:
    number = int(found.id.removeprefix("customfield_"))
    kind = {"type": "array", "items": "user"} if found.many else {"type": "user"}
    return {
        "id": found.id,
        "key": found.id,
        "name": found.name,
        "untranslatedName": found.name,
        "custom": True,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [f"cf[{number}]", found.name],
        "schema": {**kind, "custom": found.custom_type, "customId": number},
    }


def _app_field(found: AppField) -> Json:
    number = int(found.id.removeprefix("customfield_"))
    return {
        "id": found.id,
        "key": found.key,
        "name": found.name,
        "untranslatedName": found.name,
        "custom": True,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [f"cf[{number}]", found.name],
        "schema": {
            "type": "datetime" if found.type == "date" else found.type,
            "custom": f"com.atlassian.plugins.atlassian-connect-plugin:{found.key}",
            "customId": number,
        },
    }
