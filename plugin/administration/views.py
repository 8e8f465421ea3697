"""The Rapport page of Jira's settings."""

from __future__ import annotations

from flask import Blueprint, render_template

from connect import ADMINISTER_JIRA, JiraTokenMissing, current_principal, page, page_script
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


@blueprint.post("/former/<int:former_id>")
@page_script(may=ADMINISTER_JIRA)
def take_over(former_id: int) -> str:
    """Back to the data that this site had, on an administrator's word."""
    ports().tenants.take_over(current_principal().tenant.id, former_id, ports().clock())
    done = _("Rapport goes on with what this site had before.")
    return _screen("administration_screen.html", done, former_id)


def _screen(template: str, done: str = "", tenant_id: int | None = None) -> str:
    tenant_id = tenant_id or current_principal().tenant.id
    with ports().database.reading(tenant_id) as tx:
        queue = jobs.queue_state(tx, ports().clock())
        dead = jobs.list_dead(tx)
        last_event_at = transitions.last_received_at(tx)
        waiting = [job for kind in ("transition", "fields") for job in jobs.list_waiting(tx, kind)]
        shut_out = sum(job.error == JiraTokenMissing.code for job in waiting)
    return render_template(
        template,
        queue=queue,
        dead=dead,
        last_event_at=last_event_at,
        trouble=reasons.trouble,
        done=done,
        shut_out=shut_out,
        former=ports().tenants.find_former(tenant_id),
        shut_out_words=reasons.trouble(JiraTokenMissing.code, given_up=False),
    )
