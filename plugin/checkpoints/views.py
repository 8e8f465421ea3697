"""The Checkpoints tab, and the page of Jira's project settings that holds all tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from connect import ADMINISTER_PROJECT, JiraError, Project, current_principal, page, page_script
from plugin.checkpoints import service
from plugin.checkpoints.forms import CheckpointForm
from plugin.customers import service as customers
from plugin.questionnaires import service as questionnaires
from plugin.web.answers import Undo, wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("checkpoints", __name__, url_prefix="/projects/<project_id>", template_folder="templates")


@blueprint.get("/settings")
@page(may=ADMINISTER_PROJECT)
def settings(project_id: str) -> str:
    return _screen(project_id, template="checkpoints_page.html")


@blueprint.get("/checkpoints")
@page_script(may=ADMINISTER_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.get("/checkpoints/new")
@page_script(may=ADMINISTER_PROJECT)
def new(project_id: str) -> str:
    return _form(project_id, None, _form_of(_project(project_id), values={"template": "delivery"}))


@blueprint.post("/checkpoints/new")
@page_script(may=ADMINISTER_PROJECT)
def add(project_id: str) -> str | Response:
    project = _project(project_id)
    form = _form_of(project, request.form)
    if not form.validate():
        return wrong_input(_form(project_id, None, form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.add(tx, project_id, form.details(project), ports().clock())
        ports().after_set_up(tx, project_id, ports().clock())
    return _screen(project_id, done=_("The checkpoint is on. It asks from the next such change on."))


@blueprint.get("/checkpoints/<int:checkpoint_id>")
@page_script(may=ADMINISTER_PROJECT)
def edit(project_id: str, checkpoint_id: int) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        checkpoint = service.get_of_project(tx, project_id, checkpoint_id)
        template = questionnaires.choice(tx, checkpoint.survey_id)
    values = {name: getattr(checkpoint, name) for name in checkpoint.__dataclass_fields__} | {"template": template}
    return _form(project_id, checkpoint_id, _form_of(_project(project_id), values=values))


@blueprint.post("/checkpoints/<int:checkpoint_id>")
@page_script(may=ADMINISTER_PROJECT)
def change(project_id: str, checkpoint_id: int) -> str | Response:
    project = _project(project_id)
    form = _form_of(project, request.form)
    if not form.validate():
        return wrong_input(_form(project_id, checkpoint_id, form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.change(tx, project_id, checkpoint_id, form.details(project), ports().clock())
    return _screen(project_id, done=_("The checkpoint was saved."))


@blueprint.post("/checkpoints/<int:checkpoint_id>/<any(on, off):state>")
@page_script(may=ADMINISTER_PROJECT)
def switch(project_id: str, checkpoint_id: int, state: str) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.switch(tx, project_id, checkpoint_id, state == "on")
    return _screen(
        project_id,
        done=_("The checkpoint asks again.") if state == "on" else _("The checkpoint is paused. Nobody is asked."),
    )


@blueprint.post("/checkpoints/<int:checkpoint_id>/remove")
@page_script(may=ADMINISTER_PROJECT)
def remove(project_id: str, checkpoint_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.remove(tx, project_id, checkpoint_id, ports().clock())
    undo = Undo.to("checkpoints.restore", project_id=project_id, checkpoint_id=checkpoint_id)
    return _screen(project_id, done=_("The checkpoint was removed. Its answers stay."), undo=undo)


@blueprint.post("/checkpoints/<int:checkpoint_id>/restore")
@page_script(may=ADMINISTER_PROJECT)
def restore(project_id: str, checkpoint_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.restore(tx, project_id, checkpoint_id)
    return _screen(project_id, done=_("The checkpoint is back."))


def _form_of(project: Project, sent: Any = None, values: Mapping[str, object] | None = None) -> CheckpointForm:
    with ports().database.reading(current_principal().tenant.id) as tx:
        own = questionnaires.list_own(tx, project.id)
    choices = [SelectChoice(questionnaires.entry(survey), survey.name) for survey in own]
    return CheckpointForm.of_project(project, sent, values, choices)


def _project(project_id: str) -> Project:
    return ports().jira(current_principal().tenant).get_project(project_id)


def _project_if_reachable(project_id: str) -> Project | None:
    """Names only decorate the list: it must open while Jira is away."""
    try:
        return _project(project_id)
    except JiraError:
        return None


def _screen(
    project_id: str, template: str = "checkpoints_screen.html", done: str = "", undo: Undo | None = None
) -> str:
    project = _project_if_reachable(project_id)
    with ports().database.reading(current_principal().tenant.id) as tx:
        checkpoints = service.list_of_project(tx, project_id)
        surveys = {checkpoint.id: questionnaires.newest(tx, checkpoint.survey_id) for checkpoint in checkpoints}
        has_customers = bool(customers.list_customers(tx, project_id))
    return render_template(
        template,
        project_id=project_id,
        project=project,
        checkpoints=checkpoints,
        surveys=surveys,
        has_customers=has_customers,
        status_names={} if project is None else {status.id: status.name for status in project.statuses},
        type_names={} if project is None else {kind.id: kind.name for kind in project.issue_types},
        done=done,
        undo=undo,
    )


def _form(project_id: str, checkpoint_id: int | None, form: CheckpointForm) -> str:
    return render_template("checkpoints_form.html", project_id=project_id, checkpoint_id=checkpoint_id, form=form)
