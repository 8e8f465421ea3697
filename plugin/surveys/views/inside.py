"""A user of Jira who was asked answers in the panel of the issue: signed in, so without a link and without a second step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import force_locale
from wtforms.form import BaseForm

from connect import BROWSE_ISSUE, current_principal, page_script
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import RIGHT_TO_LEFT, Contact, Invitation, Proof
from plugin.errors import NotFound
from plugin.invitations import service as invitations
from plugin.questionnaires import translations
from plugin.surveys import forms, service
from plugin.surveys.intake import Post, Stage
from plugin.surveys.origins import Origin
from plugin.surveys.service import Outcome, Sheet
from plugin.web.answers import wrong_input
from plugin.web.context import ports
from plugin.web.languages import page_language
from plugin.web.limits import COMMENT_LENGTH

IN_JIRA = "signed in to Jira"

blueprint = Blueprint("answers", __name__, url_prefix="/issues/<issue_id>/answer", template_folder="../templates")


@blueprint.get("")
@page_script(may=BROWSE_ISSUE)
def show(issue_id: str) -> str:
    sheet = _sheet(issue_id)
    return _screen(issue_id, sheet)


@blueprint.post("")
@page_script(may=BROWSE_ISSUE)
def answer(issue_id: str) -> Response:
    """As on the public page: the first answer counts, from here it can be changed for a while, and nothing overwrites it."""
    sheet, now = _sheet(issue_id), ports().clock()
    stage = Stage.CHANGE if sheet.response is not None and request.form.get("stage") == Stage.CHANGE else Stage.FIRST
    items, language = sheet.items_at(stage), _language(sheet)
    form = forms.survey_form(items, language, sent=request.form)
    answers = forms.read(form, items, sheet.questionnaire.anchor, language)
    if answers is None:
        return wrong_input(_screen(issue_id, sheet, form=form, stage=stage))
    post = Post(stage, _origin(sheet), Proof.ACCOUNT)
    with ports().database.transaction(current_principal().tenant.id) as tx:
        outcome = service.take(tx, sheet.invitation.id, post, answers, now)
        if outcome is Outcome.COUNTED:
            ports().after_answer(tx, sheet.invitation.project_id, issue_id, now)
    screen = make_response(_screen(issue_id, _sheet(issue_id), outcome=outcome))
    screen.headers["HX-Trigger"] = "rapport:answered"  # the panel around it shows the score
    return screen


def asked_of(
    asked: Iterable[Invitation], contacts: Mapping[int, Contact], account_id: str | None, now: datetime
) -> Invitation | None:
    """The newest ask of this user that is not over: who has an account in Jira answers there."""
    mine = (ask for ask in asked if account_id and contacts[ask.contact_id].account_id == account_id)
    return next((ask for ask in mine if not ask.expired(now)), None)


def _sheet(issue_id: str) -> Sheet:
    """Raises NotFound for somebody who was not asked about this issue."""
    now, account_id = ports().clock(), current_principal().account_id
    with ports().database.reading(current_principal().tenant.id) as tx:
        found = _find(tx, issue_id, account_id, now)
        if found is None:
            raise NotFound("you are not asked about this issue")
        return service.load(tx, found.id, now)


def _find(tx: Tx, issue_id: str, account_id: str | None, now: datetime) -> Invitation | None:
    asked, _skips = invitations.list_of_issue(tx, issue_id)
    return asked_of(asked, customers.list_contacts_by_id(tx, {ask.contact_id for ask in asked}), account_id, now)


def _origin(sheet: Sheet) -> Origin:
    """The account in place of a network: wherever somebody sits, signed in they are the same."""
    owner = f"origin:{current_principal().tenant.id}:{sheet.invitation.id}"
    return Origin(ports().seal.fingerprint(owner, current_principal().account_id or ""), IN_JIRA)


def _language(sheet: Sheet) -> str:
    return translations.spoken(sheet.questionnaire.items, page_language(), sheet.contact.language)


def _screen(
    issue_id: str,
    sheet: Sheet,
    *,
    form: BaseForm | None = None,
    stage: Stage | None = None,
    outcome: Outcome | None = None,
) -> str:
    """The form that is due: the first page, or all items of an answer that can still be changed from here."""
    can_change = sheet.can_change(_origin(sheet), ports().clock())
    stage = stage or (Stage.FIRST if sheet.response is None else Stage.CHANGE)
    items, language = sheet.items_at(stage), _language(sheet)
    if form is None:
        before = None if sheet.response is None else forms.values_of(items, service.answers_of(sheet.response))
        form = forms.survey_form(items, language, values=before)
    with force_locale(language):
        return render_template(
            "surveys_inside.html",
            issue_id=issue_id,
            sheet=sheet,
            form=form,
            items=items,
            stage=stage,
            language=language,
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            open=sheet.response is None or can_change,
            outcome=outcome,
            longest_comment=COMMENT_LENGTH,
        )
