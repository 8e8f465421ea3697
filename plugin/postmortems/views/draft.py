"""The Post-mortem tab: begin, write together, agree, decide on actions, approve, publish."""

from __future__ import annotations

from flask import Response, render_template, request

from connect import (
    ADMINISTER_PROJECT,
    BROWSE_PROJECT,
    WORK_IN_PROJECT,
    JiraError,
    Project,
    User,
    current_principal,
    may,
    page_script,
)
from plugin.postmortems import service
from plugin.postmortems.closing import missing
from plugin.postmortems.forms import ActionForm, ClosingForm, CommentForm, TextForm
from plugin.postmortems.service import Draft
from plugin.postmortems.views.overview import blueprint
from plugin.web.answers import wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _


@blueprint.get("/draft")
@page_script(may=BROWSE_PROJECT)
def draft(project_id: str) -> str:
    return screen(project_id)


@blueprint.post("/draft")
@page_script(may=WORK_IN_PROJECT)
def begin(project_id: str) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.begin(tx, project_id, ports().clock())
    return screen(project_id)


@blueprint.get("/draft/<section>")
@page_script(may=WORK_IN_PROJECT)
def edit(project_id: str, section: str) -> str:
    """The editor of one section."""
    found = _draft(project_id)
    text = found.texts.get(section)
    form = TextForm(data={"text": text.text if text else "", "version": text.version if text else 0})
    return _editor(project_id, section, form)


@blueprint.post("/draft/<section>")
@page_script(may=WORK_IN_PROJECT)
def save(project_id: str, section: str) -> str | Response:
    """Keep it; where somebody saved in the meantime, show both texts and keep neither out."""
    form = TextForm(request.form)
    if not form.validate():
        return wrong_input(_editor(project_id, section, form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        base, text = form.version.data or 0, form.text.data or ""
        theirs = service.save(tx, project_id, section, base, text, current_principal().account_id, ports().clock())
    if theirs is None:
        return screen(project_id, _("It was saved."))
    again = TextForm(data={"text": text, "version": theirs.version})
    return wrong_input(_editor(project_id, section, again, theirs.text))


@blueprint.post("/draft/<section>/comments")
@page_script(may=WORK_IN_PROJECT)
def comment(project_id: str, section: str) -> str | Response:
    form = CommentForm(request.form)
    if not form.validate():
        return wrong_input(screen(project_id))
    _say(project_id, section, form.text.data or "")
    return screen(project_id)


@blueprint.post("/draft/<section>/agree")
@page_script(may=WORK_IN_PROJECT)
def agree(project_id: str, section: str) -> str:
    _say(project_id, section, "")
    return screen(project_id)


@blueprint.post("/actions")
@page_script(may=WORK_IN_PROJECT)
def act(project_id: str) -> str | Response:
    form, people = ActionForm(request.form), _people(project_id)
    form.offer(people)
    if not form.validate():
        return wrong_input(screen(project_id, action_form=form))
    names = {person.account_id: person.display_name for person in people}
    with ports().database.transaction(current_principal().tenant.id) as tx:
        owner = form.owner.data or None
        target_on, now = form.target_on.data, ports().clock()
        assert target_on is not None
        service.act(tx, project_id, form.title.data or "", owner, names.get(owner or "", ""), target_on, now)
    return screen(project_id, _("Decided. Its issue in Jira follows in a moment."))


@blueprint.post("/approve")
@page_script(may=ADMINISTER_PROJECT)
def approve(project_id: str) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.approve(tx, project_id, current_principal().account_id, ports().clock())
    return screen(project_id, _("Approved as it stands. A change would take that back."))


@blueprint.post("/publish")
@page_script(may=ADMINISTER_PROJECT)
def publish(project_id: str) -> str:
    title = _title(_project(project_id))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        number = service.publish(tx, project_id, title, current_principal().account_id, ports().clock())
    return screen(project_id, _("Edition %(number)s is published. It will never change.", number=number))


@blueprint.get("/editions/<int:number>")
@page_script(may=BROWSE_PROJECT)
def edition(project_id: str, number: int) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        found = service.get_edition(tx, project_id, number)
        document = service.read(tx, found, names=may(ADMINISTER_PROJECT, project_id))
    return render_template("postmortems_edition.html", project_id=project_id, edition=found, document=document)


@blueprint.post("/close")
@page_script(may=ADMINISTER_PROJECT)
def close(project_id: str) -> str | Response:
    """End the project; what is missing needs a reason, and nothing forbids it."""
    found, form = _draft(project_id), ClosingForm(request.form)
    lacking = {} if found.facts is None else missing(found.facts, found.actions, found.editions)
    if (lacking or found.facts is None) and not form.validate():
        return wrong_input(screen(project_id, wrong=" ".join(map(str, form.reason.errors))))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        who = current_principal().account_id
        service.close_project(tx, project_id, lacking, form.reason.data or "", who, ports().clock())
    return screen(project_id, _("The project is closed here. In Jira nothing changes."))


def screen(project_id: str, done: str = "", action_form: ActionForm | None = None, wrong: str = "") -> str:
    """The whole tab."""
    found = _draft(project_id)
    names = may(ADMINISTER_PROJECT, project_id)
    with ports().database.reading(current_principal().tenant.id) as tx:
        closed = service.find_closing(tx, project_id)
    form = action_form or _action_form(project_id)
    return render_template(
        "postmortems_draft.html",
        project_id=project_id,
        it=found,
        document=None if found.document is None else found.document.for_reader(names=names),
        missing={} if found.facts is None else missing(found.facts, found.actions, found.editions),
        closed=closed,
        form=form,
        names=names,
        works=may(WORK_IN_PROJECT, project_id),
        done=done,
        wrong=wrong,
    )


def _action_form(project_id: str) -> ActionForm:
    form = ActionForm()
    form.offer(_people(project_id))
    return form


def _draft(project_id: str) -> Draft:
    title = _title(_project_if_reachable(project_id))
    with ports().database.reading(current_principal().tenant.id) as tx:
        return service.draft(tx, project_id, title, ports().clock())


def _say(project_id: str, section: str, text: str) -> None:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.add_voice(tx, project_id, section, text, current_principal().account_id, ports().clock())


def _editor(project_id: str, section: str, form: TextForm, theirs: str | None = None) -> str:
    title = service.title_of(section) if section in service.WRITTEN else ""
    return render_template(
        "postmortems_editor.html", project_id=project_id, section=section, title=title, form=form, theirs=theirs
    )


def _people(project_id: str) -> list[User]:
    """Who can own an action: the reader and the project's lead. Jira's own issue can be given to anybody else."""
    project = _project_if_reachable(project_id)
    lead = None if project is None else project.lead_account_id
    ids = list(dict.fromkeys(each for each in (current_principal().account_id, lead) if each is not None))
    try:
        return ports().jira(current_principal().tenant).list_users(ids) if ids else []
    except JiraError:
        return []


def _project(project_id: str) -> Project:
    return ports().jira(current_principal().tenant).get_project(project_id)


def _project_if_reachable(project_id: str) -> Project | None:
    try:
        return _project(project_id)
    except JiraError:
        return None


def _title(project: Project | None) -> str:
    return _("Post-mortem") if project is None else _("Post-mortem of %(name)s", name=project.name)
