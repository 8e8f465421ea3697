"""The Rapport panel of an issue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from connect import (
    ADMINISTER_PROJECT,
    BROWSE_ISSUE,
    WORK_ON_ISSUE,
    Forbidden,
    current_principal,
    may,
    page,
    page_script,
    project_of_issue,
)
from plugin.activities.forms import LineForm
from plugin.conversations.views import values_for_panel
from plugin.customers import service as customers
from plugin.errors import Invalid
from plugin.fields import service
from plugin.gates import service as gates
from plugin.invitations import reasons
from plugin.web.context import ports
from plugin.web.limits import row_id

blueprint = Blueprint("fields", __name__, url_prefix="/issues/<issue_id>", template_folder="templates")


@blueprint.get("/panel")
@page(may=BROWSE_ISSUE)
def panel(issue_id: str) -> str:
    return _panel(issue_id, project_of_issue(issue_id), "fields_page.html")


@blueprint.post("/customer")
@page_script(may=BROWSE_ISSUE)
def choose_customer(issue_id: str) -> str:
    project_id = project_of_issue(issue_id)
    chosen = row_id(request.form.get("customer_id", ""))
    if chosen is None:
        raise Invalid("choose one of the customers in the list")
    with ports().database.transaction(current_principal().tenant.id) as tx:
        customers.choose_customer(tx, project_id, issue_id, chosen)
        ports().after_answer(tx, project_id, issue_id, ports().clock())
    return _panel(issue_id, project_id, "fields_panel.html")


@blueprint.post("/waiver")
@page_script(may=BROWSE_ISSUE)
def waive(issue_id: str) -> str:
    project_id = _administered(issue_id)
    account_id, now = current_principal().account_id or "", ports().clock()
    with ports().database.transaction(current_principal().tenant.id) as tx:
        gates.waive(tx, project_id, issue_id, request.form.get("reason", ""), account_id, now)
        ports().after_answer(tx, project_id, issue_id, now)
    return _panel(issue_id, project_id, "fields_panel.html")


@blueprint.post("/waiver/withdraw")
@page_script(may=BROWSE_ISSUE)
def withdraw_waiver(issue_id: str) -> str:
    project_id = _administered(issue_id)
    with ports().database.transaction(current_principal().tenant.id) as tx:
        gates.take_back(tx, issue_id)
        ports().after_answer(tx, project_id, issue_id, ports().clock())
    return _panel(issue_id, project_id, "fields_panel.html")


def _administered(issue_id: str) -> str:
    """The issue's project, whose admin this person must be. Raises Forbidden."""
    project_id = project_of_issue(issue_id)
    if not may(ADMINISTER_PROJECT, project_id):
        raise Forbidden("only a project admin may waive a gate")
    return project_id


def _panel(issue_id: str, project_id: str, template: str) -> str:
    now = ports().clock()
    with ports().database.reading(current_principal().tenant.id) as tx:
        satisfaction = service.of_issue(tx, project_id, issue_id, now)
        talks = values_for_panel(tx, project_id, issue_id)
    return render_template(
        template,
        issue_id=issue_id,
        it=satisfaction,
        customers=satisfaction.offered,
        works=may(WORK_ON_ISSUE, issue_id),
        form=LineForm(),
        **talks | _for_admins(satisfaction, project_id, now),
    )


def _for_admins(it: service.IssueSatisfaction, project_id: str, now: datetime) -> dict[str, Any]:
    """Names and comments are for project admins; everybody who sees the issue sees score, state and count."""
    if not may(ADMINISTER_PROJECT, project_id):
        return {"names": False}
    people = dict(it.contacts)
    return {
        "names": True,
        "asked": [reasons.how_it_went(ask, people[ask.contact_id], now) for ask in it.invitations],
        "skipped": [reasons.why_not(skip, people.get(skip.contact_id or 0)) for skip in it.skips],
    }
