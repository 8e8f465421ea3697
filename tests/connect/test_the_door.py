"""What the product takes through the door of the platform behaves the same, whichever edge a site comes by.

A table: each name that plugin/ imports, and what is seen of it behind an edge. A name that is imported one day and is not
in the table fails, until somebody says what is the same about it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import flask
import pytest
import requests
from flask import Blueprint

import connect
import plugin.app
from connect import (
    ADMINISTER_JIRA,
    ADMINISTER_PROJECT,
    ANY_USER,
    BROWSE_ISSUE,
    BROWSE_PROJECT,
    WORK_IN_PROJECT,
    WORK_ON_ISSUE,
    Event,
    JiraBusy,
    JiraSite,
    NewIssue,
    Permission,
    current_guard,
    current_principal,
    guard_of,
    is_for_machines,
    may,
    page,
    page_script,
    preview,
    project_of_issue,
    public,
    survey_link,
)
from tests.databases import fresh_database
from tests.devhost import forge, lifecycle
from tests.devhost.site import Site
from tests.flow.cast import move, put_rule
from tests.running import Rapport, running

PLUGIN = Path(plugin.app.__file__).parent
PEOPLE = ("Ada Admin", "Pia Lead", "Tom Team", "Olga Ops")
PERMISSIONS: dict[str, Permission] = {
    "ADMINISTER_JIRA": ADMINISTER_JIRA,
    "ADMINISTER_PROJECT": ADMINISTER_PROJECT,
    "ANY_USER": ANY_USER,
    "BROWSE_ISSUE": BROWSE_ISSUE,
    "BROWSE_PROJECT": BROWSE_PROJECT,
    "WORK_IN_PROJECT": WORK_IN_PROJECT,
    "WORK_ON_ISSUE": WORK_ON_ISSUE,
}
# Nothing of these depends on who frames us, or only one edge has them; with the reason.
APART = {
    "BoundedAdapter": "how we fetch from anybody",
    "Deployment": "what is deployed by Forge",
    "platform_commands": "for whoever deploys by Forge",
    "Replayed": "only a call of Connect has a body that its token does not cover",
}


@dataclass
class Face:
    """Rapport behind one edge: on a site, and on another one that it leaves. Both edges' sites hold the same."""

    rapport: Rapport
    site: Site
    left: Site
    heard: list[Event] = field(default_factory=list)

    @property
    def jira(self) -> JiraSite:
        found = self.rapport.ports.jira(self.rapport.ports.tenants.get_tenant(self.rapport.tenant_id(self.site)))
        assert isinstance(found, JiraSite)
        return found

    def asks(self, path: str, who: str = "Pia Lead", site: Site | None = None) -> tuple[int, str, str | None]:
        """As a script of a page of ours does."""
        told = self.rapport.call("GET", path, who, site or self.site)
        return told.status_code, told.text, told.headers.get("Retry-After")

    @property
    def project(self) -> str:
        return self.site.project("DEMO").id

    @property
    def issue(self) -> str:
        return self.site.issue("DEMO-7").id


def views() -> Blueprint:
    """One view for each mark and permission, and one that says what a view is told."""
    made = Blueprint("probe", __name__)
    for name, permission in PERMISSIONS.items():
        rule = f"/probe/{name}" + (f"/<{permission.argument}>" if permission.argument else "")
        made.add_url_rule(rule, name, page_script(may=permission)(lambda **_more: "let in"))
    for name, mark in {"page": page(may=ANY_USER), "public": public, "link": survey_link, "preview": preview}.items():
        made.add_url_rule(f"/probe/{name}/<token>", name, mark(lambda token: f"{token} {current_guard().name}"))  # type: ignore[union-attr]
    made.add_url_rule("/probe/told/<project>/<issue>", "told", page_script(may=ANY_USER)(_told))
    made.add_url_rule("/probe/fails/<name>", "fails", page_script(may=ANY_USER)(_fails))
    return made


