"""What the product needs from outside, as it uses it. The real parts are put together in `app.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connect import Issue, Project, Tenant
from plugin.database import Database, Tx
from plugin.sealing import Seal


class Jira(Protocol):
    """One site's Jira. Every call raises connect.JiraError; its `retry` says whether coming back can help."""

    def get_issue(self, issue_id: str) -> Issue: ...
    def get_project(self, project_id: str) -> Project: ...
    def set_issue_property(self, issue_id: str, key: str, value: Mapping[str, Any]) -> None: ...


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


class Tenants(Protocol):
    """The sites that installed us."""

    def get_tenant(self, tenant_id: int) -> Tenant: ...
    def purge(self, tx: Tx, uninstalled_at: datetime) -> bool: ...


class Renderer(Protocol):
    """A template in a language, outside of any request."""

    def render(self, template: str, language: str, **values: object) -> str: ...


# What follows from an answer, in the transaction that stores it: project id, issue id, now.
AfterAnswer = Callable[[Tx, str, str, datetime], None]


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
    base_url: str
