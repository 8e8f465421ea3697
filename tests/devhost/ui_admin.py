"""Site settings: installing the app, installing it again, removing it."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tests.devhost import lifecycle
from tests.devhost.lifecycle import InstallRefused
from tests.devhost.ui_shell import admin_links, devhost, pages, require, site

SCOPE_WORDS = {
    "READ": "see what people see in projects",
    "WRITE": "change issues",
    "DELETE": "delete issues",
    "PROJECT_ADMIN": "administer projects",
    "ADMIN": "administer the site",
    "ACT_AS_USER": "act in the name of people",
    "ACCESS_EMAIL_ADDRESSES": "see e-mail addresses",
}


@pages.get("/admin")
def admin() -> Response:
    """The site's settings open on the apps."""
    return redirect(url_for("pages.manage_apps"))


@pages.get("/admin/apps")
def manage_apps() -> str:
    """The installed app, and a form to install one."""
    return _manage_apps()


def _manage_apps(refusal: str = "", url: str = "") -> str:
    require("ADMINISTER")
    return render_template(
        "devhost_apps.html",
        installed=site().app,
        refusal=refusal,
        url=url or devhost().descriptor_url or "",
        admin_pages=admin_links()[1:],
        scope_words=SCOPE_WORDS,
    )


def _lifecycle(step: Callable[[], object], done: str, url: str = "") -> str | tuple[str, int] | Response:
    require("ADMINISTER")
    try:
        step()
    except InstallRefused as error:
        return _manage_apps(str(error), url), 400
    flash(done, "success")
    return redirect(url_for("pages.manage_apps"))


@pages.post("/admin/apps/install")
def install_app() -> str | tuple[str, int] | Response:
    """Install from a descriptor address."""
    url = request.form.get("url", "").strip()
    return _lifecycle(lambda: lifecycle.install(site(), devhost().keys, url), "The app was installed.", url)


@pages.post("/admin/apps/reinstall")
def reinstall_app() -> str | tuple[str, int] | Response:
    """Install the same app again: a new shared secret."""
    return _lifecycle(lambda: lifecycle.reinstall(site(), devhost().keys), "The app was installed again.")


@pages.post("/admin/apps/uninstall")
def uninstall_app() -> str | tuple[str, int] | Response:
    """Remove the app."""
    return _lifecycle(lambda: lifecycle.uninstall(site(), devhost().keys), "The app was removed.")