def _told(project: str, issue: str) -> dict[str, Any]:
    caller, guard = current_principal(), current_guard()
    objects = {"project_id": project, "issue_id": issue}
    return {
        "account": caller.account_id,
        "context": dict(caller.context),
        "tenant": [caller.tenant.display_url, caller.tenant.cloud_id, caller.tenant.id > 0],
        "guard": [guard.name if guard else None, guard_of(flask.current_app, "probe.told") == guard],
        "machines": is_for_machines(flask.request.path),
        "may": {name: may(each, objects.get(each.argument or "")) for name, each in PERMISSIONS.items()},
        "project": project_of_issue(issue),
    }


def _fails(name: str) -> str:
    kind: Any = getattr(connect, name)
    if name == "JiraBusy":
        raise JiraBusy("planted", retry_after_seconds=7)
    raise kind() if name == "JiraTokenMissing" else kind("planted")


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Face, Face]]:
    """One Rapport; Jira has it by its descriptor on one pair of sites, and by Forge on the other."""
    names = ("acme", "rival", "acme-left", "rival-left")
    with pytest.MonkeyPatch.context() as patch, fresh_database("sqlite", tmp_path_factory.mktemp("door")) as url:
        patch.setattr(plugin.app, "BLUEPRINTS", (*plugin.app.BLUEPRINTS, views()))
        with running(url, names, install=False) as by_connect:
            by_forge = replace(by_connect, edge="forge")
            sites = by_connect.jira.sites
            found = Face(by_connect, sites[0], sites[2]), Face(by_forge, sites[1], sites[3])
            for face in found:
                listen(face)
            yield found


def listen(face: Face) -> None:
    """Install, and have an issue moved along a transition with a rule of ours."""
    for site in (face.site, face.left):
        face.rapport.install(site)
    extension = face.rapport.app.extensions["connect"]
    mine, keep = face.rapport.tenant_id(face.site), extension._on_events

    def hear(told: Sequence[tuple[connect.Tenant, str, Event]]) -> list[Exception | None]:
        face.heard.extend(event for tenant, _, event in told if tenant.id == mine)
        return keep(told)

    extension._on_events = hear
    face.jira.watch_projects([face.project], face.rapport.clock())
    put_rule(face.rapport, "In review", face.site, minimum=3)
    move(face.rapport, "DEMO-7", "In review", site=face.site)
    for month in (3, 4):
        face.site.edit_issue("DEMO-7", face.rapport.account("Pia Lead", face.site), due_date=date(2027, month, 1))
    face.rapport.settle()  # the site's id at Atlassian is asked for in the background


def plain(value: Any, site: Site) -> Any:
    """Without what differs from site to site: its address, and the time of its making."""
    if is_dataclass(value):
        told = {each.name: plain(getattr(value, each.name), site) for each in fields(value)}
        return {type(value).__name__: told}
    if isinstance(value, dict):
        return {name: plain(each, site) for name, each in value.items()}
    if isinstance(value, (list, tuple, frozenset)):
        return [plain(each, site) for each in value]
    if isinstance(value, (datetime, date)):
        return type(value).__name__
    return value.replace(site.base_url, "SITE").replace(site.cloud_id, "CLOUD") if isinstance(value, str) else value


See = Callable[[Face], Any]


def rights(name: str) -> See:
    """Who is let in. DEMO is not Olga's project."""

    def see(face: Face) -> Any:
        argument = {"project_id": face.project, "issue_id": face.issue}.get(PERMISSIONS[name].argument or "")
        path = f"/probe/{name}" + (f"/{argument}" if argument else "")
        return {who: face.asks(path, who) for who in PEOPLE}

    return see


def told(face: Face) -> Any:
    return {who: face.asks(f"/probe/told/{face.project}/{face.issue}", who)[1] for who in PEOPLE}


def framed(face: Face) -> Any:
    opened = face.rapport.page("/probe/page/x", "Tom Team", face.site)
    return opened.status_code, opened.text


