"""The Asking page of Rapport in Jira's settings: limits and hours for the whole site."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from connect import ADMINISTER_JIRA, current_principal, page_script
from plugin.policies import service
from plugin.policies.forms import PolicyForm
from plugin.web.answers import wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("policies", __name__, url_prefix="/administration/asking", template_folder="templates")


@blueprint.get("")
@page_script(may=ADMINISTER_JIRA)
def screen() -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        policy = service.of_site(tx)
    return _screen(PolicyForm.of(policy))


@blueprint.post("")
@page_script(may=ADMINISTER_JIRA)
def change() -> str | Response:
    form = PolicyForm(request.form)
    if not form.validate():
        return wrong_input(_screen(form))
    principal = current_principal()
    with ports().database.transaction(principal.tenant.id) as tx:
        service.change(tx, form.policy(), principal.account_id or "", ports().clock())
    return _screen(PolicyForm.of(form.policy()), _("Saved. It holds from the next ask on."))


def _screen(form: PolicyForm, done: str = "") -> str:
    return render_template("policies_screen.html", form=form, done=done)
