"""The Checkpoints tab, and the page of Jira's project settings that holds all tabs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from connect import ADMINISTER_PROJECT, JiraError, current_principal, page, page_script
from plugin.checkpoints import service
from plugin.checkpoints.forms import CalendarForm, CheckpointForm, Offer, TransitionForm, form_for
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Checkpoint
from plugin.questionnaires import service as questionnaires
from plugin.web.answers import Undo, wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("checkpoints", __name__, url_prefix="/projects/<project_id>", template_folder="../templates")


@blueprint.get("/settings")
@page(may=ADMINISTER_PROJECT)
def settings(project_id: str) -> str:
    return list_screen(project_id, template="checkpoints_page.html")


@blueprint.get("/checkpoints")
@page_script(may=ADMINISTER_PROJECT)
def screen(project_id: str) -> str:
    return list_screen(project_id)


@blueprint.get("/checkpoints/new")
@page_script(may=ADMINISTER_PROJECT)
def new(project_id: str) -> str:
    return _new_form(project_id, TransitionForm.offering(offer_of(project_id), values={"template": "delivery"}))


@blueprint.post("/checkpoints/new")
@page_script(may=ADMINISTER_PROJECT)
def add(project_id: str) -> str | Response:
    return _add(project_id, TransitionForm, _("The checkpoint is on. It asks from the next such change on."))


@blueprint.get("/checkpoints/calendar/<any(kickoff, pulse, close):moment>")
@page_script(may=ADMINISTER_PROJECT)
def new_by_calendar(project_id: str, moment: str) -> str:
    """A form that is filled in for the start of a project, for its end, or for asking in between."""
    values = {
        "template": moment,
        "starts_on": (ports().clock() + timedelta(days=7)).date(),
        "every_weeks": 4 if moment == "pulse" else None,
    }
    return _new_form(project_id, CalendarForm.offering(offer_of(project_id), values=values))


@blueprint.post("/checkpoints/calendar/new")
@page_script(may=ADMINISTER_PROJECT)
def add_by_calendar(project_id: str) -> str | Response:
    return _add(project_id, CalendarForm, _("The checkpoint is on. It asks on its first day."))


def _add(project_id: str, kind: type[CheckpointForm], done: str) -> str | Response:
    offer = offer_of(project_id)
    form = kind.offering(offer, request.form)
    if not valid(form, project_id):
        return wrong_input(_new_form(project_id, form))
    now = ports().clock()
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.learn_workflow(tx, offer.project, now)
        service.add(tx, project_id, form.details(offer), now)
        ports().after_set_up(tx, project_id, now)
    return list_screen(project_id, done=done)


@blueprint.get("/checkpoints/<int:checkpoint_id>")
@page_script(may=ADMINISTER_PROJECT)
def edit(project_id: str, checkpoint_id: int) -> str:
    return edit_form(project_id, checkpoint_id, None, "checkpoints.change", "checkpoints.screen")


@blueprint.post("/checkpoints/<int:checkpoint_id>")
@page_script(may=ADMINISTER_PROJECT)
def change(project_id: str, checkpoint_id: int) -> str | Response:
    wrong = save_changes(project_id, checkpoint_id)
    if wrong is not None:
        return wrong_input(edit_form(project_id, checkpoint_id, wrong, "checkpoints.change", "checkpoints.screen"))
    return list_screen(project_id, done=_("The checkpoint was saved."))


@blueprint.post("/checkpoints/<int:checkpoint_id>/<any(on, off):state>")
@page_script(may=ADMINISTER_PROJECT)
def switch(project_id: str, checkpoint_id: int, state: str) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.switch(tx, project_id, checkpoint_id, state == "on", ports().clock())
    return list_screen(
        project_id,
        done=_("The checkpoint asks again.") if state == "on" else _("The checkpoint is paused. Nobody is asked."),
    )


@blueprint.post("/checkpoints/<int:checkpoint_id>/remove")
@page_script(may=ADMINISTER_PROJECT)
def remove(project_id: str, checkpoint_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.remove(tx, project_id, checkpoint_id, ports().clock())
    undo = Undo.to("checkpoints.restore", project_id=project_id, checkpoint_id=checkpoint_id)
    return list_screen(project_id, done=_("The checkpoint was removed. Its answers stay."), undo=undo)


@blueprint.post("/checkpoints/<int:checkpoint_id>/restore")
@page_script(may=ADMINISTER_PROJECT)
def restore(project_id: str, checkpoint_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.restore(tx, project_id, checkpoint_id, ports().clock())
    return list_screen(project_id, done=_("The checkpoint is back."))


# ── shared with the screens of setting up ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Names:
    """What things of a project are called, by id; some or all are missing while Jira is away."""

    statuses: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    reachable: bool = True
    of_service_desk: bool = False


def offer_of(project_id: str) -> Offer:
    """Raises JiraError."""
    tenant = current_principal().tenant
    with ports().database.reading(tenant.id) as tx:
        own = questionnaires.list_own(tx, project_id)
    jira = ports().jira(tenant)
    return Offer(jira.get_project(project_id), jira.list_people_fields(), own)


def valid(form: CheckpointForm, project_id: str) -> bool:
    """Whether everything can be used, also in Jira's eyes. Raises JiraError."""
    if not form.validate():
        return False
    if not isinstance(form, TransitionForm):
        return True
    return form.check_condition(project_id, ports().jira(current_principal().tenant).find_jql_errors)


