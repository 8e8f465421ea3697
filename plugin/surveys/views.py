"""The public page behind a personal link. Looking never writes: mail scanners look at everything."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from werkzeug.exceptions import TooManyRequests
from wtforms.form import BaseForm

from connect import survey_link
from plugin.domain import LANGUAGES
from plugin.errors import Gone, NotFound
from plugin.invitations import deadline
from plugin.invitations import service as invitations
from plugin.invitations.service import Opened
from plugin.questionnaires import library
from plugin.surveys import forms, nonce, service
from plugin.surveys.service import Answers, Survey
from plugin.web.context import ports
from plugin.web.limits import COMMENT_LENGTH, RETRY_SECONDS

blueprint = Blueprint("surveys", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody stands before a survey that can be shown, in `language`."""

    opened: Opened
    survey: Survey
    language: str


@blueprint.get("/s/<token>")
@survey_link
def show(token: str) -> ResponseReturnValue:
    visit = _visit(token)
    if visit.survey.response is not None:
        return _screen("surveys_thanks.html", visit, already=False)
    form = forms.survey_form(visit.survey.questionnaire, visit.language, chosen=request.args.get("score"))
    return _form_screen(visit, form)


@blueprint.post("/s/<token>")
@survey_link
def answer(token: str) -> ResponseReturnValue:
    visit = _visit(token)
    form = forms.survey_form(visit.survey.questionnaire, visit.language, sent=request.form)
    if visit.survey.response is not None:
        return _screen("surveys_thanks.html", visit, already=True)
    answers = forms.read(form, visit.survey.questionnaire, visit.language)
    fresh = nonce.is_fresh(ports().seal, visit.opened, request.form.getlist("nonce"), ports().clock())
    if answers is None or not fresh:
        return _form_screen(visit, form, stale=not fresh), 400
    if not _store(visit, answers):
        return _screen("surveys_thanks.html", visit, already=True)
    return redirect(url_for("surveys.show", token=token, lang=visit.language), 303)


@blueprint.errorhandler(NotFound)
def missing(_error: NotFound) -> ResponseReturnValue:
    return _ending("surveys_missing.html"), 404


@blueprint.errorhandler(TooManyRequests)
def busy(_error: TooManyRequests) -> ResponseReturnValue:
    return _ending("surveys_busy.html"), 429, {"Retry-After": str(RETRY_SECONDS)}


@blueprint.errorhandler(Gone)
def over(_error: Gone) -> ResponseReturnValue:
    return _ending("surveys_over.html"), 410


def _visit(token: str) -> Visit:
    """Raises NotFound and Gone."""
    opened = invitations.open_link(ports().database, token)
    with ports().database.reading(opened.tenant_id) as tx:
        survey = service.load(tx, opened.invitation_id, ports().clock())
    return Visit(opened, survey, _language(survey.contact.language))


def _store(visit: Visit, answers: Answers) -> bool:
    """False where another answer was first."""
    now = ports().clock()
    with ports().database.transaction(visit.opened.tenant_id) as tx:
        survey = service.load(tx, visit.opened.invitation_id, now)
        if not service.submit(tx, survey, answers, now):
            return False
        ports().after_answer(tx, survey.invitation.project_id, survey.invitation.issue_id, now)
        return True


def _language(otherwise: str) -> str:
    """The one that was picked on the page, else the contact's."""
    asked = request.args.get("lang", "")
    return next((language for language in (asked, otherwise) if language in LANGUAGES), "en")


def _form_screen(visit: Visit, form: BaseForm, *, stale: bool = False) -> str:
    invitation, contact = visit.survey.invitation, visit.survey.contact
    score = form[visit.survey.questionnaire.anchor.key].data
    return _screen(
        "surveys_page.html",
        visit,
        form=form,
        stale=stale,
        chosen=score if score in forms.SCORES else None,
        nonce=nonce.new(ports().seal, visit.opened, ports().clock()),
        deadline=deadline.in_words(invitation.expires_at, contact.time_zone, visit.language),
        longest_comment=COMMENT_LENGTH,
    )


def _screen(template: str, visit: Visit, **values: object) -> str:
    with force_locale(visit.language):
        words = dict(enumerate(library.scale_words(visit.language), 1))
        return render_template(template, survey=visit.survey, language=visit.language, scale=words, **values)


def _ending(template: str) -> str:
    """A page that knows nothing about anybody, in the first language of the browser that we speak."""
    spoken = (tag.split("-")[0].lower() for tag in request.accept_languages.values())
    language = _language(next((tag for tag in spoken if tag in LANGUAGES), "en"))
    with force_locale(language):
        return render_template(template, language=language)
