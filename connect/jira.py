"""Jira of one tenant, in the words of the product: typed answers, one error tree, no quirks of the libraries.

`jira` serves issues, search, comments and users; `atlassian-python-api` properties and projects. What web processes ask
with each page (permissions, an issue's project) goes over `jira`'s session, as the other library costs them 9 MB.
Each call takes at most 10 s, is never repeated here, and raises nothing but JiraError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from connect import jira_answers, jira_dates, jira_requests, project_hooks
from connect.errors import JiraNotFound, JiraUnreachable
from connect.jira_types import (
    DueChange,
    Issue,
    IssuePage,
    IssueType,
    NewIssue,
    PeopleField,
    Project,
    User,
    Version,
    WorkflowRule,
)
from connect.project_hooks import Watched

if TYPE_CHECKING:
    from jira import JIRA

    from connect.jira_clients import Clients

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")
_API = "api/3"
_EXPERIMENTAL = {"X-ExperimentalApi": "opt-in"}  # without it Jira refuses what it calls experimental
_PAGE_SIZE = 100
_PAGES = 100
_LIGHT_PAGE_SIZE = 5000  # of ids and nothing else
_RECONCILED = 50
_RULE_PAGES, _RULE_PAGE_SIZE = 10, 50
_RULE_TYPES = ("postfunction", "condition", "validator")
# What a library may raise over an answer that is JSON but not what it expects.
_MISREAD = (ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError, RecursionError)
Answer = TypeVar("Answer")


class JiraSite:
    """One site. Made by `Connect.site(tenant)` for use in one thread. Ids may be given as ids or keys.

    `events_url`: where it sends webhooks that we register; None where nothing has to be registered.
    """

    def __init__(self, clients: Clients, events_url: str | None = None) -> None:
        self._clients = clients
        self._events_url = events_url

    @property
    def _issues(self) -> JIRA:
        return self._clients.issues

    @property
    def _platform(self) -> Any:
        return self._clients.platform

    def get_issue(self, issue_id: str, people_fields: Sequence[str] = ()) -> Issue:
        """The issue with its status changes (the newest hundred changes of any kind) and who is in those fields."""
        segment, fields = _segment(issue_id), _fields(people_fields)
        raw = _call(lambda: self._issues.issue(segment, fields=fields, expand="changelog").raw)
        return jira_answers.issue(raw, people_fields)

    def get_issues(self, issue_ids: Sequence[str], people_fields: Sequence[str] = ()) -> dict[str, Issue]:
        """By id; those that do not exist, or that we may not see, are missing. One call for each hundred.

        Like `get_issue`, but of each of several issues only the newest forty changes. The answer is not from Jira's
        search, which lags behind changes.
        """
        ids = list(dict.fromkeys(issue_ids))
        if len(ids) == 1:
            return self._issues_one_by_one(ids, people_fields)
        found: dict[str, Issue] = {}
        for start in range(0, len(ids), _PAGE_SIZE):
            wanted = {
                "issueIdsOrKeys": [_segment(each) for each in ids[start : start + _PAGE_SIZE]],
                "fields": _fields(people_fields).split(","),
                "expand": ["changelog"],
            }
            raw = _call(partial(self._platform.bulk_fetch_issues, data=wanted))
            issues, left_out = jira_answers.fetched(raw, people_fields)
            found |= {issue.id: issue for issue in issues} | self._issues_one_by_one(left_out, people_fields)
        return found

    def _issues_one_by_one(self, issue_ids: Sequence[str], people_fields: Sequence[str]) -> dict[str, Issue]:
        found = {}
        for issue_id in issue_ids:
            with suppress(JiraNotFound):
                found[issue_id] = self.get_issue(issue_id, people_fields)
        return found

    def get_project_id(self, issue_id: str) -> str:
        """The id of the issue's project."""
        segment = _segment(issue_id)
        raw = _call(lambda: self._clients.ask("GET", f"{_API}/issue/{segment}?fields=project"))
        found = _call(lambda: raw["fields"]["project"]["id"])
        if not isinstance(found, str):
            raise JiraUnreachable("unexpected_answer")
        return found

    def search_issues(self, jql: str, *, limit: int = 100, with_changes: bool = False) -> list[Issue]:
        """At most `limit` issues in the order of the JQL, which must be bounded. `with_changes`: with their history."""
        found: list[Issue] = []
        token: str | None = None
        for _ in range(_PAGES):
            page = self.search_page(jql, token, size=min(limit - len(found), _PAGE_SIZE), with_changes=with_changes)
            found.extend(page.issues)
            token = page.next_page_token
            if token is None or len(found) >= limit:
                break
        return found[:limit]

    def search_page(
        self,
        jql: str,
        token: str | None = None,
        *,
        size: int = _PAGE_SIZE,
        with_changes: bool = False,
        people_fields: Sequence[str] = (),
    ) -> IssuePage:
        """The page that `token` of the page before names, or the first one; at most 100 issues."""
        expand = "changelog" if with_changes else None
        return jira_answers.issue_page(
            self._search(jql, token, size, _fields(people_fields), expand=expand), people_fields
        )

    def search_ids(self, jql: str, *, limit: int = _PAGES * _PAGE_SIZE) -> frozenset[str]:
        """Ids of at most `limit` issues that the JQL finds, 5 000 with a call."""
        found: set[str] = set()
        token: str | None = None
        for _ in range(_PAGES):
            ids, token = jira_answers.ids_page(self._search(jql, token, min(limit, _LIGHT_PAGE_SIZE), "id"))
            found.update(ids)
            if token is None or len(found) >= limit:
                break
        return frozenset(found)

    def find_matching(self, condition: str, issue_ids: Sequence[str]) -> frozenset[str]:
        """Which of these issues, which must exist, meet a JQL condition without ORDER BY right now; 50 with a call."""
        found: set[str] = set()
        for start in range(0, len(issue_ids), _RECONCILED):
            part = issue_ids[start : start + _RECONCILED]
            jql = f"({condition}) AND id IN ({', '.join(_segment(issue_id) for issue_id in part)})"
            # Without naming them, Jira's search may not know yet of a change made a moment ago.
            raw = self._search(jql, None, len(part), "id", reconcile=[int(issue_id) for issue_id in part])
            found.update(jira_answers.ids_page(raw)[0])
        return frozenset(found & set(issue_ids))

    def _search(
        self, jql: str, token: str | None, size: int, fields: str, *, expand: str | None = None, reconcile: Any = None
    ) -> Any:
        return _call(
            lambda: self._issues.enhanced_search_issues(
                jql,
                nextPageToken=token,
                maxResults=size,
                fields=fields,
                expand=expand,
                reconcileIssues=reconcile,
                json_result=True,
            )
        )

    def find_jql_errors(self, jql: str) -> tuple[str, ...]:
        """What Jira, in its own words, has against a query; empty for one that can be asked."""
        wanted = {"queries": [jql]}
        return jira_answers.jql_errors(_call(lambda: self._platform.parse_jql_queries("strict", data=wanted)))

    def count_issues(self, jql: str) -> int:
        """About how many issues the JQL finds: Jira estimates."""
        return jira_answers.count(_call(lambda: self._platform.count_issues(data={"jql": jql})))

    def list_people_fields(self) -> list[PeopleField]:
        """The site's fields that hold users."""
        return jira_answers.people_fields(_call(self._platform.get_fields))

    def add_comment(self, issue_id: str, adf: Mapping[str, Any], *, internal: bool = False) -> str:
        """Comment as the app. `adf`: an Atlassian document. Returns the comment's id. Sent twice, it is there twice.

        `internal`: hidden from customers of a service desk (property sd.public.comment); elsewhere it changes nothing.
        """
        segment = _segment(issue_id)
        raw = _call(lambda: self._issues.add_comment(segment, dict(adf), is_internal=internal).raw)
        return jira_answers.text_id(raw)

    def has_comment(self, issue_id: str, words: str) -> bool:
        """Whether one of the newest fifty comments has these words, or a link with them."""
        segment = _segment(issue_id)
        path = f"{_API}/issue/{segment}/comment?orderBy=-created&maxResults=50"
        raw = _call(lambda: self._clients.ask("GET", path))
        return json.dumps(words)[1:-1] in json.dumps(raw)

    def create_issue(self, wanted: NewIssue) -> tuple[str, str]:
        """Id and key of a new issue. Sent twice, it is there twice: look for a label of its own before trying again.

        Raises JiraRejected where the project wants other fields, or none of these.
        """
        return jira_answers.made_issue(_call(lambda: self._platform.create_issue(data=_new_issue(wanted))))

    def list_versions(self, project_id: str) -> list[Version]:
        """The releases of a project."""
        segment = _segment(project_id)
        return jira_dates.versions(_call(lambda: self._platform.get_project_versions(segment)))

    def list_due_changes(self, project_id: str, *, limit: int = 2_000) -> list[DueChange]:
        """Changes of due dates, of at most `limit` issues that have one."""
        jql = f"project = {_segment(project_id)} AND duedate IS NOT EMPTY ORDER BY key ASC"
        found: list[DueChange] = []
        token: str | None = None
        for _ in range(limit // _PAGE_SIZE):
            page, token = jira_dates.due_changes_page(
                self._search(jql, token, _PAGE_SIZE, "duedate", expand="changelog")
            )
            found.extend(page)
            if token is None:
                break
        return found

    def get_cloud_id(self) -> str:
        """Atlassian's id of the site, which it tells everybody."""
        return _call(lambda: str(self._platform.get("_edge/tenant_info")["cloudId"]))

    def get_user(self, account_id: str) -> User:
        return jira_answers.user(_call(lambda: self._issues.user(account_id).raw))

    def list_users(self, account_ids: Sequence[str]) -> list[User]:
        """Those of the accounts that exist, 100 with a call; their languages are not told."""
        parts = [account_ids[start : start + _PAGE_SIZE] for start in range(0, len(account_ids), _PAGE_SIZE)]
        return [user for part in parts for user in self._users_page(part)]

    def _users_page(self, account_ids: Sequence[str]) -> list[User]:
        size = len(account_ids)
        return jira_answers.users(
            _call(lambda: self._platform.bulk_get_users(max_results=size, account_id=list(account_ids)))
        )

    def get_project(self, project_id: str) -> Project:
        """The project with its issue types and statuses: two calls."""
        segment = _segment(project_id)
        project = _call(lambda: self._platform.get_project(segment))
        return jira_answers.project(project, _call(lambda: self._platform.get_all_statuses(segment)))

    def list_issue_types(self) -> list[IssueType]:
        """Those of the whole site."""
        return jira_answers.issue_types(_call(self._platform.get_issue_all_types))

    def list_workflow_rules(self) -> list[WorkflowRule]:
        """Where this app's rules stand on transitions of workflows in use, those of 500 workflows at most."""
        found: list[WorkflowRule] = []
        for page in range(_RULE_PAGES):
            raw = self._rules_page(page * _RULE_PAGE_SIZE)
            rules, last = jira_answers.workflow_rules(raw)
            found += rules
            if last:
                break
        return found

    def _rules_page(self, start: int) -> Any:
        return _call(
            lambda: self._platform.get_workflow_transition_rule_configurations(
                types=list(_RULE_TYPES), start_at=start, max_results=_RULE_PAGE_SIZE, draft="false"
            )
        )

    def watch_projects(self, project_ids: Collection[str], now: datetime) -> Watched:
        """Have Jira tell us of status changes in these projects and no others, for twenty days at least.

        Where it tells us of every project anyway there is nothing to do, and no news. Twice is once.
        """
        url = self._events_url
        return Watched() if url is None else _call(lambda: project_hooks.watch(self._platform, url, project_ids, now))

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

    def get_request_rating(self, issue_id: str) -> int | None:
        """1 to 5, which the reporter of a service desk's request gave there; None where there is none yet, or no request.

        Jira does not tell the two apart. What people wrote beside it is left unread.
        """
        path = _rating_path(issue_id)
        try:
            return jira_requests.rating(_call(lambda: self._clients.ask("GET", path, **_EXPERIMENTAL)))
        except JiraNotFound:
            return None

    def rate_request(self, issue_id: str, rating: int) -> None:
        """Rate a request in its reporter's place, without words. Raises JiraForbidden where only the reporter may."""
        path, wanted = _rating_path(issue_id), {"type": jira_requests.CSAT, "rating": rating}
        _call(lambda: self._clients.ask("POST", path, wanted, **_EXPERIMENTAL))

    def take_rating_back(self, issue_id: str) -> None:
        """Leave a request without a rating, whoever gave it. Raises JiraForbidden where we may delete nothing: a Connect app
        would have to be allowed to delete anything."""
        path = _rating_path(issue_id)
        with suppress(JiraNotFound):
            _call(lambda: self._clients.drop(path, **_EXPERIMENTAL))

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
        return _call(lambda: self._clients.ask("POST", f"{_API}/permissions/check", wanted))


def _rating_path(issue_id: str) -> str:
    return f"servicedeskapi/request/{_segment(issue_id)}/feedback"


def _call(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except _MISREAD:
        raise JiraUnreachable("misread_answer") from None


def _fields(people_fields: Sequence[str]) -> str:
    return ",".join([jira_answers.ISSUE_FIELDS, *(each for each in people_fields if each != "reporter")])


def _new_issue(wanted: NewIssue) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "project": {"id": wanted.project_id},
        "issuetype": {"id": wanted.issue_type_id},
        "summary": wanted.summary,
        "description": dict(wanted.description),
    }
    if wanted.labels:
        fields["labels"] = list(wanted.labels)
    if wanted.due_on is not None:
        fields["duedate"] = wanted.due_on.isoformat()
    if wanted.assignee_account_id is not None:
        fields["assignee"] = {"accountId": wanted.assignee_account_id}
    if not wanted.relates_to:
        return {"fields": fields}
    link = {"type": {"name": "Relates"}, "outwardIssue": {"key": wanted.relates_to}}
    return {"fields": fields, "update": {"issuelinks": [{"add": link}]}}


def _segment(value: str) -> str:
    """One segment of a path. What cannot be one cannot exist in Jira."""
    if not _SEGMENT.fullmatch(value):
        raise JiraNotFound("bad_id")
    return value
