"""Issues: one of them, the board, and the search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tests.devhost import adf
from tests.devhost.errors import BadRequest, JiraError
from tests.devhost.frames import Place, frame, visible_project
from tests.devhost.records import Issue, Json, Link, Transition
from tests.devhost.ui_shell import app, app_modules, icon_of, local_time, me, pages, require, site

DEFAULT_QUERY = "ORDER BY updated DESC"
ROWS = 200


def offered(issue: Issue) -> list[Transition]:
    """Transitions that lead to another status and that the person may take."""
    if not site().may(me().account_id, "TRANSITION_ISSUES", issue.project_id):
        return []
    return [each for each in site().transitions_for(issue) if each.to_id != issue.status_id]


def shown_value(value: Any) -> str:
    """A value of an app's field as people read it; empty when there is none."""
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def panels(issue: Issue) -> list[Json]:
    """The app's panels of the issue view: heading, icon, and the frame."""
    installed = app()
    place = Place(site().projects[issue.project_id], issue)
    return [
        {"icon": icon_of(installed, module), "frame": frame(site(), module["key"], me(), place)}
        for module in (app_modules("jiraIssueContexts") if installed else [])
    ]


def links_of(issue: Issue) -> list[tuple[str, Issue]]:
    """Linked issues with the words for the link from this end."""

    def seen_from_here(link: Link) -> tuple[str, Issue]:
        inward, outward = site().link_types[link.type_name]
        here_is_inward = link.inward == issue.id
        return (outward, site().issue(link.outward)) if here_is_inward else (inward, site().issue(link.inward))

    return [seen_from_here(each) for each in list(site().links.values()) if issue.id in (each.inward, each.outward)]


@pages.get("/browse/<key>")
def issue_page(key: str) -> str | Response:
    """One issue; an old key leads to the new one."""
    issue = site().visible_issue(key, me().account_id)
    if issue.key != key:
        return redirect(url_for("pages.issue_page", key=issue.key))
    fields = [(each.name, each.type, each.value(issue)) for each in site().app_fields()]
    return render_template(
        "devhost_issue.html",
        issue=issue,
        project=site().projects[issue.project_id],
        transitions=offered(issue),
        app_fields=fields,
        panels=panels(issue),
        links=links_of(issue),
        plain=adf.plain,
        linked=adf.linked,
    )


def _changing(key: str, change: Callable[[Issue], Any]) -> Response:
    """Do something to a visible issue, show a refusal as a notice, and go back to where the form was."""
    issue = site().visible_issue(key, me().account_id)
    try:
        change(issue)
    except JiraError as error:
        flash(str(error), "error")
    return redirect(_back_to(issue))


def _back_to(issue: Issue) -> str:
    board = url_for("pages.board", key=site().projects[issue.project_id].key)
    return board if request.form.get("from") == "board" else url_for("pages.issue_page", key=issue.key)


@pages.post("/browse/<key>/transition")
def take_transition(key: str) -> Response:
    """Move an issue through the workflow."""

    def move(issue: Issue) -> None:
        require("TRANSITION_ISSUES", site().projects[issue.project_id])
        moved = site().transition(issue.id, request.form.get("transition", ""), me().account_id)
        flash(f"{moved.key} is now {site().statuses[moved.status_id].name}.", "success")

    return _changing(key, move)


@pages.post("/browse/<key>/comments")
def add_comment(key: str) -> Response:
    """Add a comment."""

    def comment(issue: Issue) -> None:
        require("ADD_COMMENTS", site().projects[issue.project_id])
        text = request.form.get("comment", "").strip()
        if not text:
            raise BadRequest("Comment body can not be empty!")
        site().add_comment(issue.id, me().account_id, text)

    return _changing(key, comment)


@pages.post("/browse/<key>/edit")
def edit_issue(key: str) -> Response:
    """Change summary, assignee and due date."""

    def edit(issue: Issue) -> None:
        require("EDIT_ISSUES", site().projects[issue.project_id])
        site().edit_issue(issue.id, me().account_id, **_edited())

    return _changing(key, edit)


def _edited() -> Json:
    summary, assignee, due = (request.form.get(name, "").strip() for name in ("summary", "assignee", "due"))
    if not summary:
        raise BadRequest("You must specify a summary of the issue.")
    if assignee and assignee not in site().users:
        raise BadRequest("The assignee does not exist.")
    try:
        due_date = date.fromisoformat(due) if due else None
    except ValueError:
        raise BadRequest("The due date is not a date.") from None
    return {"summary": summary, "assignee": assignee or None, "due_date": due_date}


@pages.get("/boards/<key>")
def board(key: str) -> str:
    """A project's issues by status."""
    project = visible_project(site(), me().account_id, key)
    inside = [each for each in list(site().issues.values()) if each.project_id == project.id]
    columns = [
        (site().statuses[status_id], [each for each in inside if each.status_id == status_id])
        for status_id in project.status_ids
    ]
    return render_template("devhost_board.html", project=project, columns=columns, offered=offered)


@pages.post("/boards/<key>/issues")
def create_issue(key: str) -> Response:
    """Create an issue from the board."""
    project = visible_project(site(), me().account_id, key)
    require("CREATE_ISSUES", project)
    summary = request.form.get("summary", "").strip()
    try:
        if not summary:
            raise BadRequest("You must specify a summary of the issue.")
        made = site().create_issue(project.id, request.form.get("type", ""), summary, me().account_id)
        flash(f"{made.key} was created.", "success")
    except JiraError as error:
        flash(str(error), "error")
    return redirect(url_for("pages.board", key=project.key))


@pages.get("/issues")
def search() -> str:
    """Search by JQL; a query that cannot be read is explained."""
    query = request.args.get("jql", DEFAULT_QUERY)
    found: list[Issue] = []
    refusal = ""
    try:
        found = site().search(query, me().account_id)
    except JiraError as error:
        refusal = str(error)
    return render_template(
        "devhost_search.html",
        query=query,
        found=found[:ROWS],
        total=len(found),
        refusal=refusal,
        fields=site().app_fields(),
    )


@pages.app_template_filter("field_value")
def field_value(value: Any, kind: str) -> str:
    """A field's value by its type: dates in the person's time zone."""
    if kind != "date" or not isinstance(value, str):
        return shown_value(value)
    try:
        return local_time(datetime.fromisoformat(value))
    except ValueError:
        return value
