"""The part of an issue's panel that shows what customers said to the team, and takes it down."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from connect import ADMINISTER_PROJECT, WORK_ON_ISSUE, current_principal, may, page_script, project_of_issue
from plugin.conversations import service
from plugin.conversations.forms import ConversationForm
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.web.answers import Undo, wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("conversations", __name__, url_prefix="/issues/<issue_id>", template_folder="templates")


@blueprint.post("/conversations")
@page_script(may=WORK_ON_ISSUE)
def record(issue_id: str) -> str | Response:
    issue, now = ports().jira(current_principal().tenant).get_issue(issue_id), ports().clock()
    with ports().database.transaction(current_principal().tenant.id) as tx:
        form = _form(tx, issue.project_id, request.form)
        fit = form.validate()
        if fit:
            service.record(tx, issue, form.heard(), current_principal().account_id, now)
            ports().after_answer(tx, issue.project_id, issue.id, now)
    if not fit:
        return wrong_input(_section(issue_id, issue.project_id, form=form))
    return _section(issue_id, issue.project_id, done=_("It was noted. It stays apart from the numbers of surveys."))


@blueprint.post("/conversations/<int:conversation_id>/remove")
@page_script(may=WORK_ON_ISSUE)
def remove(issue_id: str, conversation_id: int) -> str:
    project_id, now = project_of_issue(issue_id), ports().clock()
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.remove(tx, issue_id, conversation_id, now)
        ports().after_answer(tx, project_id, issue_id, now)
    undo = Undo.to("conversations.restore", issue_id=issue_id, conversation_id=conversation_id)
    return _section(issue_id, project_id, done=_("It was taken out."), undo=undo)


@blueprint.post("/conversations/<int:conversation_id>/restore")
@page_script(may=WORK_ON_ISSUE)
def restore(issue_id: str, conversation_id: int) -> str:
    project_id, now = project_of_issue(issue_id), ports().clock()
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.restore(tx, issue_id, conversation_id)
        ports().after_answer(tx, project_id, issue_id, now)
    return _section(issue_id, project_id, done=_("It is back."))


def values_for_panel(tx: Tx, project_id: str, issue_id: str) -> dict[str, Any]:
    """What conversations_section.html needs beside its form. Names and words are for project admins."""
    talks = service.list_of_issue(tx, issue_id)
    names = may(ADMINISTER_PROJECT, project_id)
    ids = {talk.contact_id for talk in talks if talk.contact_id is not None}
    return {
        "talks": talks,
        "names": names,
        "speakers": customers.list_contacts_by_id(tx, ids) if names else {},
        "records": may(WORK_ON_ISSUE, issue_id),
    }


def _section(issue_id: str, project_id: str, form: ConversationForm | None = None, **more: Any) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        values = values_for_panel(tx, project_id, issue_id)
        form = form or _form(tx, project_id)
    return render_template("conversations_section.html", issue_id=issue_id, conversation=form, **values, **more)


def _form(tx: Tx, project_id: str, sent: Any = None) -> ConversationForm:
    """Whoever may not see names chooses a role only."""
    known = customers.register(tx, project_id) if may(ADMINISTER_PROJECT, project_id) else []
    return ConversationForm.offering([contact for entry in known for contact in entry.contacts], sent)
