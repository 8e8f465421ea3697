"""The Post-mortem page of a project: what is known now, and the tabs beside it."""

from __future__ import annotations

from flask import Blueprint, render_template

from connect import ADMINISTER_PROJECT, BROWSE_PROJECT, WORK_IN_PROJECT, current_principal, may, page, page_script
from plugin.cases import service as cases
from plugin.checkpoints import service as checkpoints
from plugin.conversations import service as conversations
from plugin.customers import service as customers
from plugin.invitations import reasons
from plugin.invitations import service as invitations
from plugin.metrics import service as metrics
from plugin.surveys import service as surveys
from plugin.warnings import service as warnings
from plugin.warnings.views import in_words as warning_in_words
from plugin.web.context import ports

blueprint = Blueprint("postmortems", __name__, url_prefix="/projects/<project_id>", template_folder="../templates")


@blueprint.get("/post-mortem")
@page(may=BROWSE_PROJECT)
def post_mortem(project_id: str) -> str:
    return _overview(project_id, "postmortems_page.html")


@blueprint.get("/overview")
@page_script(may=BROWSE_PROJECT)
def overview(project_id: str) -> str:
    return _overview(project_id, "postmortems_overview.html")


def _overview(project_id: str, template: str) -> str:
    now = ports().clock()
    names = may(ADMINISTER_PROJECT, project_id)
    with ports().database.reading(current_principal().tenant.id) as tx:
        summary = metrics.of_project(tx, project_id, now, cases.apart(tx))
        attention = [
            (each, warning_in_words(tx, project_id, each))
            for each in reversed(warnings.list_of_project(tx, project_id))
        ]
        gaps = [reasons.how_often(reason, count) for reason, count in invitations.count_skips(tx, project_id).items()]
        heard = conversations.of_project(tx, project_id)
        comments = surveys.list_comments(tx, project_id) if names else []
        people = customers.list_contacts_by_id(tx, {comment.contact_id for comment in comments})
        rules = checkpoints.list_by_id(tx, {comment.checkpoint_id for comment in comments})
    return render_template(
        template,
        project_id=project_id,
        summary=summary,
        gaps=gaps,
        heard=heard,
        warnings=attention,
        works=may(WORK_IN_PROJECT, project_id),
        comments=comments,
        people=people,
        rules=rules,
        names=names,
        now=now,
    )
