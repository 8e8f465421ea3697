"""Jira of one tenant, in the words of the product: typed answers, one error tree, no quirks of the libraries.

`jira` serves issues, search, comments and users; `atlassian-python-api` properties, projects and permissions.
Each call takes at most 10 s, is never repeated here, and raises nothing but JiraError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from connect import jira_answers
from connect.errors import JiraNotFound, JiraUnreachable
from connect.jira_types import Issue, Project, User

if TYPE_CHECKING:
    from connect.jira_clients import Clients

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")
_PAGE_SIZE = 100
_PAGES = 100
# What a library may raise over an answer that is JSON but not what it expects.
_MISREAD = (ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError, RecursionError)
Answer = TypeVar("Answer")


class JiraSite:
    """One site. Made by `Connect.site(tenant)` for use in one thread. Ids may be given as ids or keys."""

    def __init__(self, clients: Clients) -> None:
        self._issues = clients.issues
        self._platform = clients.platform

    def get_issue(self, issue_id: str) -> Issue:
        """The issue with its status changes (the newest hundred changes of any kind)."""
        segment = _segment(issue_id)
        raw = _call(lambda: self._issues.issue(segment, fields=jira_answers.ISSUE_FIELDS, expand="changelog").raw)
        return jira_answers.issue(raw)

    def search_issues(self, jql: str, *, limit: int = 100, with_changes: bool = False) -> list[Issue]:
        """At most `limit` issues in the order of the JQL, which must be bounded. `with_changes`: with their history."""
        found: list[Issue] = []
        token: str | None = None
        for _ in range(_PAGES):
            page = self._search_page(jql, token, min(limit - len(found), _PAGE_SIZE), with_changes=with_changes)
            found.extend(page.issues)
            token = page.next_page_token
            if token is None or len(found) >= limit:
                break
        return found[:limit]

    def _search_page(self, jql: str, token: str | None, size: int, *, with_changes: bool) -> jira_answers.SearchPage:
        raw = _call(
            lambda: self._issues.enhanced_search_issues(
                jql,
                nextPageToken=token,
                maxResults=size,
                fields=jira_answers.ISSUE_FIELDS,
                expand="changelog" if with_changes else None,
                json_result=True,
            )
        )
        return jira_answers.search_page(raw)

    def add_comment(self, issue_id: str, adf: Mapping[str, Any]) -> str:
        """Comment as the app. `adf`: an Atlassian document. Returns the comment's id. Sent twice, it is there twice."""
        segment = _segment(issue_id)
        return jira_answers.text_id(_call(lambda: self._issues.add_comment(segment, dict(adf)).raw))

    def get_user(self, account_id: str) -> User:
        return jira_answers.user(_call(lambda: self._issues.user(account_id).raw))

    def get_project(self, project_id: str) -> Project:
        """The project with its issue types and statuses: two calls."""
        segment = _segment(project_id)
        project = _call(lambda: self._platform.get_project(segment))
        return jira_answers.project(project, _call(lambda: self._platform.get_all_statuses(segment)))

    def set_issue_property(self, issue_id: str, key: str, value: Mapping[str, Any]) -> None:
        """Store `value` (JSON, at most 32 768 characters) on the issue: replaces what was there."""
        issue, name = _segment(issue_id), _segment(key)
        _call(lambda: self._platform.set_issue_property(issue, name, data=dict(value)))

    def get_issue_property(self, issue_id: str, key: str) -> dict[str, Any] | None:
        """None if the issue or the property does not exist."""
        issue, name = _segment(issue_id), _segment(key)
        try:
            return jira_answers.property_value(_call(lambda: self._platform.get_issue_property(issue, name)))
        except JiraNotFound:
            return None

    def set_project_property(self, project_id: str, key: str, value: Mapping[str, Any]) -> None:
        project, name = _segment(project_id), _segment(key)
        _call(lambda: self._platform.set_project_property(project, name, data=dict(value)))

    def check_permissions(
        self, account_id: str, global_permissions: Sequence[str], project_permissions: Sequence[Mapping[str, Any]]
    ) -> Any:
        """Jira's raw answer to `permissions/check`: what of it this account has. Ask through `may` or a guard instead,
        which remember."""
        wanted = {
            "accountId": account_id,
            "globalPermissions": list(global_permissions),
            "projectPermissions": list(project_permissions),
        }
        return _call(lambda: self._platform.get_bulk_permissions(data=wanted))


def _call(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except _MISREAD:
        raise JiraUnreachable("misread_answer") from None


def _segment(value: str) -> str:
    """One segment of a path. What cannot be one cannot exist in Jira."""
    if not _SEGMENT.fullmatch(value):
        raise JiraNotFound("bad_id")
    return value
