"""May this account do this? Asked of Jira, remembered for at most a minute, and refused where Jira does not answer or where
somebody makes us ask about very many things: what we ask counts against the hourly points that all sites share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from connect.errors import Forbidden, JiraError, JiraRejected, Missing, TooMany, Unavailable
from connect.memory import Memory, Walk
from connect.shapes import shaped
from connect.tenants import Principal, Tenant

if TYPE_CHECKING:
    from connect.jira import JiraSite

_ID = re.compile(r"[1-9][0-9]{0,17}")

# Different issues and projects in a minute about which we ask. Nobody opens more than one new issue a second; a whole site
# that does it ten times a second is a machine, and would alone use up half of Jira's points.
PER_PERSON = 60
PER_SITE = 600


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission of Jira and what it is about. `name` is Jira's own key."""

    name: str
    about: Literal["issue", "project", "site", "nothing"]

    @property
    def argument(self) -> str | None:
        """The route argument that holds the id of the issue or project."""
        return {"issue": "issue_id", "project": "project_id"}.get(self.about)


BROWSE_ISSUE = Permission("BROWSE_PROJECTS", "issue")
BROWSE_PROJECT = Permission("BROWSE_PROJECTS", "project")
WORK_ON_ISSUE = Permission("EDIT_ISSUES", "issue")
WORK_IN_PROJECT = Permission("EDIT_ISSUES", "project")
ADMINISTER_PROJECT = Permission("ADMINISTER_PROJECTS", "project")
ADMINISTER_JIRA = Permission("ADMINISTER", "site")
ANY_USER = Permission("", "nothing")


class _Granted(msgspec.Struct):
    permission: str
    issues: list[int] = []
    projects: list[int] = []


class _Answer(msgspec.Struct, rename="camel"):
    global_permissions: list[str] = []
    project_permissions: list[_Granted] = []


Key = tuple[int, str, str, str, int]


class Permissions:
    """Asks and remembers. Thread-safe; holds at most 10,000 answers.

    `site` gives the client of a tenant; `clock` is aware UTC.
    """

    def __init__(self, site: Callable[[Tenant], JiraSite], clock: Callable[[], datetime]) -> None:
        self._site = site
        self._answers: Memory[Key, bool] = Memory(clock)
        self._of_person: Walk[tuple[int, str]] = Walk(clock, PER_PERSON)
        self._of_site: Walk[int] = Walk(clock, PER_SITE)

    def allows(self, principal: Principal, permission: Permission, object_id: str | int | None = None) -> bool:
        """Whether Jira grants it now, or did within the last minute.

        Raises Missing for an id that cannot be one, TooMany for somebody who goes through very many, Unavailable when
        Jira gives no answer.
        """
        if principal.account_id is None:
            return False
        if permission.about == "nothing":
            return True
        number = 0 if permission.about == "site" else _id_number(object_id)
        key = (principal.tenant.id, principal.account_id, permission.name, permission.about, number)
        return self._answers.get(
            key, lambda: self._ask(principal.tenant, str(principal.account_id), permission, number)
        )

    def _ask(self, tenant: Tenant, account_id: str, permission: Permission, number: int) -> bool:
        if permission.about != "site":
            self._step(tenant, account_id, (permission.about, number))
        site = self._site(tenant)
        try:
            if permission.about == "site":
                answer = _read(site.check_permissions(account_id, [permission.name], []))
                return permission.name in answer.global_permissions
            wanted = {"permissions": [permission.name], f"{permission.about}s": [number]}
            answer = _read(site.check_permissions(account_id, [], [wanted]))
        except JiraRejected as error:
            raise Forbidden("permission_unknown") from error
        except JiraError as error:
            raise Unavailable("permission_unanswered", retry_after_seconds=error.retry_after_seconds or 5) from error
        return any(
            granted.permission == permission.name
            and number in (granted.issues if permission.about == "issue" else granted.projects)
            for granted in answer.project_permissions
        )

    def _step(self, tenant: Tenant, account_id: str, thing: tuple[str, int]) -> None:
        seconds = self._of_person.step((tenant.id, account_id), thing)
        seconds = seconds or self._of_site.step(tenant.id, (account_id, *thing))
        if seconds:
            raise TooMany("many_permission_questions", retry_after_seconds=seconds)


def _read(raw: object) -> _Answer:
    try:
        return shaped(raw, _Answer)
    except msgspec.ValidationError:
        raise Unavailable("permission_unreadable") from None


def _id_number(object_id: str | int | None) -> int:
    if not _ID.fullmatch(str(object_id)):
        raise Missing("bad_id")
    return int(str(object_id))
