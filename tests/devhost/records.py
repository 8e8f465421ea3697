"""The nouns of one Jira site as plain dataclasses, so that pages and REST answers read the same state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from tests.devhost.adf import Document

Json = dict[str, Any]


@dataclass
class User:
    """A person or an app account; ``account_id`` is the same on every site, as with Atlassian."""

    account_id: str
    display_name: str
    email: str
    locale: str = "en_US"
    time_zone: str = "Europe/Vienna"
    groups: set[str] = field(default_factory=set)  # "jira-admins" makes a Jira administrator
    account_type: Literal["atlassian", "app", "customer"] = "atlassian"
    active: bool = True
    email_visible: bool = False  # to apps: people hide their address unless they say otherwise
    properties: dict[str, Any] = field(default_factory=dict)
    shows_email: bool = False  # by the person's own choice; hidden from apps otherwise


@dataclass(frozen=True)
class Status:
    """A workflow status; ``category`` is Jira's key: new (to do), indeterminate (in progress) or done."""

    id: str
    name: str
    category: Literal["new", "indeterminate", "done"]


@dataclass(frozen=True)
class IssueType:
    """Story, Bug, Task, …"""

    id: str
    name: str
    description: str = ""
    subtask: bool = False


@dataclass(frozen=True)
class Transition:
    """One arrow of a workflow; ``from_ids`` None means from any status."""

    id: str
    name: str
    to_id: str
    from_ids: frozenset[str] | None = None

    def leaves(self, status_id: str) -> bool:
        """Can it be taken from that status?"""
        return self.from_ids is None or status_id in self.from_ids


@dataclass
class Version:
    """A release of a project."""

    id: str
    name: str
    released: bool = False
    release_date: date | None = None


@dataclass
class Project:
    """A company-managed project; ``roles`` maps account ids to "admin" or "member"."""

    id: str
    key: str
    name: str
    lead: str
    issue_type_ids: list[str]
    transitions: list[Transition]
    roles: dict[str, Literal["admin", "member"]] = field(default_factory=dict)
    description: str = ""
    project_type: str = "software"
    style: str = "classic"
    open_to_apps: bool = True  # False: an admin took the app out of this project's permissions
    versions: list[Version] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def status_ids(self) -> list[str]:
        """Statuses that the workflow can reach, in its order."""
        return list(dict.fromkeys(step.to_id for step in self.transitions))


@dataclass
class Comment:
    """A comment of an issue; ``body`` is an ADF document."""

    id: str
    author: str
    body: Document
    created: datetime
    updated: datetime
    internal: bool = False  # hidden from customers of a service desk


@dataclass
class History:
    """One entry of the change log; ``items`` are in the shape that REST and webhooks show."""

    id: str
    author: str
    created: datetime
    items: list[Json]


@dataclass
class Link:
    """A link between two issues, kept by both; ``outward`` is the id of the issue on the far end of the arrow."""

    id: str
    type_name: str
    inward: str
    outward: str


@dataclass
class Issue:
    """One issue. ``properties`` are the entity properties by key; old keys keep resolving after a move."""

    id: str
    key: str
    project_id: str
    type_id: str
    status_id: str
    summary: str
    reporter: str
    created: datetime
    updated: datetime
    description: Document | None = None
    assignee: str | None = None
    priority: str = "Medium"
    labels: list[str] = field(default_factory=list)
    due_date: date | None = None
    resolved: datetime | None = None
    fix_version_ids: list[str] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    changelog: list[History] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    old_keys: list[str] = field(default_factory=list)
    people: dict[str, list[str]] = field(default_factory=dict)  # custom field id → account ids
    rating: int | None = None  # of a service desk's request, by its reporter

    @property
    def number(self) -> int:
        """The figure in the key: 7 for DEMO-7."""
        return int(self.key.rpartition("-")[2])


@dataclass(frozen=True)
class PeopleField:
    """A custom field that holds one user or several; ``custom_type`` is Jira's word for its kind."""

    id: str  # customfield_10031
    name: str
    custom_type: str
    many: bool


@dataclass(frozen=True)
class AppField:
    """An issue field of the app that shows a value inside an issue property (``jiraIssueFields``, read_only)."""

    id: str  # customfield_10101
    key: str  # rapport-jira__satisfaction-score
    module_key: str
    name: str
    description: str
    property_key: str
    path: str
    type: Literal["number", "string", "date"]

    def value(self, issue: Issue) -> Any:
        """What the field shows, or None when the property or the path in it is missing."""
        return value_at(issue.properties.get(self.property_key), self.path)


def value_at(value: Any, path: str) -> Any:
    """Follow a dotted path through nested objects; None as soon as a step is missing."""
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


@dataclass
class InstalledApp:
    """What the site knows about the app while it is installed."""

    key: str
    base_url: str  # the descriptor's, without a trailing slash
    descriptor: Json
    shared_secret: str
    oauth_client_id: str
    account_id: str  # the app's own user
    installed_at: datetime
    enabled: bool = True
    forge: bool = False  # installed as a Forge app: this is only how the pages know it

    @property
    def scopes(self) -> frozenset[str]:
        """Scopes as declared, upper case."""
        return frozenset(scope.upper() for scope in self.descriptor.get("scopes", []))

    def modules(self, kind: str) -> list[Json]:
        """The modules of one kind (``jiraProjectPages`` …), also where the descriptor holds a single object."""
        found = self.descriptor.get("modules", {}).get(kind, [])
        return found if isinstance(found, list) else [found]

    def module(self, key: str) -> Json | None:
        """The module with that key, of whatever kind."""
        kinds = self.descriptor.get("modules", {})
        return next((each for kind in kinds for each in self.modules(kind) if each.get("key") == key), None)


@dataclass
class WireEntry:
    """One call between Jira and the app. ``problems`` lists how it breaks Atlassian's OpenAPI document."""

    at: datetime
    direction: Literal["to jira", "to app"]
    method: str
    url: str
    status: int | None = None  # None: no answer came
    note: str = ""
    problems: list[str] = field(default_factory=list)
    request_body: str = ""
    response_body: str = ""
    milliseconds: float = 0.0


@dataclass
class Faults:
    """Switches for a bad day. Everything off by default."""

    jira_status: int | None = None  # answer REST calls with this status, e.g. 503 or 429
    jira_path: str = ""  # … only where the path contains this text
    jira_times: int | None = None  # … only this many times, then well again
    retry_after_seconds: int | None = None
    rate_limit_reason: str = "jira-burst-based"  # sent with a 429
    jira_delay_seconds: float = 0.0
    withhold_webhooks: bool = False  # keep them until switched off
    duplicate_webhooks: bool = False  # send each twice
    reorder_webhooks: bool = False  # newest first among those that wait
    lose_webhooks: bool = False  # never send them
