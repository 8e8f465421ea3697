"""The Cases tab of a project: who answered low, how far we are, and how a project follows up."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from connect import ADMINISTER_PROJECT, BROWSE_PROJECT, WORK_IN_PROJECT, current_principal, may, page_script
from plugin.cases import service
from plugin.cases.forms import PolicyForm
from plugin.customers import service as customers
from plugin.surveys import service as surveys
from plugin.web.answers import wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("cases", __name__, url_prefix="/projects/<project_id>", template_folder="templates")


@blueprint.get("/cases")
@page_script(may=BROWSE_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.post("/cases/<int:case_id>/<any(contacted, closed):step>")
@page_script(may=WORK_IN_PROJECT)
def take_step(project_id: str, case_id: int, step: str) -> str:
    now = ports().clock()
    with ports().database.transaction(current_principal().tenant.id) as tx:
        case = service.get_of_project(tx, project_id, case_id)
        service.take_step(tx, case, step, now)
    return _screen(project_id, done=_("It was noted."))


@blueprint.get("/cases/policy")
@page_script(may=ADMINISTER_PROJECT)
def policy(project_id: str) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        form = PolicyForm(obj=service.policy(tx, project_id))
    return _policy_form(project_id, form)


@blueprint.post("/cases/policy")
@page_script(may=ADMINISTER_PROJECT)
def change_policy(project_id: str) -> str | Response:
    form = PolicyForm(request.form)
    form.offer(ports().jira(current_principal().tenant).get_project(project_id))
    if not form.validate():
        return wrong_input(render_template("cases_policy.html", project_id=project_id, form=form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.change_policy(tx, project_id, form.data)
    return _screen(project_id, done=_("Saved. It holds for the next low answer."))


def _policy_form(project_id: str, form: PolicyForm) -> str:
    form.offer(ports().jira(current_principal().tenant).get_project(project_id))
    return render_template("cases_policy.html", project_id=project_id, form=form)


def _screen(project_id: str, done: str = "") -> str:
    names = may(ADMINISTER_PROJECT, project_id)
    with ports().database.reading(current_principal().tenant.id) as tx:
        cases = list(reversed(service.list_of_project(tx, project_id)))
        people = customers.list_contacts_by_id(tx, {case.contact_id or 0 for case in cases}) if names else {}
        talks = service.talks_of(tx, cases)
        words = surveys.comments_of(tx, [case.invitation_id or 0 for case in cases]) if names else {}
        loop, policy = service.loop_time_of_project(tx, project_id), service.policy(tx, project_id)
    return render_template(
        "cases_screen.html",
        project_id=project_id,
        cases=cases,
        people=people,
        words=words,
        talks=talks,
        loop=loop,
        policy=policy,
        names=names,
        works=may(WORK_IN_PROJECT, project_id),
        now=ports().clock(),
        done=done,
    )