def names_of(project_id: str, checkpoints: list[Checkpoint]) -> Names:
    """Names only decorate a screen: it must open while Jira is away."""
    jira = ports().jira(current_principal().tenant)
    try:
        project = jira.get_project(project_id)
        asked = any(checkpoint.audience_field.startswith("customfield_") for checkpoint in checkpoints)
        fields = jira.list_people_fields() if asked else []
    except JiraError:
        with ports().database.reading(current_principal().tenant.id) as tx:
            known = service.find_workflow(tx, project_id)
        if known is None:
            return Names(reachable=False)
        return Names(
            {each.id: each.name for each in known.statuses},
            {each.id: each.name for each in known.issue_types},
            reachable=False,
        )
    return Names(
        {each.id: each.name for each in project.statuses},
        {each.id: each.name for each in project.issue_types},
        {each.id: each.name for each in fields},
        of_service_desk=project.of_service_desk,
    )


def list_screen(
    project_id: str, template: str = "checkpoints_screen.html", done: str = "", undo: Undo | None = None
) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        checkpoints = service.list_of_project(tx, project_id)
        surveys = surveys_of(tx, checkpoints)
        drafts = service.list_drafts(tx, project_id)
        has_customers = bool(customers.list_customers(tx, project_id))
    return render_template(
        template,
        project_id=project_id,
        checkpoints=checkpoints,
        surveys=surveys,
        drafts=drafts,
        has_customers=has_customers,
        names=names_of(project_id, checkpoints),
        done=done,
        undo=undo,
    )


def surveys_of(tx: Tx, checkpoints: list[Checkpoint]) -> dict[int, Any]:
    """What each checkpoint asks, by its id."""
    return {checkpoint.id: questionnaires.newest(tx, checkpoint.survey_id) for checkpoint in checkpoints}


def edit_form(project_id: str, checkpoint_id: int, form: CheckpointForm | None, save_to: str, back_to: str) -> str:
    """The form of a checkpoint as it is, or with what was entered. `save_to` and `back_to` are endpoints."""
    with ports().database.reading(current_principal().tenant.id) as tx:
        checkpoint = service.get_of_project(tx, project_id, checkpoint_id)
        template = questionnaires.choice(tx, checkpoint.survey_id)
    values = {name: getattr(checkpoint, name) for name in checkpoint.__dataclass_fields__} | {"template": template}
    return _form(
        project_id,
        form or form_for(checkpoint).offering(offer_of(project_id), values=values),
        checkpoint_id,
        heading=_("Edit checkpoint"),
        save_to=url_for(save_to, project_id=project_id, checkpoint_id=checkpoint_id),
        back_to=url_for(back_to, project_id=project_id),
    )


def save_changes(project_id: str, checkpoint_id: int) -> CheckpointForm | None:
    """Save what was sent; the form with its errors where it cannot be used."""
    offer, now = offer_of(project_id), ports().clock()
    with ports().database.reading(current_principal().tenant.id) as tx:
        kind = form_for(service.get_of_project(tx, project_id, checkpoint_id))
    form = kind.offering(offer, request.form)
    if not valid(form, project_id):
        return form
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.learn_workflow(tx, offer.project, now)
        service.change(tx, project_id, checkpoint_id, form.details(offer), now)
    return None


def _new_form(project_id: str, form: CheckpointForm) -> str:
    by_calendar = isinstance(form, CalendarForm)
    return _form(
        project_id,
        form,
        None,
        heading=_("New checkpoint by the calendar") if by_calendar else _("New checkpoint"),
        save_to=url_for("checkpoints.add_by_calendar" if by_calendar else "checkpoints.add", project_id=project_id),
        back_to=url_for("checkpoints.screen", project_id=project_id),
    )


def _form(project_id: str, form: CheckpointForm, checkpoint_id: int | None, **more: str) -> str:
    """Days of the calendar lie ahead: only what issues set off can be tried on the past."""
    tried = isinstance(form, TransitionForm)
    try_at = url_for("suggestions.try_form", project_id=project_id, checkpoint_id=checkpoint_id) if tried else ""
    return render_template("checkpoints_form.html", project_id=project_id, form=form, try_at=try_at, **more)
