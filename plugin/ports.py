"""What the product needs from outside, as it uses it. The real parts are put together in `app.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connect import (
    DueChange,
    Issue,
    IssuePage,
    IssueType,
    NewIssue,
    PeopleField,
    Project,
    Tenant,
    User,
    Version,
    Watched,
    WorkflowRule,
)
from plugin.asking import AskLoad, Decided
from plugin.database import Database, Tx
from plugin.domain import Contact
from plugin.sealing import Seal


class Jira(Protocol):
    """One site's Jira. Every call raises connect.JiraError; its `retry` says whether coming back can help."""

    def get_issue(self, issue_id: str, people_fields: Sequence[str] = ()) -> Issue: ...
    def get_issues(self, issue_ids: Sequence[str], people_fields: Sequence[str] = ()) -> dict[str, Issue]: ...
    def search_page(
        self,
        jql: str,
        token: str | None = None,
        *,
        size: int = 100,
        with_changes: bool = False,
        people_fields: Sequence[str] = (),
    ) -> IssuePage: ...
    def search_ids(self, jql: str) -> frozenset[str]: ...
    def find_matching(self, condition: str, issue_ids: Sequence[str]) -> frozenset[str]: ...
    def find_jql_errors(self, jql: str) -> tuple[str, ...]: ...
    def count_issues(self, jql: str) -> int: ...
    def list_people_fields(self) -> list[PeopleField]: ...
    def list_users(self, account_ids: Sequence[str]) -> list[User]: ...
    def get_project(self, project_id: str) -> Project: ...
    def list_issue_types(self) -> list[IssueType]: ...
    def list_workflow_rules(self) -> list[WorkflowRule]: ...
    def get_user(self, account_id: str) -> User: ...
    def create_issue(self, wanted: NewIssue) -> tuple[str, str]: ...
    def add_comment(self, issue_id: str, adf: Mapping[str, Any], *, internal: bool = False) -> str: ...
    def has_comment(self, issue_id: str, words: str) -> bool: ...
    def list_versions(self, project_id: str) -> list[Version]: ...
    def list_due_changes(self, project_id: str) -> list[DueChange]: ...
    def set_project_property(self, project_id: str, key: str, value: Mapping[str, Any]) -> None: ...
    def get_request_rating(self, issue_id: str) -> int | None: ...
    def rate_request(self, issue_id: str, rating: int) -> None: ...
    def take_rating_back(self, issue_id: str) -> None: ...
    def get_cloud_id(self) -> str: ...
    def set_issue_property(self, issue_id: str, key: str, value: Mapping[str, Any]) -> None: ...
    def watch_projects(self, project_ids: Collection[str], now: datetime) -> Watched: ...


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail to one person. `headers` are extra header lines; values may come from people and are cleaned when sent."""

    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    message_id: str
    from_name: str = ""
    headers: Mapping[str, str] | None = None


class Mailer(Protocol):
    """Hands one mail to the mail server. Raises MailRefused or MailUnavailable."""

    def send(self, mail: OutgoingMail, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class FormerSite:
    """What we hold of a site from before it came another way. `installed`: the former way is still open as well."""

    id: int
    address: str
    installed_at: datetime
    installed: bool


class Tenants(Protocol):
    """The sites that installed us."""

    def get_tenant(self, tenant_id: int) -> Tenant: ...
    def purge(self, tx: Tx, uninstalled_at: datetime) -> bool: ...
    def record_cloud_id(self, tx: Tx, cloud_id: str) -> None: ...
    def find_former(self, tenant_id: int) -> FormerSite | None: ...
    def take_over(self, tenant_id: int, former_id: int, now: datetime) -> None: ...


class Renderer(Protocol):
    """A template in a language, outside of any request; or whatever is translated in between."""

    def speaking(self, language: str) -> AbstractContextManager[None]: ...

    def render(self, template: str, language: str, **values: object) -> str: ...


# What follows from an answer, in the transaction that stores it: project id, issue id, now.
AfterAnswer = Callable[[Tx, str, str, datetime], None]
# What follows when somebody asks from an issue, in that transaction: project id, issue id, what was decided, now.
AfterAsk = Callable[[Tx, str, str, Decided, datetime], None]
# What follows when somebody has set something up in a project, in that transaction: project id, now.
AfterSetUp = Callable[[Tx, str, datetime], None]
# The address, inside Jira, of a page of ours: tenant, key of the module, key of the project.
PageUrl = Callable[[Tenant, str, str], str]
# How often each of these contacts was asked, by contact id; the slice that keeps contacts comes before the one that asks.
AskLoads = Callable[[Tx, Collection[Contact], datetime], Mapping[int, AskLoad]]


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a step of work or a view may use besides its arguments."""

    database: Database
    seal: Seal
    tenants: Tenants
    jira: Callable[[Tenant], Jira]
    mailer: Mailer
    renderer: Renderer
    clock: Callable[[], datetime]
    after_answer: AfterAnswer
    after_ask: AfterAsk
    after_set_up: AfterSetUp
    page_url: PageUrl
    ask_loads: AskLoads
    base_url: str
