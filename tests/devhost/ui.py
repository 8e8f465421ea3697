"""The pages of the stand-in, put together: `register` adds them to a site's server."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from tests.devhost import ui_admin, ui_frames, ui_inspect, ui_issues, ui_mail, ui_projects, ui_shell, ui_workflow
from tests.devhost.errors import JiraError
from tests.devhost.site import Site
from tests.devhost.ui_frames import CACHE_SECONDS
from tests.devhost.ui_shell import LANGUAGES, THEME_COOKIE, THEMES, me, pages, person_named, site
from tests.devhost.vendor import VendorFileWrong

if TYPE_CHECKING:
    from tests.devhost.host import Devhost

PARTS = (
    ui_admin,
    ui_frames,
    ui_inspect,
    ui_issues,
    ui_mail,
    ui_projects,
    ui_workflow,
)  # importing them adds their routes
# Pages of ours run no inline script and frame anything; frames of the app have their own policy.
POLICY = (
    "default-src 'self'; img-src * data:; style-src 'self' 'unsafe-inline'; frame-src *; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def register(app: Flask, devhost: Devhost, site: Site) -> None:
    """Add every page of *site* to *app*, and their error pages."""
    app.extensions["devhost"], app.extensions["devhost_site"] = devhost, site
    app.secret_key = app.secret_key or secrets.token_bytes()
    app.config["SESSION_COOKIE_NAME"] = f"devhost_session_{site.name}"  # ports share cookies
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = CACHE_SECONDS
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(pages)


@pages.before_request
def one_origin() -> Response | None:
    """The frames' bridge knows the site by its base URL, so that 127.0.0.1 must lead to localhost."""
    elsewhere = request.host.startswith("127.0.0.1") and not request.path.startswith("/devhost/")  # but Forge's bundle
    if request.method == "GET" and elsewhere:
        return redirect(site().base_url + request.full_path.rstrip("?"))
    return None


@pages.before_request
def switch_person() -> Response | None:
    """``?as=Pia Lead`` (or an account id) signs somebody else in, on any page."""
    if request.method != "GET" or "as" not in request.args:
        return None
    rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "as"])
    return _signed_in(request.args["as"], f"{request.path}?{rest}" if rest else request.path)


def _signed_in(who: str, then: str) -> Response:
    person = person_named(who) or abort(404, f"Nobody here is called {who}.")
    answer = redirect(then)
    answer.set_cookie(site().user_cookie, person.account_id, samesite="Lax")
    return answer


@pages.post("/devhost/user")
def choose_user() -> Response:
    """The switch “Signed in as”."""
    return _signed_in(request.form.get("user", ""), _here())


@pages.post("/devhost/theme")
def choose_theme() -> Response:
    """The theme button, where no script runs."""
    answer = redirect(_here())
    answer.set_cookie(THEME_COOKIE, THEMES[1 - THEMES.index(ui_shell.theme())], samesite="Lax")
    return answer


@pages.post("/devhost/language")
def choose_language() -> Response:
    """What Jira has in the profile of a person. The stand-in itself goes on in English; the app is told."""
    if (chosen := request.form.get("language", "")) in LANGUAGES:
        ui_shell.me().locale = chosen
    return redirect(_here())


def _here() -> str:
    back = request.form.get("here", "")
    return back if back.startswith("/") and not back.startswith("//") else url_for("pages.home")


@pages.after_request
def remember_person(answer: Response) -> Response:
    """Calls to REST read the cookie, so that the first visit must set it."""
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    chosen = any(each.startswith(site().user_cookie) for each in answer.headers.getlist("Set-Cookie"))
    if not chosen and person_named(request.cookies.get(site().user_cookie)) is None:
        answer.set_cookie(site().user_cookie, me().account_id, samesite="Lax")
    return answer


@pages.errorhandler(JiraError)
def refused(error: JiraError) -> tuple[str, int] | tuple[dict[str, Any], int]:
    """What Jira's rules refuse: a page, or JSON for the scripts of a page."""
    if request.path.startswith("/devhost/"):
        return error.body(), error.status
    return render_template("devhost_error.html", words=str(error), status=error.status), error.status


@pages.errorhandler(HTTPException)
def wrong(error: HTTPException) -> tuple[str, int]:
    """Addresses and methods that are not there."""
    status = error.code or 500
    return render_template("devhost_error.html", words=error.description or error.name, status=status), status


@pages.errorhandler(VendorFileWrong)
def not_built(error: VendorFileWrong) -> tuple[str, int]:
    """The front-end files of others are missing: say what to run."""
    return str(error), 503


@pages.context_processor
def shell() -> dict[str, Any]:
    """What every template may name."""
    return {
        "site": site(),
        "me": me(),
        "people": ui_shell.people(),
        "languages": LANGUAGES,
        "theme": ui_shell.theme(),
        "app": ui_shell.app(),
        "may": ui_shell.may,
        "projects_here": site().visible_projects(me().account_id),
        "project_links": ui_shell.project_links,
        "admin_links": ui_shell.admin_links(),
        "workbench_links": ui_shell.workbench_links(),
        "local_time": ui_shell.local_time,
    }
