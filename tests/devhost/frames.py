"""From a module of the descriptor to what a page needs to frame it: address, token, and options for the host library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.devhost import tokens
from tests.devhost.errors import Forbidden, NotFound
from tests.devhost.records import InstalledApp, Issue, Json, Project, User
from tests.devhost.site import Site
from tests.devhost.url_templates import context_values, expand

SANDBOX = (
    "allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox allow-same-origin "
    "allow-scripts allow-storage-access-by-user-activation allow-top-navigation-by-user-activation"
)
RULE_PAGE = "devhost.page"  # which page of a workflow rule: create, edit or view
RULE_VARIABLES = ("condition.", "validator.", "postFunction.", "devhost.", "dashboard")
FULL_PAGES = {"adminPages", "generalPages", "jiraProjectPages", "jiraProjectAdminTabPanels", "configurePage"}
PERMISSIONS = {  # what a person needs to be shown a module of that kind
    "adminPages": "ADMINISTER",
    "configurePage": "ADMINISTER",
    "jiraProjectAdminTabPanels": "ADMINISTER_PROJECTS",
}


@dataclass(frozen=True)
class Place:
    """Where on the site a frame stands; ``custom`` holds the ``ac.`` parameters of a link to it, or a workflow rule's."""

    project: Project | None = None
    issue: Issue | None = None
    custom: Mapping[str, str] = field(default_factory=dict)

    def variables(self, site: Site) -> dict[str, str]:
        """Context parameters by the names that URL templates use."""
        return {**self.custom, **context_values(site, self.project, self.issue)}

    def claim(self) -> Json:
        """The ``context`` claim of a context token, and the answer of ``AP.context.getContext``."""
        jira: Json = {}
        if self.project:
            jira["project"] = {"id": self.project.id, "key": self.project.key}
        if self.issue:
            jira["issue"] = {"id": self.issue.id, "key": self.issue.key, "issuetype": {"id": self.issue.type_id}}
        return {"jira": jira} if jira else {}


def place_for(site: Site, account_id: str, variables: Mapping[str, Any]) -> Place:
    """The place that context parameters name, `NotFound` for what the account may not browse."""
    custom = {name: str(value) for name, value in variables.items() if name.startswith(("ac.", *RULE_VARIABLES))}
    issue_key = variables.get("issue.id") or variables.get("issue.key")
    issue = site.visible_issue(str(issue_key), account_id) if issue_key else None
    project_key = issue.project_id if issue else variables.get("project.id") or variables.get("project.key")
    project = visible_project(site, account_id, str(project_key)) if project_key else None
    return Place(project, issue, custom)


def visible_project(site: Site, account_id: str, id_or_key: str) -> Project:
    """The project, `NotFound` as well if the account may not browse it."""
    project = site.project(id_or_key)
    if not site.may(account_id, "BROWSE_PROJECTS", project.id):
        raise NotFound(f"No project could be found with key '{id_or_key}'.")
    return project


def frame(site: Site, module_key: str, user: User, place: Place) -> Json:
    """All that ``connectHost.create`` needs for one module, and the ``title`` of its frame.

    Raises `NotFound` for an unknown module, `Forbidden` if Jira would not show it to this person.
    """
    app, kind, module = find_module(site, module_key)
    _require_right(site, kind, user, place)
    return {
        "addon_key": app.key,
        "key": module_key,
        "url": shell_url(site, module, place) if app.forge else page_url(site, app, module, user, place),
        "forge": app.forge,
        "title": title(module),
        "options": _options(site, kind, user, place),
    }


def find_module(site: Site, module_key: str) -> tuple[InstalledApp, str, Json]:
    """The installed app, the module's kind (``jiraProjectPages`` …) and the module; `NotFound` if there is none."""
    if site.app is not None and site.app.enabled:
        for kind in site.app.descriptor.get("modules", {}):
            for module in site.app.modules(kind):
                if module.get("key") == module_key:
                    return site.app, kind, module
    raise NotFound(f"No installed app has a module with the key '{module_key}'.")


def title(module: Json) -> str:
    """What the module is called on the page: its label where it has one, else its name."""
    label = module.get("content", {}).get("label") or module["name"]
    return str(label["value"])


def page_url(site: Site, app: InstalledApp, module: Json, user: User, place: Place) -> str:
    """The address that the frame loads, with Jira's own parameters and the token of this person."""
    template = module.get(place.custom.get(RULE_PAGE, "target"), module)["url"]
    path = expand(template, place.variables(site))
    jira = {
        "xdm_e": site.base_url,
        "xdm_c": f"channel-{app.key}__{module['key']}",
        "cp": "",
        "lic": "none",
        "cv": "1001.0.0-SNAPSHOT",
        "loc": user.locale.replace("_", "-"),
        "tz": user.time_zone,
    }
    url = f"{app.base_url}{path}{'&' if '?' in path else '?'}{urlencode(jira)}"
    return tokens.signed_url(site, url, user.account_id, {})


def shell_url(site: Site, module: Json, place: Place) -> str:
    """The address of the static page that Forge frames, on another host than the site's, as with Forge. Where it stands,
    it asks through the bridge."""
    known = {name: value for name, value in _place_names(place).items() if value}
    elsewhere = site.base_url.replace("//localhost:", "//127.0.0.1:")
    return f"{elsewhere}/devhost/forge/{module['key']}/index.html?{urlencode(known)}"


def _place_names(place: Place) -> dict[str, str]:
    return {
        "issue.id": place.issue.id if place.issue else "",
        "project.id": place.project.id if place.project else "",
        **{name: str(value) for name, value in place.custom.items()},
    }


def _require_right(site: Site, kind: str, user: User, place: Place) -> None:
    permission = PERMISSIONS.get(kind, "BROWSE_PROJECTS")
    project_id = place.project.id if place.project else None
    if not site.may(user.account_id, permission, project_id):
        raise Forbidden("You do not have the permission to see this page.")


def _options(site: Site, kind: str, user: User, place: Place) -> Json:
    return {
        "autoresize": True,
        "isFullPage": kind in FULL_PAGES,
        "hostOrigin": site.base_url,
        "contextPath": "",
        "moduleType": kind,
        "productContext": place.variables(site),
        "structuredContext": place.claim(),
        "user": {"accountId": user.account_id, "timeZone": user.time_zone},
        "width": "100%",
        "sandbox": SANDBOX,
    }
