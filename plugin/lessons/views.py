"""The Lessons tab: what others offer to this project, what it offers itself, and the library of the site."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from connect import (
    ADMINISTER_PROJECT,
    BROWSE_PROJECT,
    WORK_IN_PROJECT,
    JiraError,
    Project,
    current_principal,
    may,
    page_script,
)
from plugin.activities.service import Kind
from plugin.customers import service as customers
from plugin.lessons import service
from plugin.lessons.forms import ActivityOfferForm, CheckpointOfferForm, DeclineForm, LessonForm
from plugin.lessons.service import Lesson
from plugin.web.answers import Undo, wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _
from plugin.web.limits import LINE_LENGTH

blueprint = Blueprint("lessons", __name__, url_prefix="/projects/<project_id>/lessons", template_folder="templates")


@blueprint.get("")
@page_script(may=BROWSE_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.get("/new")
@page_script(may=WORK_IN_PROJECT)
def new(project_id: str) -> str:
    form = LessonForm()
    _offer_customers(project_id, form)
    return render_template("lessons_form.html", project_id=project_id, form=form)


@blueprint.post("/new")
@page_script(may=WORK_IN_PROJECT)
def add(project_id: str) -> str | Response:
    form = LessonForm(request.form)
    _offer_customers(project_id, form)
    if not form.validate():
        return wrong_input(render_template("lessons_form.html", project_id=project_id, form=form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.add(tx, project_id, form.details(), current_principal().account_id, ports().clock())
    return _screen(project_id, done=_("The lesson is in the library."))


@blueprint.post("/<int:lesson_id>/remove")
@page_script(may=WORK_IN_PROJECT)
def remove(project_id: str, lesson_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.remove(tx, project_id, lesson_id, ports().clock())
    undo = Undo.to("lessons.restore", project_id=project_id, lesson_id=lesson_id)
    return _screen(project_id, done=_("The lesson was taken out of the library."), undo=undo)


@blueprint.post("/<int:lesson_id>/restore")
@page_script(may=WORK_IN_PROJECT)
def restore(project_id: str, lesson_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.restore(tx, project_id, lesson_id)
    return _screen(project_id, done=_("The lesson is back."))


@blueprint.post("/offers/<int:offer_id>/activity")
@page_script(may=WORK_IN_PROJECT)
def accept_as_activity(project_id: str, offer_id: int) -> str | Response:
    form = ActivityOfferForm(request.form)
    if not form.validate():
        return wrong_input(_screen(project_id))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        kind, who = Kind(form.kind.data), current_principal().account_id
        service.accept_as_activity(tx, project_id, offer_id, kind, form.planned_on.data, who, ports().clock())
    return _screen(project_id, done=_("It is in the plan."))


@blueprint.post("/offers/<int:offer_id>/checkpoint")
@page_script(may=ADMINISTER_PROJECT)
def accept_as_checkpoint(project_id: str, offer_id: int) -> str | Response:
    project = ports().jira(current_principal().tenant).get_project(project_id)
    form = CheckpointOfferForm(request.form)
    form.offer(project)
    if not form.validate():
        return wrong_input(_screen(project_id))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        now, who = ports().clock(), current_principal().account_id
        service.accept_as_checkpoint(tx, project_id, offer_id, form.details(project), who, now)
        ports().after_set_up(tx, project_id, now)
    return _screen(project_id, done=_("It is a checkpoint now, and asks from the next such change on."))


@blueprint.post("/offers/<int:offer_id>/decline")
@page_script(may=WORK_IN_PROJECT)
def decline(project_id: str, offer_id: int) -> str | Response:
    form = DeclineForm(request.form)
    if not form.validate():
        return wrong_input(_screen(project_id, wrong=" ".join(map(str, form.reason.errors))))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        who = current_principal().account_id
        service.decline(tx, project_id, offer_id, form.reason.data or "", who, ports().clock())
    return _screen(project_id, done=_("Declined, with your reason."))


def _screen(project_id: str, done: str = "", undo: Undo | None = None, wrong: str = "") -> str:
    words = request.values.get("q", "")[:LINE_LENGTH]
    with ports().database.reading(current_principal().tenant.id) as tx:
        offers, own = service.offers(tx, project_id), service.list_of_project(tx, project_id)
        found = service.find(tx, words) if "q" in request.values else []
        reuse = service.reuse_of_project(tx, project_id)
    project = _project_if_reachable(project_id)
    checkpoint_form = CheckpointOfferForm()
    if project is not None:
        checkpoint_form.offer(project)
    return render_template(
        "lessons_screen.html",
        project_id=project_id,
        offers=offers,
        own=own,
        found=_visible(found, project_id),
        words=words,
        searched="q" in request.values,
        reuse=reuse,
        activity_form=ActivityOfferForm(),
        checkpoint_form=checkpoint_form if project is not None and may(ADMINISTER_PROJECT, project_id) else None,
        works=may(WORK_IN_PROJECT, project_id),
        done=done,
        undo=undo,
        wrong=wrong,
    )


def _visible(lessons: list[Lesson], project_id: str) -> list[Lesson]:
    """Those of projects that the reader may see in Jira, this one's too."""
    seen = {each: each == project_id or may(BROWSE_PROJECT, each) for each in {one.project_id for one in lessons}}
    return [each for each in lessons if seen[each.project_id]]


def _project_if_reachable(project_id: str) -> Project | None:
    """Statuses to choose from; the screen opens while Jira is away."""
    try:
        return ports().jira(current_principal().tenant).get_project(project_id)
    except JiraError:
        return None


def _offer_customers(project_id: str, form: LessonForm) -> None:
    with ports().database.reading(current_principal().tenant.id) as tx:
        form.offer(customers.list_customers(tx, project_id))
