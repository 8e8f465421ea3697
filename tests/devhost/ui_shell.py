"""What all pages of the stand-in share: the blueprint, the site and person of a request, and the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, request, url_for

from tests.devhost.errors import Forbidden
from tests.devhost.frames import title
from tests.devhost.records import Faults, InstalledApp, Json, Project, User
from tests.devhost.site import Site

if TYPE_CHECKING:
    from tests.devhost.host import Devhost

pages = Blueprint(
    "pages", __name__, template_folder="templates", static_folder="static", static_url_path="/devhost/static"
)
THEME_COOKIE = "devhost_theme"
THEMES = ("light", "dark")
LANGUAGES = {"en_US": "English", "de_DE": "Deutsch", "fr_FR": "Français", "es_ES": "Español", "pt_BR": "Português", "ja_JP": "日本語", "it_IT": "Italiano"}  # fmt: skip


@dataclass(frozen=True)
class Link:
    """One entry of the navigation; ``image`` is an address, ``icon`` a symbol of icons.svg, ``alarm`` a short warning."""

    text: str
    href: str
    icon: str = "page"
    image: str = ""
    count: str = ""
    alarm: str = ""


def site() -> Site:
    """The site that this server shows."""
    return cast(Site, current_app.extensions["devhost_site"])


def devhost() -> Devhost:
    """What runs beside the site: keys, mailbox, other sites."""
    return cast("Devhost", current_app.extensions["devhost"])


def people() -> list[User]:
    """Everybody one can be, by name; app accounts are not people."""
    found = [each for each in list(site().users.values()) if each.account_type == "atlassian" and each.active]
    return sorted(found, key=lambda each: each.display_name)


def person_named(account_id_or_name: str | None) -> User | None:
    """The person with that account id or display name, or None."""
    return next((each for each in people() if account_id_or_name in (each.account_id, each.display_name)), None)


def me() -> User:
    """Who is signed in: the cookie's person, else the first one."""
    return person_named(request.cookies.get(site().user_cookie)) or people()[0]


def may(permission: str, project: Project | None = None) -> bool:
    """May the person who is signed in?"""
    return site().may(me().account_id, permission, project.id if project else None)


def require(permission: str, project: Project | None = None) -> None:
    """`Forbidden` unless the person who is signed in holds the permission."""
    if not may(permission, project):
        raise Forbidden("You do not have the permission to see this page.")


def theme() -> str:
    """The colour mode that was chosen: light or dark."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


def app() -> InstalledApp | None:
    """The app, while it is installed and switched on."""
    installed = site().app
    return installed if installed and installed.enabled else None


def app_modules(kind: str) -> list[Json]:
    """The installed app's modules of one kind, lightest first, as Jira orders them."""
    installed = app()
    return sorted(installed.modules(kind), key=lambda each: each.get("weight", 100)) if installed else []


def module_link(module: Json, **query: str) -> Link:
    """To the page that frames a module."""
    installed = app()
    assert installed is not None
    href = url_for("pages.app_page", app_key=installed.key, module_key=module["key"], **query)
    return Link(title(module), href, "app", icon_of(installed, module))


def icon_of(installed: InstalledApp, module: Json) -> str:
    """Address of the module's icon at the app, or ``""``."""
    path = module.get("iconUrl") or module.get("icon", {}).get("url", "")
    return path if not path or "://" in path else installed.base_url + path


def local_time(moment: datetime) -> str:
    """``12 Nov 2026, 14:03`` in the time zone of the person who is signed in."""
    there = moment.astimezone(ZoneInfo(me().time_zone))
    return f"{there.day} {there:%b %Y, %H:%M}"


def project_links(project: Project) -> list[Link]:
    """What the sidebar offers within a project."""
    links = [
        Link("Board", url_for("pages.board", key=project.key), "board"),
        Link("Issues", url_for("pages.search", jql=f"project = {project.key} ORDER BY updated DESC"), "list"),
    ]
    links += [module_link(each, **{"project.key": project.key}) for each in app_modules("jiraProjectPages")]
    if may("ADMINISTER_PROJECTS", project):
        links.append(Link("Project settings", url_for("pages.project_settings", key=project.key), "settings"))
    return links


def admin_links() -> list[Link]:
    """What administrators of the site are offered."""
    if not may("ADMINISTER"):
        return []
    apps = [Link("Manage apps", url_for("pages.manage_apps"), "app")]
    return apps + [module_link(each) for each in app_modules("adminPages")]


def workbench_links() -> list[Link]:
    """Looking behind the scenes; Jira has nothing like it."""
    wrong = sum(bool(each.problems) for each in site().wire)
    return [
        Link("Mailbox", url_for("pages.mailbox"), "mail", count=str(len(devhost().mailbox.messages) or "")),
        Link("Wire log", url_for("pages.wire_log"), "wire", alarm=f"{wrong} wrong" if wrong else ""),
        Link("Faults", url_for("pages.fault_switches"), "fault", alarm="on" if site().faults != Faults() else ""),
    ]
