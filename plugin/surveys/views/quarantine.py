"""The Quarantine tab of the project settings: what came in and does not count, with a decision that can be undone."""

from __future__ import annotations

from flask import Blueprint, render_template

from connect import ADMINISTER_PROJECT, current_principal, page_script
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Response
from plugin.invitations import service as invitations
from plugin.surveys import quarantine
from plugin.web.answers import Undo
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("quarantine", __name__, url_prefix="/projects/<project_id>", template_folder="../templates")


@blueprint.get("/quarantine")
@page_script(may=ADMINISTER_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.post("/quarantine/<int:response_id>/accept")
@page_script(may=ADMINISTER_PROJECT)
def accept(project_id: str, response_id: int) -> str:
    principal, now = current_principal(), ports().clock()
    with ports().database.transaction(principal.tenant.id) as tx:
        _tell_jira(tx, quarantine.accept(tx, project_id, response_id, principal.account_id, now))
    return _screen(project_id, _("The answer counts now."), response_id)


@blueprint.post("/quarantine/<int:response_id>/set-aside")
@page_script(may=ADMINISTER_PROJECT)
def set_aside(project_id: str, response_id: int) -> str:
    principal, now = current_principal(), ports().clock()
    with ports().database.transaction(principal.tenant.id) as tx:
        quarantine.set_aside(tx, project_id, response_id, principal.account_id, now)
    return _screen(project_id, _("It stays out of the numbers."), response_id)


@blueprint.post("/quarantine/<int:response_id>/take-back")
@page_script(may=ADMINISTER_PROJECT)
def take_back(project_id: str, response_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        _tell_jira(tx, quarantine.take_back(tx, project_id, response_id))
    return _screen(project_id, _("As it was before: it waits for a decision."))


def _tell_jira(tx: Tx, response: Response) -> None:
    ports().after_answer(tx, response.project_id, response.issue_id, ports().clock())


def _screen(project_id: str, done: str = "", undo_of: int | None = None) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        held = quarantine.list_of_project(tx, project_id)
        asks = invitations.list_by_id(tx, {each.response.invitation_id for each in held})
        people = customers.list_contacts_by_id(tx, {each.response.contact_id for each in held})
        rules = checkpoints.list_by_id(tx, {each.response.checkpoint_id for each in held})
    undo = None if undo_of is None else Undo.to("quarantine.take_back", project_id=project_id, response_id=undo_of)
    return render_template(
        "surveys_quarantine.html",
        project_id=project_id,
        held=held,
        asks=asks,
        people=people,
        rules=rules,
        done=done,
        undo=undo,
    )
