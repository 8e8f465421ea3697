"""Setting up: read the project's history, look over what is proposed, try it on the past, switch it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, render_template, request

from connect import ADMINISTER_PROJECT, current_principal, page_script
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.forms import TransitionForm
from plugin.checkpoints.views.project import edit_form, list_screen, names_of, offer_of, save_changes, surveys_of, valid
from plugin.checkpoints.workflow import Workflow
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Checkpoint
from plugin.history import service as history
from plugin.history.service import Reading
from plugin.suggestions import progress, service, trials
from plugin.suggestions.wording import Words
from plugin.web.answers import Undo, wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _
from plugin.web.languages import ngettext
from plugin.web.limits import row_id

blueprint = Blueprint("suggestions", __name__, url_prefix="/projects/<project_id>/set-up", template_folder="templates")


@blueprint.get("")
@page_script(may=ADMINISTER_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.post("/<any(begin, cancel, resume):task>")
@page_script(may=ADMINISTER_PROJECT)
def read(project_id: str, task: str) -> str:
    now = ports().clock()
    tasks: dict[str, Callable[[Tx], None]] = {
        "begin": lambda tx: history.begin(tx, project_id, now),
        "cancel": lambda tx: history.cancel(tx, project_id),
        "resume": lambda tx: history.resume(tx, project_id, now),
    }
    with ports().database.transaction(current_principal().tenant.id) as tx:
        tasks[task](tx)
    return _screen(project_id)


@blueprint.get("/progress")
@page_script(may=ADMINISTER_PROJECT)
def show_progress(project_id: str) -> str:
    """Asked each second while the screen is open; once there is more to see than a number, it asks for the screen."""
    with ports().database.reading(current_principal().tenant.id) as tx:
        known = history.known(tx, project_id)
    found = progress.of(known, ports().clock())
    return render_template("suggestions_progress.html", project_id=project_id, progress=found)


@blueprint.post("/<int:checkpoint_id>/<any(leave_out, bring_back):word>")
@page_script(may=ADMINISTER_PROJECT)
def say(project_id: str, checkpoint_id: int, word: str) -> str:
    now, leaving = ports().clock(), word == "leave_out"
    with ports().database.transaction(current_principal().tenant.id) as tx:
        draft = service.get_draft(tx, project_id, checkpoint_id)
        if leaving:
            checkpoints.remove(tx, project_id, checkpoint_id, now)
        else:
            checkpoints.restore(tx, project_id, checkpoint_id, now)
    undo = Undo.to("suggestions.say", project_id=project_id, checkpoint_id=checkpoint_id, word="bring_back")
    words = _("“%(name)s” is left out.", name=draft.name) if leaving else _("“%(name)s” is back.", name=draft.name)
    return _screen(project_id, words, undo if leaving else None)


@blueprint.get("/<int:checkpoint_id>")
@page_script(may=ADMINISTER_PROJECT)
def edit(project_id: str, checkpoint_id: int) -> str:
    return edit_form(project_id, checkpoint_id, None, "suggestions.change", "suggestions.screen")


@blueprint.post("/<int:checkpoint_id>")
@page_script(may=ADMINISTER_PROJECT)
def change(project_id: str, checkpoint_id: int) -> str | Response:
    wrong = save_changes(project_id, checkpoint_id)
    if wrong is not None:
        return wrong_input(edit_form(project_id, checkpoint_id, wrong, "suggestions.change", "suggestions.screen"))
    return _screen(project_id, _("The suggestion was saved. It asks nobody before you switch it on."))


@blueprint.post("/switch-on")
@page_script(may=ADMINISTER_PROJECT)
def switch_on(project_id: str) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        begun = checkpoints.switch_drafts_on(tx, project_id, ports().clock())
        ports().after_set_up(tx, project_id, ports().clock())
    done = ngettext(
        "%(num)s checkpoint is on. It asks from the next change on.",
        "%(num)s checkpoints are on. They ask from the next change on.",
        len(begun),
    )
    return list_screen(project_id, done=done)


@blueprint.get("/trial")
@page_script(may=ADMINISTER_PROJECT)
def try_all(project_id: str) -> str:
    """What the suggestions would have done, together."""
    with ports().database.reading(current_principal().tenant.id) as tx:
        drafts = checkpoints.list_drafts(tx, project_id)
    return _trial(project_id, drafts)


@blueprint.post("/trial")
@page_script(may=ADMINISTER_PROJECT)
def try_form(project_id: str) -> str | Response:
    """What the checkpoint would have done that is being written, as it stands in the form."""
    offer = offer_of(project_id)
    form = TransitionForm.offering(offer, request.form)
    if not valid(form, project_id):
        return wrong_input(render_template("suggestions_trial_wrong.html", form=form))
    number = row_id(request.args.get("checkpoint_id", ""))
    with ports().database.reading(current_principal().tenant.id) as tx:
        checkpoint = checkpoints.as_if(tx, project_id, number, form.details(offer), ports().clock())
    return _trial(project_id, [checkpoint])


@blueprint.post("/trial/reading")
@page_script(may=ADMINISTER_PROJECT)
def read_for_trial(project_id: str) -> str:
    """Begin, or go on, with reading, without leaving the form that is to be tried."""
    with ports().database.transaction(current_principal().tenant.id) as tx:
        history.resume(tx, project_id, ports().clock())
        if history.known(tx, project_id).complete is None:
            history.begin(tx, project_id, ports().clock())
    return _unread(project_id)


@blueprint.get("/trial/reading")
@page_script(may=ADMINISTER_PROJECT)
def reading_for_trial(project_id: str) -> str:
    return _unread(project_id)


def _unread(project_id: str) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        known = history.known(tx, project_id)
    found = progress.of(known, ports().clock())
    return render_template("suggestions_trial_unread.html", project_id=project_id, progress=found)


def _trial(project_id: str, tried: Sequence[Checkpoint]) -> str:
    now, tenant_id = ports().clock(), current_principal().tenant.id
    with ports().database.reading(tenant_id) as tx:
        known = history.known(tx, project_id)
        workflow = checkpoints.find_workflow(tx, project_id)
    reading = known.complete
    if reading is None or workflow is None:
        return _unread(project_id)
    material = _material(reading, workflow, tried)
    with ports().database.reading(tenant_id) as tx:
        summary = trials.run(tx, material, now)
    return render_template(
        "suggestions_trial.html",
        project_id=project_id,
        reading=reading,
        summary=summary,
        words=Words(material.users),
        has_conditions=any(checkpoint.condition for checkpoint in tried),
        unknown_fields=material.unknown_fields,
    )


def _material(reading: Reading, workflow: Workflow, tried: Sequence[Checkpoint]) -> trials.Material:
    tenant = current_principal().tenant
    return trials.gather(ports().database, tenant.id, ports().jira(tenant), reading, workflow, tried)


def _screen(project_id: str, done: str = "", undo: Undo | None = None) -> str:
    now = ports().clock()
    with ports().database.reading(current_principal().tenant.id) as tx:
        known = history.known(tx, project_id)
        suggested = service.list_of_project(tx, project_id)
        surveys = surveys_of(tx, [each.checkpoint for each in suggested])
        has_contacts = any(entry.contacts for entry in customers.register(tx, project_id))
        others = checkpoints.list_of_project(tx, project_id)
    return render_template(
        "suggestions_screen.html",
        project_id=project_id,
        progress=progress.of(known, now),
        reading=known.complete,
        is_fresh=known.complete is not None and history.is_fresh(known.complete, now),
        suggested=suggested,
        surveys=surveys,
        others=others,
        has_contacts=has_contacts,
        names=names_of(project_id, [each.checkpoint for each in suggested]),
        done=done,
        undo=undo,
    )
