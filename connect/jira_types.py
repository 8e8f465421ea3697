"""What Jira answers, as far as the product needs it: frozen, typed, with ids as Jira spells them ("10007")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One recorded move of an issue from one status to another. `at` is aware UTC."""

    changelog_id: str
    at: datetime
    actor_account_id: str | None
    from_status_id: str | None
    to_status_id: str
    to_status_name: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A Jira account. `locale` ("de_DE") and `time_zone` ("Europe/Berlin") are None where the person hides them, and
    `email` is "". `account_type` is atlassian, customer (of a service desk, without a licence) or app.
    """

    account_id: str
    display_name: str
    locale: str | None
    time_zone: str | None
    email: str = ""
    account_type: str = "atlassian"
    active: bool = True


@dataclass(frozen=True, slots=True)
class WorkflowRule:
    """A rule of this app on a transition. `kind`: condition, validator or post function. `config`: what its page saved."""

    workflow: str
    transition: str
    kind: str
    module_key: str
    config: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it is now. `changes` is its history of statuses, oldest first, as far as Jira sent it.

    `history_complete` is False where Jira holds more history than it sends with the issue. `people`: who is in those
    fields that were asked for, by field id. `of_service_desk`: its project serves requests, which are rated there.
    """

    id: str
    key: str
    project_id: str
    project_key: str
    project_name: str
    issue_type_id: str
    issue_type_name: str
    status_id: str
    status_name: str
    summary: str
    assignee_account_id: str | None
    assignee_name: str | None
    reporter_account_id: str | None
    updated_at: datetime
    changes: tuple[StatusChange, ...] = ()
    history_complete: bool = True
    people: Mapping[str, tuple[User, ...]] = field(default_factory=dict)
    done: bool = False
    of_service_desk: bool = False


@dataclass(frozen=True, slots=True)
class IssuePage:
    """One page of a search; `next_page_token` is None on the last."""

    issues: tuple[Issue, ...]
    next_page_token: str | None


@dataclass(frozen=True, slots=True)
class PeopleField:
    """A field of the site that holds users: "reporter", "customfield_10010". `custom_type` is Jira's own word."""

    id: str
    name: str
    custom_type: str


@dataclass(frozen=True, slots=True)
class IssueType:
    """A kind of issue of one project."""

    id: str
    name: str
    subtask: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """A status that issues of a project can have. `category` is Jira's: new, indeterminate, done or undefined."""

    id: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project with the kinds of issue and the statuses that its workflows know."""

    id: str
    key: str
    name: str
    lead_account_id: str | None
    issue_types: tuple[IssueType, ...]
    statuses: tuple[Status, ...]
    of_service_desk: bool = False


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue to be made. `description` is an Atlassian document; `relates_to` is the key of an issue to link, or ""."""

    project_id: str
    issue_type_id: str
    summary: str
    description: Mapping[str, object]
    labels: tuple[str, ...] = ()
    due_on: date | None = None
    assignee_account_id: str | None = None
    relates_to: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A release of a project; the date is None where nobody has entered one."""

    id: str
    name: str
    released: bool
    release_on: date | None


@dataclass(frozen=True, slots=True)
class DueChange:
    """Somebody changed the due date of an issue. Either date is None where there was none."""

    issue_key: str
    at: datetime
    before: date | None
    after: date | None
