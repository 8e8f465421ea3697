"""The Surveys tab of the project settings: what is shipped, and what a project makes of it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from connect import ADMINISTER_PROJECT, current_principal, page_script
from plugin.domain import Questionnaire, Turn
from plugin.questionnaires import drafts, library, previews, service
from plugin.questionnaires.forms import SurveyForm
from plugin.questionnaires.previews import Previewed
from plugin.web.answers import Undo, wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.limits import row_id

blueprint = Blueprint(
    "questionnaires", __name__, url_prefix="/projects/<project_id>/surveys", template_folder="templates"
)


@blueprint.get("")
@page_script(may=ADMINISTER_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.get("/new/<template>")
@page_script(may=ADMINISTER_PROJECT)
def new(project_id: str, template: str) -> str:
    made_from = service.shipped(template)
    name = _("Our own: %(name)s", name=library.template_names(page_language())[template])
    return _form(project_id, template, None, SurveyForm(draft=drafts.from_questionnaire(name, made_from)))


@blueprint.post("/new/<template>")
@page_script(may=ADMINISTER_PROJECT)
def add(project_id: str, template: str) -> str | Response:
    service.shipped(template)
    form = SurveyForm(request.form)
    if not form.is_fit():
        return wrong_input(_form(project_id, template, None, form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        survey = service.add_own(tx, project_id, template, form.draft(), ports().clock())
    return _screen(project_id, _("%(name)s was saved. Now choose it in a checkpoint.", name=survey.name))


@blueprint.get("/<int:survey_id>")
@page_script(may=ADMINISTER_PROJECT)
def edit(project_id: str, survey_id: int) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        survey = service.get_own(tx, project_id, survey_id)
        draft = drafts.from_questionnaire(survey.name, service.newest(tx, survey_id))
    return _form(project_id, survey.template, survey_id, SurveyForm(draft=draft))


@blueprint.post("/<int:survey_id>")
@page_script(may=ADMINISTER_PROJECT)
def change(project_id: str, survey_id: int) -> str | Response:
    form = SurveyForm(request.form)
    with ports().database.transaction(current_principal().tenant.id) as tx:
        survey, before = service.get_own(tx, project_id, survey_id), service.newest(tx, survey_id)
        fit = form.is_fit()
        if fit:
            after = service.save(tx, project_id, survey_id, form.draft(), ports().clock())
    if not fit:
        return wrong_input(_form(project_id, survey.template, survey_id, form))
    return _screen(project_id, _saved(form, before, after))


def _saved(form: SurveyForm, before: Questionnaire, after: Questionnaire) -> str:
    name = form.draft().name
    if after.id == before.id:
        return _("%(name)s was saved.", name=name)
    if drafts.advise(form.draft(), before).new_series:
        return _("%(name)s was saved as version %(number)s. A new series of numbers begins.", name=name, number=after.version)  # fmt: skip
    return _("%(name)s was saved as version %(number)s. Its numbers go on.", name=name, number=after.version)


@blueprint.post("/advice")
@page_script(may=ADMINISTER_PROJECT)
def advise(project_id: str) -> str:
    """What to know before this is saved; `survey_id` is "" for a new survey."""
    survey_id = row_id(request.form.get("survey_id", ""))
    with ports().database.reading(current_principal().tenant.id) as tx:
        survey = None if survey_id is None else service.get_own(tx, project_id, survey_id)
        before = None if survey is None else service.newest(tx, survey.id)
    return _advice(SurveyForm(request.form), before)


@blueprint.post("/<int:survey_id>/remove")
@page_script(may=ADMINISTER_PROJECT)
def remove(project_id: str, survey_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        survey = service.remove(tx, project_id, survey_id, ports().clock())
    undo = Undo.to("questionnaires.restore", project_id=project_id, survey_id=survey_id)
    words = _("%(name)s is offered no more. Checkpoints that ask it go on, and answers stay.", name=survey.name)
    return _screen(project_id, words, undo)


@blueprint.post("/<int:survey_id>/restore")
@page_script(may=ADMINISTER_PROJECT)
def restore(project_id: str, survey_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.restore(tx, project_id, survey_id)
    return _screen(project_id, _("The survey is back."))


def _screen(project_id: str, done: str = "", undo: Undo | None = None) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        own = [(survey, service.newest(tx, survey.id)) for survey in service.list_own(tx, project_id)]
    return render_template(
        "questionnaires_screen.html",
        project_id=project_id,
        own=own,
        shipped=[(key, name, service.shipped(key)) for key, name in library.template_names(page_language()).items()],
        done=done,
        undo=undo,
        entry=service.entry,
        preview=lambda choice: _preview(project_id, choice),
    )


def _preview(project_id: str, choice: str) -> str:
    """Address of a page with the mail and the page of a survey."""
    previewed = Previewed(current_principal().tenant.id, project_id, choice)
    return url_for("preview.show", token=previews.token(ports().seal, previewed, ports().clock()))


def _form(project_id: str, template: str, survey_id: int | None, form: SurveyForm) -> str:
    versions = []
    if survey_id is not None:
        with ports().database.reading(current_principal().tenant.id) as tx:
            versions = service.versions(tx, survey_id)
    before = versions[0].questionnaire if versions else None
    return render_template(
        "questionnaires_form.html",
        project_id=project_id,
        template=template,
        survey_id=survey_id,
        form=form,
        versions=versions,
        advice=_advice(form, before),
        steps=_steps,
    )


def _steps(key: str) -> str:
    """What can be chosen as an answer to an item of the library, in the reader's language."""
    item = library.item(key, Turn.IN_TURN)
    return " · ".join(f"{value} {words}".strip() if value.isdecimal() else words for value, words in library.steps(item, page_language()))  # fmt: skip


def _advice(form: SurveyForm, before: Questionnaire | None) -> str:
    return render_template("questionnaires_advice.html", advice=drafts.advise(form.draft(), before))
