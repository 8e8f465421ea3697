"""Which kind of token a route accepts. Every view carries one mark; a route without one is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Flask, current_app, g

from connect.permissions import Permission, Permissions
from connect.tenants import Principal

_MARK = "_connect_guard"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Guard:
    """One class of route. `framed`: Jira shows its answers in an iframe. `permission`: asked of Jira for each call."""

    name: str
    permission: Permission | None = None

    @property
    def framed(self) -> bool:
        return self.name == "page"

    @property
    def framed_by_ourselves(self) -> bool:
        """A page of ours shows its answers in frames, in a tab of its own."""
        return self.name == "preview"

    @property
    def for_machines(self) -> bool:
        """Its refusals are JSON, not a page for people."""
        return self.name in ("lifecycle", "webhook", "invocation", "page_script")


LIFECYCLE = Guard("lifecycle")
WEBHOOK = Guard("webhook")
INVOCATION = Guard("invocation")
SURVEY_LINK = Guard("survey_link")
PREVIEW = Guard("preview")
PUBLIC = Guard("public")


def lifecycle(view: View) -> View:
    """Accepts only Atlassian's own signature (RS256): installed and uninstalled."""
    return _mark(view, LIFECYCLE)


def webhook(view: View) -> View:
    """Accepts only the site's signature over this request, in the Authorization header."""
    return _mark(view, WEBHOOK)


def invocation(view: View) -> View:
    """Accepts only Atlassian's word on a trigger or schedule of our Forge app, in the Authorization header."""
    return _mark(view, INVOCATION)


def survey_link(view: View) -> View:
    """Public, for customers without an account: the product resolves its own token."""
    return _mark(view, SURVEY_LINK)


def preview(view: View) -> View:
    """Public, for a look at what customers will get: the product resolves its own sealed address. Nothing can be sent."""
    return _mark(view, PREVIEW)


def public(view: View) -> View:
    """Open to everyone: the descriptor, health, static files."""
    return _mark(view, PUBLIC)


def page(*, may: Permission) -> Callable[[View], View]:
    """A page that Jira opens in an iframe: token in `?jwt=` for this very address, and a user who may."""
    return lambda view: _mark(view, Guard("page", may))


def page_script(*, may: Permission) -> Callable[[View], View]:
    """Called by scripts of our pages: context token in the Authorization header, and a user who may."""
    return lambda view: _mark(view, Guard("page_script", may))


def _mark(view: View, guard: Guard) -> View:
    if hasattr(view, _MARK):
        raise TypeError(f"{view.__name__} already has a guard: a route accepts exactly one kind of token")
    setattr(view, _MARK, guard)
    return view


def guard_of(app: Flask, endpoint: str) -> Guard | None:
    """The mark of an endpoint's view, None without one. Static files are public."""
    return PUBLIC if is_static(app, endpoint) else getattr(app.view_functions[endpoint], _MARK, None)


def is_static(app: Flask, endpoint: str | None) -> bool:
    """Whether Flask itself serves it from a folder. A view of ours that happens to be called `static` is not meant."""
    if endpoint is None or endpoint == "static":
        return endpoint == "static" and app.has_static_folder
    return getattr(app.view_functions[endpoint], "__func__", None) is Blueprint.send_static_file


def unguarded(app: Flask) -> list[str]:
    """Routes that are closed because nobody said who may call them, or what they must be allowed to, or whose
    permission needs an argument that the route does not have. Empty in a healthy app."""
    return [
        f"{rule.endpoint} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if (guard := guard_of(app, rule.endpoint)) is None
        or (guard.name in ("page", "page_script") and guard.permission is None)
        or (guard.permission and guard.permission.argument and guard.permission.argument not in rule.arguments)
    ]


def current_principal() -> Principal:
    """Who is calling, on a page, page_script or webhook route. RuntimeError elsewhere: that is a bug of ours."""
    principal = g.get("connect_principal")
    if not isinstance(principal, Principal):
        raise RuntimeError("no verified caller: the route has no guard that yields one")
    return principal


def project_of_issue(issue_id: str) -> str:
    """Id of the project in which Jira has the issue: what an address says about that proves nothing. Remembered like
    permissions. Raises JiraError."""
    found: str = current_app.extensions["connect"].project_of_issue(current_principal().tenant, issue_id)
    return found


def may(permission: Permission, object_id: str | int | None = None) -> bool:
    """Whether the caller has it, to show or hide something. `object_id`: id of the issue or project. Remembered like
    the guards' own questions; raises Unavailable when Jira gives no answer."""
    permissions: Permissions = current_app.extensions["connect"].permissions
    return permissions.allows(current_principal(), permission, object_id)


def current_guard() -> Guard | None:
    """The class of the current request's route; None for an address that is not there, or a route without a mark."""
    guard: Guard | None = g.get("connect_guard")
    return guard


def is_for_machines(path: str) -> bool:
    """Whether an address, there or not, is one of those under which Atlassian's servers call."""
    return path.startswith(("/connect/", "/forge/"))