def open_to_all(name: str) -> See:
    """From outside, and not from within a screen, where nobody needs it."""

    def see(face: Face) -> Any:
        direct = requests.get(f"{face.rapport.settings.base_url}/probe/{name}/x", timeout=60)
        return direct.status_code, direct.text

    return see


def fails(name: str, happen: Callable[[Face], Any] | None = None) -> See:
    """What a person is told of an error; and that it is what happens."""

    def see(face: Face) -> Any:
        answer = face.asks(f"/probe/fails/{name}")
        assert answer[0] >= 400
        if happen is not None:
            with pytest.raises(getattr(connect, name)) as raised:
                happen(face)
            return answer, raised.value.retry, raised.value.retry_after_seconds
        return answer

    return see


def while_jira_says(status: int, call: Callable[[JiraSite], Any]) -> Callable[[Face], Any]:
    def happen(face: Face) -> Any:
        face.site.faults.jira_status = status
        try:
            return call(face.jira)
        finally:
            face.site.faults.jira_status = None

    return happen


def jira(call: Callable[[Face], Any], kind: str) -> See:
    """What Jira is asked and answers; values of that kind are among it."""

    def see(face: Face) -> Any:
        answer = plain(call(face), face.site)
        assert kind in json.dumps(answer)
        return answer

    return see


def new_issue(face: Face) -> Any:
    issue_type = face.jira.list_issue_types()[0].id
    _id, key = face.jira.create_issue(NewIssue(face.project, issue_type, "Follow up", {"type": "doc", "version": 1, "content": []}))  # fmt: skip
    return key, face.site.issue(key).summary


def watched_again(face: Face) -> Any:
    """Behind one edge the first time brought news, see `listen`; from then on it is nothing to either."""
    return face.jira.watch_projects([face.project], face.rapport.clock())


def status_changed(face: Face) -> Any:
    """But for the entry in the history, which a trigger does not name."""
    (event,) = [each for each in face.heard if isinstance(each, connect.StatusChanged)]
    return plain(replace(event, changelog_id=""), face.site)


def post_function_ran(face: Face) -> Any:
    """What each edge tells at the least; the rest is looked up."""
    (event,) = [each for each in face.heard if isinstance(each, connect.PostFunctionRan)]
    reached = event.to_status_id or next(
        each.id for each in face.site.statuses.values() if each.name == event.to_status_name
    )
    return event.issue_id, event.issue_key, reached, json.loads(event.configuration), event.actor_account_id


def let_in(face: Face) -> Any:
    tenants: Any = face.rapport.ports.tenants
    tenant = tenants.get_tenant(face.rapport.tenant_id(face.site))
    return tenant.id in tenants.list_installed_ids(), plain((tenant.display_url, tenant.cloud_id), face.site)


def removed(face: Face) -> Any:
    """Once and twice: the site is not let in any more, and its data waits for its end."""
    tenants: Any = face.rapport.ports.tenants
    tenant_id = face.rapport.tenant_id(face.left)
    assert tenant_id in tenants.list_installed_ids()
    if face.rapport.edge == "connect":
        lifecycle.uninstall(face.left, face.rapport.jira.keys)
    else:
        assert forge.uninstall(face.left, face.rapport.jira.keys) == 200
    return tenant_id in tenants.list_installed_ids(), tenants.get_tenant(tenant_id).installed


def wiring(face: Face) -> Any:
    """`Connect` itself: a site's Jira, files, pages of the product, and the links in mails that lead to them."""
    ledger = face.rapport.call("GET", f"/projects/{face.project}/ledger.csv", "Pia Lead", face.site)
    screen = face.rapport.call("GET", f"/projects/{face.project}/customers", "Pia Lead", face.site)
    tenant = face.rapport.ports.tenants.get_tenant(face.rapport.tenant_id(face.site))
    cookies = {face.site.user_cookie: face.rapport.account("Ada Admin", face.site)}
    opened = []
    for module in ("post-mortem", "satisfaction", "project-settings", "administration"):
        linked = requests.get(face.rapport.ports.page_url(tenant, module, "DEMO"), cookies=cookies, timeout=60)
        opened.append((linked.status_code, linked.url.partition("?")[0]))
    return (
        ledger.content,
        ledger.headers["Content-Disposition"],
        screen.status_code,
        plain(screen.text, face.site),
        opened,
    )


