"""The Plan tab of a project, and the one line from the panel of an issue."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from connect import BROWSE_PROJECT, WORK_IN_PROJECT, WORK_ON_ISSUE, current_principal, may, page_script
from plugin.activities import service
from plugin.activities.forms import ActivityForm, LineForm, NoteForm
from plugin.activities.ledger import Kind
from plugin.errors import NotFound
from plugin.web.answers import Undo, wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("activities", __name__, template_folder="templates")


@blueprint.get("/projects/<project_id>/plan")
@page_script(may=BROWSE_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.get("/projects/<project_id>/plan/new")
@page_script(may=WORK_IN_PROJECT)
def new(project_id: str) -> str:
    return _form(project_id, None, ActivityForm(planned_on=ports().clock().date()))


@blueprint.post("/projects/<project_id>/plan/new")
@page_script(may=WORK_IN_PROJECT)
def add(project_id: str) -> str | Response:
    form = ActivityForm(request.form)
    if not form.validate():
        return wrong_input(_form(project_id, None, form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.add(tx, project_id, form.details(), current_principal().account_id, ports().clock())
    return _screen(project_id, done=_("It is in the plan."))


@blueprint.get("/projects/<project_id>/plan/<int:activity_id>")
@page_script(may=WORK_IN_PROJECT)
def edit(project_id: str, activity_id: int) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        activity = service.get(tx, project_id, activity_id)
    return _form(project_id, activity_id, ActivityForm(obj=activity))


@blueprint.post("/projects/<project_id>/plan/<int:activity_id>")
@page_script(may=WORK_IN_PROJECT)
def change(project_id: str, activity_id: int) -> str | Response:
    form = ActivityForm(request.form)
    if not form.validate():
        return wrong_input(_form(project_id, activity_id, form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.finish(tx, project_id, activity_id, form.details(), ports().clock())
    return _screen(project_id, done=_("The activity was saved."))


@blueprint.post("/projects/<project_id>/plan/<int:activity_id>/remove")
@page_script(may=WORK_IN_PROJECT)
def remove(project_id: str, activity_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.remove(tx, project_id, activity_id, ports().clock())
    undo = Undo.to("activities.restore", project_id=project_id, activity_id=activity_id)
    return _screen(project_id, done=_("The activity was taken out of the plan."), undo=undo)


@blueprint.post("/projects/<project_id>/plan/<int:activity_id>/restore")
@page_script(may=WORK_IN_PROJECT)
def restore(project_id: str, activity_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.restore(tx, project_id, activity_id)
    return _screen(project_id, done=_("The activity is back."))


@blueprint.post("/projects/<project_id>/plan/<any(checkpoint, case):source>/<int:number>")
@page_script(may=WORK_IN_PROJECT)
def note(project_id: str, source: str, number: int) -> str | Response:
    """More is needed of something that the app does by itself."""
    form = NoteForm(request.form)
    if not form.validate():
        return wrong_input(_screen(project_id))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        now, key = ports().clock(), f"{source}:{number}"
        if key not in {line.key for line in service.ledger(tx, project_id, now)}:
            raise NotFound("this activity does not exist any more")
        service.note(tx, project_id, key, form.more.data or "", current_principal().account_id, now)
    return _screen(project_id, done=_("It was noted."))


@blueprint.post("/issues/<issue_id>/activities")
@page_script(may=WORK_ON_ISSUE)
def add_line(issue_id: str) -> str | Response:
    """One line from the panel of an issue; the answer takes the place of the form."""
    form = LineForm(request.form)
    if not form.validate():
        return wrong_input(render_template("activities_line.html", issue_id=issue_id, form=form))
    issue = ports().jira(current_principal().tenant).get_issue(issue_id)
    with ports().database.transaction(current_principal().tenant.id) as tx:
        kind, text, who = Kind(form.kind.data), form.title.data or "", current_principal().account_id
        service.add_line(tx, issue.project_id, kind, text, issue.key, who, ports().clock())
    return make_response(render_template("activities_line.html", issue_id=issue_id, form=LineForm(), done=text))


def _screen(project_id: str, done: str = "", undo: Undo | None = None) -> str:
    now = ports().clock()
    with ports().database.reading(current_principal().tenant.id) as tx:
        lines = service.ledger(tx, project_id, now)
    return render_template(
        "activities_screen.html",
        project_id=project_id,
        ahead=[line for line in lines if line.done_on is None],
        past=[line for line in reversed(lines) if line.done_on is not None],
        sums=service.completion(lines),
        today=now.date(),
        works=may(WORK_IN_PROJECT, project_id),
        done=done,
        undo=undo,
    )


def _form(project_id: str, activity_id: int | None, form: ActivityForm) -> str:
    return render_template("activities_form.html", project_id=project_id, activity_id=activity_id, form=form)
