"""A survey as its customers will get it: the mail and its pages, on a phone and on a desk, in each language."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connect import preview
from plugin.domain import Contact, Invitation, Questionnaire, Response, Role, Turn
from plugin.errors import Gone
from plugin.invitations import links, mails
from plugin.invitations.mails import Letter
from plugin.invitations.service import Opened
from plugin.questionnaires import previews, translations
from plugin.questionnaires import service as questionnaires
from plugin.questionnaires.previews import Previewed
from plugin.surveys import forms
from plugin.surveys.intake import Stage
from plugin.surveys.origins import Origin
from plugin.surveys.service import Sheet
from plugin.surveys.views import public
from plugin.surveys.views.public import Visit
from plugin.web.context import ports
from plugin.web.languages import asked_language

LOW_SCORE = 2
QUIET_DAYS = 30
ABOUT = {"summary": "Order form for wholesale customers", "projectKey": "SHOP", "projectName": "Web shop"}
NAME, ADDRESS = "Mara Lindt", "mara.lindt@example.com"
NOWHERE = Origin("", "")

blueprint = Blueprint("preview", __name__, url_prefix="/preview/<token>", template_folder="../templates")


@blueprint.get("")
@preview
def show(token: str) -> ResponseReturnValue:
    name, _questionnaire = _looked_at(token)
    return render_template("surveys_preview.html", name=name, token=token, language=_language())


@blueprint.get("/mail")
@preview
def mail(token: str) -> ResponseReturnValue:
    """As it would be sent, but its links lead to the preview of the page."""
    _name, questionnaire = _looked_at(token)
    stand_in = links.new_token()
    not_before = (_now() + timedelta(days=QUIET_DAYS)).date()
    sent = mails.letter(ports(), 0, Letter(_invitation(_now()), _contact(), questionnaire, stand_in, not_before))
    ours = f"{ports().base_url}{url_for('preview.page', token=token)}"
    leaving = sent.html.replace(links.consent_url(ports().base_url, stand_in), ours)
    return leaving.replace(links.survey_url(ports().base_url, stand_in), ours)


@blueprint.get("/page")
@preview
def page(token: str) -> ResponseReturnValue:
    visit = _visit(token, None)
    items = visit.sheet.items_at(Stage.FIRST)
    tapped = {items[0].key: request.args.get("score")}
    return public.page(visit, Stage.FIRST, forms.survey_form(items, visit.language, values=tapped))


@blueprint.get("/more")
@preview
def more(token: str) -> ResponseReturnValue:
    """What follows after a low score, with the first of the items in turn."""
    return public.thanks(_visit(token, 1))


def _now() -> datetime:
    return ports().clock()


def _language() -> str:
    return asked_language() or "en"


def _looked_at(token: str) -> tuple[str, Questionnaire]:
    """Name and newest version of the survey. Raises NotFound, Gone; also when the site has left."""
    previewed: Previewed = previews.read(ports().seal, token, _now())
    site = ports().tenants.get_tenant(previewed.tenant_id)
    if not site.installed and site.access is None:
        raise Gone("this site has left")
    with ports().database.reading(previewed.tenant_id) as tx:
        return questionnaires.look_up(tx, previewed.project_id, previewed.choice)


def _visit(token: str, score: int | None) -> Visit:
    """Somebody before the page; with a score, shortly after the answer."""
    _name, questionnaire = _looked_at(token)
    now = _now()
    response = None if score is None else _response(score, now)
    in_turn = next((item.key for item in questionnaire.items if item.turn is Turn.IN_TURN), "")
    invitation = _invitation(now, in_turn, None if score is None else now)
    sheet = Sheet(invitation, _contact(), questionnaire, LOW_SCORE, response)
    language = translations.spoken(questionnaire.items, _language())
    return Visit(links.new_token(), Opened(0, 0), sheet, language, NOWHERE, now)


def _contact() -> Contact:
    return Contact(
        id=0,
        customer_id=0,
        name=NAME,
        email=ADDRESS,
        language=_language(),
        time_zone="Europe/Berlin",
        role=Role.USER,
        opted_out_at=None,
        refused_at=None,
        refusal="",
    )


def _invitation(now: datetime, in_turn: str = "", answered_at: datetime | None = None) -> Invitation:
    return Invitation(
        id=0,
        checkpoint_id=0,
        event_id=0,
        issue_id="0",
        issue_key="SHOP-7",
        project_id="0",
        customer_id=0,
        contact_id=0,
        questionnaire_id=0,
        context=ABOUT,
        created_at=now,
        due_at=now,
        sent_at=now,
        failed_at=None,
        failure="",
        answered_at=answered_at,
        expires_at=now + timedelta(days=14),
        in_turn=in_turn,
    )


def _response(score: int, now: datetime) -> Response:
    return Response(
        id=0,
        invitation_id=0,
        version=1,
        project_id="0",
        checkpoint_id=0,
        issue_id="0",
        contact_id=0,
        questionnaire_id=0,
        score=score,
        comment="",
        language=_language(),
        answered_at=now,
        network=NOWHERE.network,
        agent=NOWHERE.agent,
    )
