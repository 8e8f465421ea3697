"""Reads Jira's answers into jira_types: only the parts that we use, checked, and an error instead of a guess."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from connect.jira_reading import Account, Changelog, Raw, moment, read
from connect.jira_types import (
    Issue,
    IssuePage,
    IssueType,
    PeopleField,
    Project,
    Status,
    StatusChange,
    User,
    WorkflowRule,
)

ISSUE_FIELDS = "summary,status,issuetype,project,assignee,reporter,updated"
_CHANGES_OF_MANY = 40
_SERVICE_DESK = "service_desk"


class _Named(Raw):
    id: str
    name: str


class _Project(Raw):
    id: str
    key: str
    name: str
    lead: Account | None = None
    project_type_key: str = ""


class _Category(Raw):
    key: str


class _Status(Raw):
    id: str
    name: str
    status_category: _Category | None = None

    @property
    def category(self) -> str:
        return "undefined" if self.status_category is None else self.status_category.key


class _Fields(Raw):
    project: _Project
    issuetype: _Named
    status: _Status
    updated: str
    summary: str | None = None
    assignee: Account | None = None
    reporter: Account | None = None


class _Issue(Raw):
    id: str
    key: str
    fields: _Fields
    changelog: Changelog | None = None


class _Id(Raw):
    id: str


class _Page(Raw):
    issues: list[_Issue]
    next_page_token: str | None = None


class _Ids(Raw):
    issues: list[_Id]
    next_page_token: str | None = None


class _Fetched(Raw):
    issues: list[_Issue] = msgspec.field(default_factory=list)
    issue_errors: list[_Id] = msgspec.field(default_factory=list)


class _IssueType(Raw):
    id: str
    name: str
    subtask: bool = False


class _TypeWithStatuses(_IssueType):
    statuses: list[_Status] = msgspec.field(default_factory=list)


class _Schema(Raw):
    type: str = ""
    items: str = ""
    custom: str = ""


class _Field(Raw):
    id: str
    name: str
    schema: _Schema | None = None


class _ParsedQuery(Raw):
    errors: list[str] = msgspec.field(default_factory=list)


class _ParsedQueries(Raw):
    queries: list[_ParsedQuery]


class _Count(Raw):
    count: int


class _RuleConfiguration(Raw):
    value: str = ""
    disabled: bool = False


class _Rule(Raw):
    key: str
    configuration: _RuleConfiguration
    transition: dict[str, Any] = msgspec.field(default_factory=dict)


class _WorkflowId(Raw):
    name: str


class _RulesOfWorkflow(Raw):
    workflow_id: _WorkflowId
    conditions: list[_Rule] = msgspec.field(default_factory=list)
    validators: list[_Rule] = msgspec.field(default_factory=list)
    post_functions: list[_Rule] = msgspec.field(default_factory=list)


class _RulesPage(Raw):
    values: list[_RulesOfWorkflow] = msgspec.field(default_factory=list)
    is_last: bool = True


class _Users(Raw):
    values: list[Account]


class _Made(_Id):
    key: str


class _Property(Raw):
    value: dict[str, Any]


def issue(raw: Any, people_fields: Iterable[str] = ()) -> Issue:
    return _issue(read(raw, _Issue), _people(raw, people_fields))


def issue_page(raw: Any, people_fields: Iterable[str] = ()) -> IssuePage:
    page = read(raw, _Page)
    people = [_people(each, people_fields) for each in raw["issues"]]
    issues = tuple(_issue(found, who) for found, who in zip(page.issues, people, strict=True))
    return IssuePage(issues, page.next_page_token)


def ids_page(raw: Any) -> tuple[list[str], str | None]:
    page = read(raw, _Ids)
    return [found.id for found in page.issues], page.next_page_token


def fetched(raw: Any, people_fields: Iterable[str] = ()) -> tuple[list[Issue], list[str]]:
    """The issues that came, and the ids of those that Jira could not send with the others. The rest is gone."""
    found = read(raw, _Fetched)
    people = [_people(each, people_fields) for each in raw.get("issues", [])]
    issues = [_issue(each, who) for each, who in zip(found.issues, people, strict=True)]
    return issues, [each.id for each in found.issue_errors]


def _people(raw: Any, people_fields: Iterable[str]) -> dict[str, tuple[User, ...]]:
    """Who is in each of the fields, which hold one person, several or nobody."""
    fields = raw["fields"]
    return {field_id: _users(fields.get(field_id)) for field_id in people_fields}


def _users(value: Any) -> tuple[User, ...]:
    found = read([] if value is None else value if isinstance(value, list) else [value], list[Account])
    return tuple(_user(each) for each in found)


def _issue(found: _Issue, people: dict[str, tuple[User, ...]]) -> Issue:
    fields, log = found.fields, found.changelog or Changelog()
    return Issue(
        id=found.id,
        key=found.key,
        project_id=fields.project.id,
        project_key=fields.project.key,
        project_name=fields.project.name,
        issue_type_id=fields.issuetype.id,
        issue_type_name=fields.issuetype.name,
        status_id=fields.status.id,
        status_name=fields.status.name,
        summary=fields.summary or "",
        assignee_account_id=fields.assignee.account_id if fields.assignee else None,
        assignee_name=fields.assignee.display_name if fields.assignee else None,
        reporter_account_id=fields.reporter.account_id if fields.reporter else None,
        updated_at=moment(fields.updated),
        done=fields.status.category == "done",
        of_service_desk=fields.project.project_type_key == _SERVICE_DESK,
        changes=_status_changes(log),
        history_complete=found.changelog is not None and _is_whole(log),
        people=people,
    )


def _is_whole(log: Changelog) -> bool:
    """Where Jira does not count, as many as it gives at most with several issues may have been cut."""
    return len(log.histories) < _CHANGES_OF_MANY if log.total is None else log.total <= len(log.histories)


def _status_changes(log: Changelog) -> tuple[StatusChange, ...]:
    changes = [
        StatusChange(
            changelog_id=history.id,
            at=moment(history.created),
            actor_account_id=history.author.account_id if history.author else None,
            from_status_id=item.from_,
            to_status_id=item.to,
            to_status_name=item.to_string or "",
        )
        for history in log.histories
        for item in history.items
        if (item.field_id or item.field) == "status" and item.to
    ]
    return tuple(sorted(changes, key=lambda change: (change.at, len(change.changelog_id), change.changelog_id)))


def project(raw: Any, raw_types: Any) -> Project:
    found, types = read(raw, _Project), read(raw_types, list[_TypeWithStatuses])
    statuses = {
        status.id: Status(status.id, status.name, status.category) for kind in types for status in kind.statuses
    }
    return Project(
        id=found.id,
        key=found.key,
        name=found.name,
        lead_account_id=found.lead.account_id if found.lead else None,
        of_service_desk=found.project_type_key == _SERVICE_DESK,
        issue_types=tuple(IssueType(kind.id, kind.name, kind.subtask) for kind in types),
        statuses=tuple(statuses.values()),
    )


def user(raw: Any) -> User:
    return _user(read(raw, Account))


def users(raw: Any) -> list[User]:
    return [_user(found) for found in read(raw, _Users).values]


def _user(found: Account) -> User:
    return User(
        account_id=found.account_id,
        display_name=found.display_name,
        locale=found.locale or None,
        time_zone=found.time_zone or None,
        email=found.email_address or "",
        account_type=found.account_type,
        active=found.active,
    )


def people_fields(raw: Any) -> list[PeopleField]:
    """Those of all fields that hold users."""
    return [
        PeopleField(field.id, field.name, field.schema.custom)
        for field in read(raw, list[_Field])
        if field.schema is not None and "user" in (field.schema.type, field.schema.items)
    ]


def issue_types(raw: Any) -> list[IssueType]:
    return [IssueType(kind.id, kind.name, kind.subtask) for kind in read(raw, list[_IssueType])]


def workflow_rules(raw: Any) -> tuple[list[WorkflowRule], bool]:
    """The rules of one page, and whether it is the last."""
    page = read(raw, _RulesPage)
    found = [
        WorkflowRule(
            workflow=of.workflow_id.name,
            transition=str(rule.transition.get("name", "")),
            kind=kind,
            module_key=rule.key,
            config=rule.configuration.value,
            disabled=rule.configuration.disabled,
        )
        for of in page.values
        for kind, rules in (
            ("condition", of.conditions),
            ("validator", of.validators),
            ("post function", of.post_functions),
        )
        for rule in rules
    ]
    return found, page.is_last


def jql_errors(raw: Any) -> tuple[str, ...]:
    return tuple(error[:500] for query in read(raw, _ParsedQueries).queries for error in query.errors)


def count(raw: Any) -> int:
    return read(raw, _Count).count


def property_value(raw: Any) -> dict[str, Any]:
    return read(raw, _Property).value


def made_issue(raw: Any) -> tuple[str, str]:
    """Id and key."""
    found = read(raw, _Made)
    return found.id, found.key


def text_id(raw: Any) -> str:
    return read(raw, _Id).id
