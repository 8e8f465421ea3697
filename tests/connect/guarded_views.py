"""One view of each class, and what the tests of guards say about their answers."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint
from werkzeug.test import TestResponse

from connect import (
    ADMINISTER_JIRA,
    ADMINISTER_PROJECT,
    ANY_USER,
    BROWSE_ISSUE,
    BROWSE_PROJECT,
    current_principal,
    may,
    page,
    page_script,
    public,
    survey_link,
)
from connect.guards import webhook

Reasons = Callable[[], list[str]]
views = Blueprint("views", __name__)


@views.route("/page", methods=["GET", "POST"])
@page(may=ANY_USER)
def a_page() -> str:
    caller = current_principal()
    return f"{caller.tenant.client_key} {caller.account_id} {sorted(caller.context.items())}"


@views.route("/script", methods=["GET", "POST"])
@page_script(may=ANY_USER)
def a_script() -> str:
    return f"{current_principal().tenant.client_key} {current_principal().account_id}"


@views.route("/hook", methods=["GET", "POST", "DELETE"])
@webhook
def a_hook() -> str:
    return current_principal().tenant.client_key


@views.get("/issues/<issue_id>")
@page_script(may=BROWSE_ISSUE)
def an_issue(issue_id: str) -> str:
    return issue_id


@views.get("/projects/<int:project_id>")
@page_script(may=BROWSE_PROJECT)
def a_project(project_id: int) -> str:
    return "admin" if may(ADMINISTER_PROJECT, project_id) else "member"


@views.get("/projects/<project_id>/settings")
@page_script(may=ADMINISTER_PROJECT)
def settings(project_id: str) -> str:
    return project_id


@views.get("/administration")
@page(may=ADMINISTER_JIRA)
def administration() -> str:
    return "administration"


@views.get("/s/<token>")
@survey_link
def survey(token: str) -> str:
    return token


@views.get("/folder/")
@public
def folder() -> str:
    return "folder"


@views.get("/forgotten")
def forgotten() -> str:
    return "never seen"


def refused(answer: TestResponse, status: int = 401) -> bool:
    codes = {401: "unauthorized", 403: "forbidden", 404: "not_found", 503: "unavailable"}
    assert (answer.status_code, answer.json) == (status, {"error": codes[status]})
    assert answer.headers["Cache-Control"] == "no-store"
    return True