TABLE: dict[str, See] = {
    **{name: rights(name) for name in PERMISSIONS},
    **dict.fromkeys(
        ("may", "current_principal", "current_guard", "guard_of", "is_for_machines", "project_of_issue", "page_script", "Tenant"), told
    ),
    "page": framed,
    "public": open_to_all("public"),
    "survey_link": open_to_all("link"),
    "preview": open_to_all("preview"),
    "ConnectError": fails("ConnectError"),
    "Forbidden": fails("Forbidden"),
    "Unavailable": fails("Unavailable"),
    "JiraTokenMissing": fails("JiraTokenMissing"),
    "JiraError": fails("JiraError", lambda face: face.jira.get_issue("999")),
    "JiraNotFound": fails("JiraNotFound", lambda face: face.jira.get_issue("999")),
    "JiraRejected": fails("JiraRejected", lambda face: face.jira.search_ids("colour = red")),
    "JiraForbidden": fails("JiraForbidden", while_jira_says(403, lambda site: site.list_issue_types())),
    "JiraBusy": fails("JiraBusy", while_jira_says(429, lambda site: site.list_issue_types())),
    "JiraUnreachable": fails("JiraUnreachable", while_jira_says(503, lambda site: site.list_issue_types())),
    "Issue": jira(lambda face: face.jira.get_issue(face.issue), "Issue"),
    "StatusChange": jira(lambda face: face.jira.get_issue(face.issue), "StatusChange"),
    "IssuePage": jira(lambda face: face.jira.search_page("project = DEMO ORDER BY key", size=3), "IssuePage"),
    "IssueType": jira(lambda face: face.jira.list_issue_types(), "IssueType"),
    "Project": jira(lambda face: face.jira.get_project(face.project), "Project"),
    "Status": jira(lambda face: face.jira.get_project(face.project), "Status"),
    "PeopleField": jira(lambda face: face.jira.list_people_fields(), "PeopleField"),
    "User": jira(lambda face: face.jira.get_user(face.rapport.account("Tom Team", face.site)), "User"),
    "Version": jira(lambda face: face.jira.list_versions(face.project), "Version"),
    "DueChange": jira(lambda face: face.jira.list_due_changes(face.project), "DueChange"),
    "WorkflowRule": jira(lambda face: face.jira.list_workflow_rules(), "ask-the-customer"),
    "Watched": jira(watched_again, "Watched"),
    "NewIssue": jira(new_issue, "Follow up"),
    "Event": status_changed,
    "StatusChanged": status_changed,
    "PostFunctionRan": post_function_ran,
    "Installation": let_in,
    "Invocation": let_in,
    "AppAccess": let_in,
    "Uninstallation": removed,
    "Connect": wiring,
}  # fmt: skip


def names_in_use() -> set[str]:
    """What plugin/ imports from the door."""
    trees = [ast.parse(path.read_text("utf-8")) for path in PLUGIN.rglob("*.py")]
    return {
        name.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "connect"
        for name in node.names
    }


def test_every_name_in_use_is_in_the_table() -> None:
    used = names_in_use()
    assert len(used) > 40
    assert used - TABLE.keys() - APART.keys() == set(), "say in the table what is the same about these"
    assert (TABLE.keys() | APART.keys()) - used == set(), "nobody uses these any more"


@pytest.mark.parametrize("name", TABLE)
def test_a_name_means_the_same_behind_both_edges(faces: tuple[Face, Face], name: str) -> None:
    by_connect, by_forge = (plain(TABLE[name](face), face.site) for face in faces)
    assert by_connect == by_forge
