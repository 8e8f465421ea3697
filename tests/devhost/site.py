"""One Jira site in memory, without any HTTP: what exists, who may see it, and what follows when it changes."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from tests.devhost import jql, workflow
from tests.devhost.changes import Changes
from tests.devhost.errors import NotFound
from tests.devhost.events import Deliverer
from tests.devhost.records import (
    AppField,
    Faults,
    InstalledApp,
    Issue,
    IssueType,
    PeopleField,
    Project,
    Status,
    Transition,
    User,
    Version,
    WireEntry,
)
from tests.devhost.workflow import Rule

if TYPE_CHECKING:
    from tests.devhost.forge import ForgeApp
    from tests.devhost.hooks import Hook

ADMINS = "jira-admins"
WIRE_LIMIT = 5000  # calls; a demo may run for days
GLOBAL_PERMISSIONS = {"ADMINISTER"}
PROJECT_ADMIN_PERMISSIONS = {"ADMINISTER_PROJECTS"}
MEMBER_PERMISSIONS = {
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "ASSIGN_ISSUES",
    "TRANSITION_ISSUES",
    "ADD_COMMENTS",
    "LINK_ISSUES",
    "MOVE_ISSUES",
    "DELETE_ISSUES",
    "ASSIGNABLE_USER",
    "WORK_ON_ISSUES",
}


class Site(Changes):
    """State of one site; every reader and writer takes ``lock``. Changes to issues are in `Changes`.

    ``clock`` gives the world's time (created, updated, changelog), aware UTC. Tokens use the same clock,
    but stay awake while ``frozen_at`` lets the world stand still.
    """

    def __init__(
        self, name: str, base_url: str, *, client_key: str | None = None, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.display_url = self.base_url
        self.client_key = client_key or str(uuid.uuid5(uuid.NAMESPACE_DNS, f"client-key.{name}.example"))
        self.cloud_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"cloud-id.{name}.example"))
        self.clock = self.token_clock = clock or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.statuses: dict[str, Status] = {}
        self.issue_types: dict[str, IssueType] = {}
        self.issues: dict[str, Issue] = {}
        self.people_fields: dict[str, PeopleField] = {}
        self.app: InstalledApp | None = None
        self.forge: ForgeApp | None = None  # the app as a Forge app, alone or beside the other
        self.app_properties: dict[str, Any] = {}
        self.field_ids: dict[str, str] = {}  # app field key → customfield_N, stable over re-installs
        self.wire: list[WireEntry] = []
        self.faults = Faults()
        self.link_types: dict[str, tuple[str, str]] = {
            "Blocks": ("is blocked by", "blocks"),
            "Relates": ("relates to", "relates to"),
        }
        self.links = {}
        self.rules: dict[str, Rule] = {}
        self.hooks: dict[int, Hook] = {}  # webhooks that the app has registered
        self.dashboard_items: dict[str, dict[str, Any]] = {}  # properties by item, of the one dashboard there is
        self._ids = itertools.count(10001)
        self._issue_ids = itertools.count(10001)
        self._hook_ids = itertools.count(10000)
        self.events = Deliverer(self)

    @property
    def user_cookie(self) -> str:
        """Name of the cookie that carries the current user's account id; ports share cookies, so the site is in it."""
        return f"devhost_user_{self.name}"

    # people

    def add_user(self, display_name: str, email: str, *, account_id: str | None = None, **more: Any) -> User:
        """Add a person; keyword arguments are fields of `User`. The account id follows from the e-mail address."""
        account_id = account_id or f"712020:{uuid.uuid5(uuid.NAMESPACE_URL, 'mailto:' + email)}"
        user = User(account_id=account_id, display_name=display_name, email=email, **more)
        with self.lock:
            self.users[user.account_id] = user
        return user

    def user(self, account_id: str) -> User:
        """The user with that account id, or `NotFound`."""
        found = self.users.get(account_id)
        if found is None:
            raise NotFound("Specified user does not exist or you do not have required permissions")
        return found

    def user_named(self, display_name: str) -> User:
        """The user of that display name (for tests and seeds), or `NotFound`."""
        found = next((each for each in self.users.values() if each.display_name == display_name), None)
        if found is None:
            raise NotFound(f"No user is called {display_name!r}")
        return found

    def may(self, account_id: str | None, permission: str, project_id: str | None = None) -> bool:
        """Does the account hold the permission, in that project (None: in any project, or on the site)?

        Jira administrators administer every project; the app holds all project permissions where it is let in.
        """
        user = self.users.get(account_id or "")
        if user is None or not user.active:
            return False
        if permission in GLOBAL_PERMISSIONS:
            return ADMINS in user.groups
        if project_id is None:
            return any(self.may(account_id, permission, each) for each in self.projects)
        project = self.projects.get(project_id)
        return project is not None and self._holds(user, permission, project)

    def _holds(self, user: User, permission: str, project: Project) -> bool:
        if user.account_type == "app":
            role: str | None = "admin" if project.open_to_apps else None
        else:
            role = "admin" if ADMINS in user.groups else project.roles.get(user.account_id)
        if permission in PROJECT_ADMIN_PERMISSIONS:
            return role == "admin"
        return role is not None and permission in MEMBER_PERMISSIONS

    # projects

    def add_status(self, status_id: str, name: str, category: Literal["new", "indeterminate", "done"]) -> Status:
        """Add a status under a fixed id, as Jira's ids are what apps compare."""
        self.statuses[status_id] = Status(status_id, name, category)
        return self.statuses[status_id]

    def add_issue_type(self, type_id: str, name: str, description: str = "", *, subtask: bool = False) -> IssueType:
        """Add an issue type under a fixed id."""
        self.issue_types[type_id] = IssueType(type_id, name, description, subtask)
        return self.issue_types[type_id]

    def add_project(self, key: str, name: str, lead: str, **more: Any) -> Project:
        """Add a project; needs ``issue_type_ids`` and ``transitions`` among the fields of `Project`."""
        with self.lock:
            project = Project(id=str(10000 + len(self.projects)), key=key, name=name, lead=lead, **more)
            self.projects[project.id] = project
        return project

    def add_people_field(self, name: str, custom_type: str, *, many: bool = False) -> PeopleField:
        """Add a custom field that holds users, of a kind such as "com.atlassian.servicedesk:sd-request-participants"."""
        with self.lock:
            field_id = f"customfield_{10031 + len(self.people_fields)}"
            self.people_fields[field_id] = PeopleField(field_id, name, custom_type, many)
            return self.people_fields[field_id]

    def add_version(self, project_id: str, name: str, **more: Any) -> Version:
        """Add a release to a project; keyword arguments are fields of `Version`."""
        with self.lock:
            version = Version(id=self.next_id(), name=name, **more)
            self.project(project_id).versions.append(version)
        return version

    def project(self, id_or_key: str) -> Project:
        """The project with that id or key, or `NotFound`."""
        found = self.projects.get(id_or_key)
        found = found or next((each for each in self.projects.values() if each.key == id_or_key.upper()), None)
        if found is None:
            raise NotFound(f"No project could be found with key '{id_or_key}'.")
        return found

    def visible_projects(self, account_id: str | None) -> list[Project]:
        """Projects that the account may browse, by key."""
        seen = [each for each in self.projects.values() if self.may(account_id, "BROWSE_PROJECTS", each.id)]
        return sorted(seen, key=lambda each: each.key)

    # issues

    def issue(self, id_or_key: str) -> Issue:
        """The issue with that id, key or former key, or `NotFound`."""
        found = self.issues.get(id_or_key)
        key = id_or_key.upper()
        found = found or next((each for each in self.issues.values() if key in (each.key, *each.old_keys)), None)
        if found is None:
            raise NotFound("Issue does not exist or you do not have permission to see it.")
        return found

    def visible_issue(self, id_or_key: str, account_id: str | None) -> Issue:
        """As `issue`, but `NotFound` as well for what the account may not browse."""
        found = self.issue(id_or_key)
        if not self.may(account_id, "BROWSE_PROJECTS", found.project_id):
            raise NotFound("Issue does not exist or you do not have permission to see it.")
        return found

    def transitions_for(self, issue: Issue) -> list[Transition]:
        """Transitions that the workflow offers from the issue's status, where its conditions hold."""
        steps = self.projects[issue.project_id].transitions
        return [each for each in steps if each.leaves(issue.status_id) and workflow.is_offered(self, issue, each)]

    def search(self, query: str, account_id: str | None) -> list[Issue]:
        """Issues that match a JQL query and that the account may browse, in the query's order.

        Raises `BadRequest` with Jira's words for a query that cannot be read or names unknown things.
        """
        with self.lock:
            parsed = jql.parse(query, self)
            visible = {each.id for each in self.visible_projects(account_id)}
            candidates = [each for each in self.issues.values() if each.project_id in visible]
            return parsed.run(candidates, account_id)

    # the app

    def app_fields(self) -> list[AppField]:
        """The app's issue fields that show values of an issue property, in the descriptor's order."""
        if self.app is None:
            return []
        shown = [each for each in self.app.modules("jiraIssueFields") if "property" in each]
        return [self._app_field(self.app.key, each) for each in shown]

    def _app_field(self, app_key: str, module: dict[str, Any]) -> AppField:
        key = f"{app_key}__{module['key']}"
        with self.lock:  # pages ask at any time, and two fields must not get one number
            number = self.field_ids.setdefault(key, f"customfield_{10101 + len(self.field_ids)}")
        source = module["property"]
        return AppField(
            id=number,
            key=key,
            module_key=module["key"],
            name=module["name"]["value"],
            description=module["description"]["value"],
            property_key=source["key"],
            path=source["path"],
            type=source["type"].lower(),
        )

    # what tests and pages ask about the traffic

    def record(self, entry: WireEntry) -> WireEntry:
        """Add one call to the wire log."""
        with self.lock:
            self.wire.append(entry)
            del self.wire[:-WIRE_LIMIT]
        return entry

    def assert_no_contract_problems(self) -> None:
        """Raise `AssertionError` that lists every call which broke Atlassian's OpenAPI document, in either direction."""
        broken = [(each, problem) for each in self.wire for problem in each.problems]
        lines = [f"{each.method} {each.url} → {each.status}: {problem}" for each, problem in broken]
        assert not lines, "\n".join(lines)

    def next_id(self) -> str:
        """A fresh id for anything but an issue."""
        return str(next(self._ids))

    def next_hook_id(self) -> int:
        """A fresh id for a webhook."""
        return next(self._hook_ids)

    def next_issue_id(self) -> str:
        """A fresh issue id; both sites count from the same number, as ids are unique per site only."""
        return str(next(self._issue_ids))

    @contextmanager
    def frozen_at(self, moment: datetime) -> Iterator[None]:
        """Let the world's clock stand at *moment* meanwhile: for history in a seed.

        Others wait outside until then, so do not wait for webhooks in here.
        """
        with self.lock:
            before, self.clock = self.clock, lambda: moment
            try:
                yield
            finally:
                self.clock = before

    def close(self) -> None:
        """Stop the webhook deliverer."""
        self.events.close()
