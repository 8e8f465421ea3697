"""Projects: the list, a project's settings, and the pages of the app in them."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tests.devhost.errors import NotFound
from tests.devhost.frames import Place, find_module, frame, place_for, visible_project
from tests.devhost.records import Json, Project
from tests.devhost.rest_properties import DASHBOARD_ID
from tests.devhost.ui_shell import Link, app, app_modules, icon_of, me, pages, require, site

RECENT = 6


@pages.get("/")
def home() -> str:
    """The projects that one sees, and what happened last in them."""
    projects = site().visible_projects(me().account_id)
    visible = {each.id for each in projects}
    issues = [each for each in list(site().issues.values()) if each.project_id in visible]
    recent = sorted(issues, key=lambda each: each.updated, reverse=True)[:RECENT]
    return render_template("devhost_home.html", projects=projects, recent=recent)


@pages.get("/projects/<key>/")
def project_home(key: str) -> Response:
    """A project opens on its board."""
    return redirect(url_for("pages.board", key=visible_project(site(), me().account_id, key).key))


def settings_links(project: Project) -> list[Link]:
    """The tabs of the project's settings: ours, then the app's."""
    installed = app()
    own = [
        Link("Details", url_for("pages.project_settings", key=project.key), "settings"),
        Link("Workflow", url_for("pages.workflow", key=project.key), "list"),
    ]
    if installed is None:
        return own
    return own + [
        Link(
            module["name"]["value"],
            url_for("pages.project_settings_app", key=project.key, app_key=installed.key, module_key=module["key"]),
            "app",
            icon_of(installed, module),
        )
        for module in app_modules("jiraProjectAdminTabPanels")
    ]


def administered(key: str) -> Project:
    project = visible_project(site(), me().account_id, key)
    require("ADMINISTER_PROJECTS", project)
    return project


@pages.get("/projects/<key>/settings")
def project_settings(key: str) -> str:
    """Details and people of a project, for its administrators."""
    project = administered(key)
    return render_template("devhost_settings.html", project=project, tabs=settings_links(project), framed=None)


@pages.get("/projects/<key>/settings/apps/<app_key>/<module_key>")
def project_settings_app(key: str, app_key: str, module_key: str) -> str:
    """One of the app's tabs in the project's settings."""
    project = administered(key)
    framed = _framed(app_key, module_key, {**request.args, "project.key": key})
    return render_template("devhost_settings.html", project=project, tabs=settings_links(project), framed=framed)


@pages.get("/plugins/servlet/ac/<app_key>/<module_key>")
def app_page(app_key: str, module_key: str) -> str | Response:
    """A page of the app on its own: in a project, in the site's settings, or general."""
    place = place_for(site(), me().account_id, request.args)
    _, kind, module = find_module(site(), module_key)
    if kind == "jiraProjectPages" and place.project is None:
        raise NotFound("This page belongs to a project: the address lacks project.key.")
    if kind == "jiraProjectAdminTabPanels" and place.project is not None:
        where = {"key": place.project.key, "app_key": app_key, "module_key": module_key}
        return redirect(url_for("pages.project_settings_app", **where))
    framed = _framed(app_key, module_key, request.args)
    return render_template("devhost_app_page.html", project=place.project, framed=framed, module=module)


@pages.get("/jira/<kind>/projects/<key>/apps/<app_id>/<environment>/<page>")
@pages.get("/jira/<kind>/projects/<key>/settings/apps/<app_id>/<environment>")
@pages.get("/jira/settings/apps/<app_id>/<environment>")
def forge_page(app_id: str, environment: str, kind: str = "", key: str = "", page: str = "") -> Response:
    """The addresses of a Forge app's pages, as Atlassian's documents have them; here they lead to those of any app."""
    installed, modules = app(), _kind_of(key, page)
    found = next((each for each in app_modules(modules) if page in ("", each["key"])), None)
    if installed is None or found is None or site().forge is None or site().forge.place != f"{app_id}/{environment}":
        raise NotFound("No such page of an app.")
    where = {"project.key": key} if key else {}
    return redirect(url_for("pages.app_page", app_key=installed.key, module_key=found["key"], **where))


def _kind_of(key: str, page: str) -> str:
    if page:
        return "jiraProjectPages"
    return "jiraProjectAdminTabPanels" if key else "adminPages"


@pages.get("/dashboard")
def dashboard() -> str:
    """The one dashboard, with every gadget of the app on it."""
    custom = {"dashboard.id": DASHBOARD_ID, "dashboardItem.viewType": "default"}
    gadgets = [
        frame(site(), module["key"], me(), Place(custom={**custom, "dashboardItem.id": str(number)}))
        for number, module in enumerate(app_modules("jiraDashboardItems"), 10100)
    ]
    return render_template("devhost_dashboard.html", gadgets=gadgets)


def _framed(app_key: str, module_key: str, variables: Json) -> Json:
    found, _, _ = find_module(site(), module_key)
    if found.key != app_key:
        raise NotFound(f"The app '{app_key}' is not installed.")
    return frame(site(), module_key, me(), place_for(site(), me().account_id, variables))
