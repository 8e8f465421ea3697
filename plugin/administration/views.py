"""The Rapport page of Jira's settings."""

from __future__ import annotations

from flask import Blueprint, render_template

from connect import ADMINISTER_JIRA, current_principal, page, page_script
from plugin.invitations import reasons
from plugin.jobs import service as jobs
from plugin.transitions import service as transitions
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("administration", __name__, url_prefix="/administration", template_folder="templates")


@blueprint.get("")
@page(may=ADMINISTER_JIRA)
def administration() -> str:
    return _screen("administration_page.html")


@blueprint.get("/health")
@page_script(may=ADMINISTER_JIRA)
def screen() -> str:
    return _screen("administration_screen.html")


@blueprint.post("/jobs/<int:job_id>/run")
@page_script(may=ADMINISTER_JIRA)
def run_again(job_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        jobs.run_again(tx, job_id, ports().clock())
    return _screen("administration_screen.html", _("It runs again."))


def _screen(template: str, done: str = "") -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        queue = jobs.queue_state(tx, ports().clock())
        dead = jobs.list_dead(tx)
        last_event_at = transitions.last_received_at(tx)
    return render_template(
        template, queue=queue, dead=dead, last_event_at=last_event_at, trouble=reasons.trouble, done=done
    )
