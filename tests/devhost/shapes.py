"""The JSON that REST answers and webhooks share: users, projects, statuses, issues as Jira writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tests.devhost import adf
from tests.devhost.records import Comment, History, Issue, IssueType, Json, Project, Status, Version

if TYPE_CHECKING:
    from tests.devhost.site import Site

Rich = Literal["document", "text"]  # API version 3 shows documents, version 2 and webhooks show text
TIME_ZONE = ZoneInfo("Europe/Vienna")  # the site's; not UTC, so that whoever drops the offset is found out
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")  # ids "1" to "5", in this order
CATEGORIES = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}


def date_time(moment: datetime) -> str:
    """``2026-11-22T13:45:24.000+0100``: no colon in the offset, which is not RFC 3339."""
    local = moment.astimezone(TIME_ZONE)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def link_to(site: Site, path: str, rich: Rich = "document") -> str:
    """A ``self`` link."""
    return f"{site.base_url}/rest/api/{3 if rich == 'document' else 2}/{path}"


def user(site: Site, account_id: str | None) -> Json | None:
    """A user as inside issues and lists; None stays None. E-mail addresses are private unless the person shows theirs."""
    if account_id is None:
        return None
    person = site.users[account_id]
    picture = f"{site.base_url}/avatar/{quote(account_id, safe='')}"
    return {
        "self": link_to(site, f"user?accountId={quote(account_id, safe='')}"),
        "accountId": account_id,
        "accountType": person.account_type,
        "avatarUrls": {f"{size}x{size}": f"{picture}?size={size}" for size in (16, 24, 32, 48)},
        "displayName": person.display_name,
        "active": person.active,
        "timeZone": person.time_zone,
        **({"emailAddress": person.email} if person.email_visible else {}),
    }


def status(site: Site, found: Status) -> Json:
    """A status with its category."""
    number, name, colour = CATEGORIES[found.category]
    return {
        "self": link_to(site, f"status/{found.id}"),
        "description": "",
        "iconUrl": f"{site.base_url}/",
        "name": found.name,
        "id": found.id,
        "statusCategory": {
            "self": link_to(site, f"statuscategory/{number}"),
            "id": number,
            "key": found.category,
            "colorName": colour,
            "name": name,
        },
    }


def issue_type(site: Site, found: IssueType) -> Json:
    """An issue type."""
    return {
        "self": link_to(site, f"issuetype/{found.id}"),
        "id": found.id,
        "description": found.description,
        "iconUrl": f"{site.base_url}/",
        "name": found.name,
        "subtask": found.subtask,
        "hierarchyLevel": -1 if found.subtask else 0,
    }


def priority(site: Site, name: str) -> Json:
    """A priority, by name."""
    number = PRIORITIES.index(name) + 1
    return {
        "self": link_to(site, f"priority/{number}"),
        "iconUrl": f"{site.base_url}/",
        "name": name,
        "id": str(number),
    }


def version(site: Site, found: Version) -> Json:
    """A release."""
    released = {"releaseDate": found.release_date.isoformat()} if found.release_date else {}
    return {
        "self": link_to(site, f"version/{found.id}"),
        "id": found.id,
        "name": found.name,
        "archived": False,
        "released": found.released,
        **released,
    }


def project(site: Site, found: Project) -> Json:
    """A project as inside issues."""
    picture = f"{site.base_url}/avatar/project-{found.id}"
    return {
        "self": link_to(site, f"project/{found.id}"),
        "id": found.id,
        "key": found.key,
        "name": found.name,
        "projectTypeKey": found.project_type,
        "simplified": False,
        "avatarUrls": {f"{size}x{size}": f"{picture}?size={size}" for size in (16, 24, 32, 48)},
    }


def project_details(site: Site, found: Project, property_keys: Iterable[str] = ()) -> Json:
    """A project on its own."""
    properties = {key: found.properties[key] for key in property_keys if key in found.properties}
    types = [issue_type(site, site.issue_types[each]) for each in found.issue_type_ids]
    return project(site, found) | {
        "description": found.description,
        "lead": user(site, found.lead),
        "components": [],
        "issueTypes": types,
        "assigneeType": "UNASSIGNED",
        "versions": [version(site, each) for each in found.versions],
        "roles": {},
        "style": found.style,
        "isPrivate": False,
        "properties": properties,
    }


def comment(site: Site, issue: Issue, found: Comment, rich: Rich = "document") -> Json:
    """A comment."""
    return {
        "self": link_to(site, f"issue/{issue.id}/comment/{found.id}", rich),
        "id": found.id,
        "author": user(site, found.author),
        "body": rich_text(found.body, rich),
        "updateAuthor": user(site, found.author),
        "created": date_time(found.created),
        "updated": date_time(found.updated),
        "jsdPublic": not found.internal,
    }


def history(site: Site, found: History) -> Json:
    """An entry of the change log."""
    return {
        "id": found.id,
        "author": user(site, found.author),
        "created": date_time(found.created),
        "items": found.items,
    }


def link_type(site: Site, name: str, inward: str, outward: str) -> Json:
    """A kind of link between issues."""
    number = str(10000 + list(site.link_types).index(name))
    return {
        "id": number,
        "name": name,
        "inward": inward,
        "outward": outward,
        "self": link_to(site, f"issueLinkType/{number}"),
    }


def rich_text(document: adf.Document | None, rich: Rich) -> Any:
    """A document, or its words where the version wants text."""
    return document if document is None or rich == "document" else adf.plain(document)
