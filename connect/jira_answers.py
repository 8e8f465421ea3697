"""Reads Jira's answers into jira_types: only the parts that we use, checked, and an error instead of a guess."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from connect.errors import JiraUnreachable
from connect.jira_types import Issue, IssueType, Project, Status, StatusChange, User

ISSUE_FIELDS = "summary,status,issuetype,project,assignee,reporter,updated"
Shape = TypeVar("Shape")


class _Raw(msgspec.Struct, rename="camel"):
    """Base of what is read: camelCase names, everything else ignored."""


class _Account(_Raw):
    account_id: str
    display_name: str = ""
    locale: str | None = None
    time_zone: str | None = None


class _Named(_Raw):
    id: str
    name: str
    key: str = ""


class _Fields(_Raw):
    project: _Named
    issuetype: _Named
    status: _Named
    updated: str
    summary: str | None = None
    assignee: _Account | None = None
    reporter: _Account | None = None


class _Item(_Raw):
    field: str = ""
    field_id: str | None = None
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None


class _History(_Raw):
    id: str
    created: str
    author: _Account | None = None
    items: list[_Item] = []


class _Changelog(_Raw):
    histories: list[_History] = []
    total: int = 0


class _Issue(_Raw):
    id: str
    key: str
    fields: _Fields
    changelog: _Changelog | None = None


class _Page(_Raw):
    issues: list[_Issue]
    next_page_token: str | None = None


class SearchPage(msgspec.Struct, frozen=True):
    """One page of a search; `next_page_token` is None on the last."""

    issues: list[Issue]
    next_page_token: str | None


class _Project(_Raw):
    id: str
    key: str
    name: str
    lead: _Account | None = None


class _Category(_Raw):
    key: str = "undefined"


class _Status(_Raw):
    id: str
    name: str
    status_category: _Category | None = None


class _TypeWithStatuses(_Raw):
    id: str
    name: str
    statuses: list[_Status] = []


class _Property(_Raw):
    value: dict[str, Any]


class _Id(_Raw):
    id: str


def issue(raw: Any) -> Issue:
    return _issue(_read(raw, _Issue))


def search_page(raw: Any) -> SearchPage:
    page = _read(raw, _Page)
    return SearchPage([_issue(found) for found in page.issues], page.next_page_token)


def _issue(found: _Issue) -> Issue:
    fields, log = found.fields, found.changelog or _Changelog()
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
        updated_at=_time(fields.updated),
        changes=_status_changes(log),
        history_complete=found.changelog is not None and log.total <= len(log.histories),
    )


def _status_changes(log: _Changelog) -> tuple[StatusChange, ...]:
    changes = [
        StatusChange(
            changelog_id=history.id,
            at=_time(history.created),
            actor_account_id=history.author.account_id if history.author else None,
            from_status_id=item.from_,
            to_status_id=item.to,
        )
        for history in log.histories
        for item in history.items
        if (item.field_id or item.field) == "status" and item.to
    ]
    return tuple(sorted(changes, key=lambda change: (change.at, len(change.changelog_id), change.changelog_id)))


def project(raw: Any, raw_types: Any) -> Project:
    found, types = _read(raw, _Project), _read(raw_types, list[_TypeWithStatuses])
    statuses = {
        status.id: Status(status.id, status.name, (status.status_category or _Category()).key)
        for kind in types
        for status in kind.statuses
    }
    return Project(
        id=found.id,
        key=found.key,
        name=found.name,
        lead_account_id=found.lead.account_id if found.lead else None,
        issue_types=tuple(IssueType(kind.id, kind.name) for kind in types),
        statuses=tuple(statuses.values()),
    )


def user(raw: Any) -> User:
    found = _read(raw, _Account)
    return User(found.account_id, found.display_name, found.locale or None, found.time_zone or None)


def property_value(raw: Any) -> dict[str, Any]:
    return _read(raw, _Property).value


def text_id(raw: Any) -> str:
    return _read(raw, _Id).id


def _read(raw: Any, shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError:
        raise JiraUnreachable("unexpected_answer") from None


def _time(text: str) -> datetime:
    """Jira writes 2026-11-20T10:15:30.123+0000."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise JiraUnreachable("unexpected_answer") from None
