"""The Rapport panel of an issue."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request
from markupsafe import Markup

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
from plugin.checkpoints import starters
from plugin.conversations.forms import ConversationForm
from plugin.conversations.views import values_for_panel
from plugin.customers import service as customers
from plugin.desk_ratings import service as desk_ratings
from plugin.domain import Contact, Customer
from plugin.errors import Invalid
from plugin.fields import service
from plugin.gates import service as gates
from plugin.invitations import by_hand, reasons
from plugin.surveys.views.inside import asked_of
from plugin.web.context import ports
from plugin.web.languages import gettext as _
from plugin.web.languages import ngettext, page_language
from plugin.web.limits import row_id
from plugin.web.remembering import render_part

ONCE = re.compile(r"[\w-]{16,64}", re.ASCII)

blueprint = Blueprint("fields", __name__, url_prefix="/issues/<issue_id>", template_folder="templates")


@blueprint.get("/panel")
@page(may=BROWSE_ISSUE)
def panel(issue_id: str) -> str:
    return _panel(issue_id, project_of_issue(issue_id), template="fields_page.html")


@blueprint.get("/panel/now")
@page_script(may=BROWSE_ISSUE)
def show(issue_id: str) -> str:
    """The same, within the page that is open."""
    return _panel(issue_id, project_of_issue(issue_id))


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
    return _panel(issue_id, project_id)


@blueprint.post("/waiver")
@page_script(may=BROWSE_ISSUE)
def waive(issue_id: str) -> str:
    project_id = _administered(issue_id)
    account_id, now = current_principal().account_id or "", ports().clock()
    with ports().database.transaction(current_principal().tenant.id) as tx:
        gates.waive(tx, project_id, issue_id, request.form.get("reason", ""), account_id, now)
        ports().after_answer(tx, project_id, issue_id, now)
    return _panel(issue_id, project_id)


@blueprint.post("/waiver/withdraw")
@page_script(may=BROWSE_ISSUE)
def withdraw_waiver(issue_id: str) -> str:
    project_id = _administered(issue_id)
    with ports().database.transaction(current_principal().tenant.id) as tx:
        gates.take_back(tx, issue_id)
        ports().after_answer(tx, project_id, issue_id, ports().clock())
    return _panel(issue_id, project_id)


@blueprint.get("/ask")
@page_script(may=WORK_ON_ISSUE)
def ask_form(issue_id: str) -> str:
    """Who would be asked and who would not, before anything is sent."""
    project_id, now = project_of_issue(issue_id), ports().clock()
    template, account_id = request.args.get("template", starters.USUAL), current_principal().account_id or ""
    database, tenant = ports().database, current_principal().tenant
    with database.reading(tenant.id) as tx:
        fields = by_hand.field_of(tx, project_id, template, now)
    people = ports().jira(tenant).get_issue(issue_id, fields).people if fields else {}
    with database.reading(tenant.id) as tx:
        prospects = by_hand.look(tx, project_id, issue_id, template, people, account_id, now)
        surveys = by_hand.surveys(tx, project_id, page_language())
    return render_template(
        "fields_ask.html",
        issue_id=issue_id,
        prospects=prospects,
        surveys=surveys,
        template=template,
        names=may(ADMINISTER_PROJECT, project_id),
        once=secrets.token_urlsafe(16),
        would_not=reasons.would_not,
        nobody=reasons.nobody,
    )


@blueprint.post("/ask")
@page_script(may=WORK_ON_ISSUE)
def ask(issue_id: str) -> str:
    tenant, now = current_principal().tenant, ports().clock()
    template, once = request.form.get("template", ""), request.form.get("once", "")
    if not ONCE.fullmatch(once):
        raise Invalid("this page is not complete; load it again")
    with ports().database.reading(tenant.id) as tx:
        fields = by_hand.field_of(tx, project_of_issue(issue_id), template, now)
    issue = ports().jira(tenant).get_issue(issue_id, fields)
    with ports().database.transaction(tenant.id) as tx:
        decided = by_hand.ask(tx, issue, template, current_principal().account_id or "", once, now)
        ports().after_ask(tx, issue.project_id, issue.id, decided, now)
    done = ngettext("%(num)s person is asked.", "%(num)s people are asked.", len(decided.planned))
    return _panel(issue_id, issue.project_id, done if decided.planned else _("Nobody was asked."))


def _administered(issue_id: str) -> str:
    """The issue's project, whose admin this person must be. Raises Forbidden."""
    project_id = project_of_issue(issue_id)
    if not may(ADMINISTER_PROJECT, project_id):
        raise Forbidden("only a project admin may waive a gate")
    return project_id


def _panel(issue_id: str, project_id: str, told: str = "", template: str = "fields_panel.html") -> Markup:
    """Names and comments are for project admins; everybody who sees the issue sees score, state and count."""
    now, names = ports().clock(), may(ADMINISTER_PROJECT, project_id)
    with ports().database.reading(current_principal().tenant.id) as tx:
        satisfaction = service.of_issue(tx, project_id, issue_id, now)
        people = service.people(tx, satisfaction, registered=names)
        talks = values_for_panel(tx, project_id, issue_id)
        desk = desk_ratings.find(tx, issue_id)
    values = {
        "issue_id": issue_id,
        "it": satisfaction,
        "people": people,
        "customers": satisfaction.offered,
        "desk": desk,
        "works": may(WORK_ON_ISSUE, issue_id),
        "told": told,
        "mine": asked_of(satisfaction.invitations, people, current_principal().account_id, now),
        "standings": [reasons.standing(ask, now) for ask in satisfaction.invitations],
        **talks,
    }
    return render_part(template, values, _more)


def _more(values: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from the values of a panel, but takes time: its forms, and the sentences of who was asked."""
    it, people = values["it"], values["people"]
    if not values["names"]:
        return {"form": LineForm(), "conversation": ConversationForm.offering([])}
    asks = zip(it.invitations, values["standings"], strict=True)
    return {
        "form": LineForm(),
        "conversation": ConversationForm.offering(_registered(it.offered, people.values())),
        "asked": [reasons.how_it_went(ask, people[ask.contact_id], stands) for ask, stands in asks],
        "skipped": [reasons.why_not(skip, people.get(skip.contact_id or 0)) for skip in it.skips],
    }


def _registered(offered: Sequence[Customer], people: Collection[Contact]) -> list[Contact]:
    """Whom each customer has now, customer by customer."""
    here = [contact for contact in people if contact.removed_at is None]
    return [contact for customer in offered for contact in here if contact.customer_id == customer.id]
