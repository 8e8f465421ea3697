"""The public page behind a personal link. Looking never writes: mail scanners look at everything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from werkzeug.exceptions import TooManyRequests
from wtforms.form import BaseForm

from connect import survey_link
from plugin.domain import Proof
from plugin.errors import Gone, NotFound
from plugin.invitations import deadline
from plugin.invitations import service as invitations
from plugin.invitations.service import Opened
from plugin.questionnaires import library, translations
from plugin.surveys import forms, gesture, nonce, origins, service
from plugin.surveys.intake import Post, Stage
from plugin.surveys.nonce import Shown
from plugin.surveys.origins import Origin
from plugin.surveys.parts import Answers
from plugin.surveys.service import Outcome, Sheet
from plugin.web.context import ports
from plugin.web.languages import asked_language, browser_language
from plugin.web.limits import COMMENT_LENGTH, RETRY_SECONDS

CONFIRM_NOT_BEFORE = timedelta(seconds=2)  # a machine presses at once
CONFIRM_WITHIN = timedelta(hours=1)

blueprint = Blueprint("surveys", __name__, template_folder="../templates")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody stands before a survey that can be shown, in `language`."""

    token: str
    opened: Opened
    sheet: Sheet
    language: str
    origin: Origin
    now: datetime

    @property
    def can_change(self) -> bool:
        return self.sheet.can_change(self.origin, self.now)


@blueprint.get("/s/<token>")
@survey_link
def show(token: str) -> ResponseReturnValue:
    visit = _visit(token)
    if visit.sheet.response is None:
        items = visit.sheet.items_at(Stage.FIRST)
        tapped = {visit.sheet.questionnaire.anchor.key: request.args.get("score")}
        return page(visit, Stage.FIRST, forms.survey_form(items, visit.language, values=tapped))
    if visit.can_change and "change" in request.args:
        return page(visit, Stage.CHANGE, _form_of_answer(visit, Stage.CHANGE))
    return thanks(visit)


@blueprint.post("/s/<token>")
@survey_link
def answer(token: str) -> ResponseReturnValue:
    visit = _visit(token)
    shown = nonce.read(ports().seal, visit.opened, request.form.getlist("nonce"), visit.now)
    stage = Stage.FIRST if shown is None else shown.stage
    items = visit.sheet.items_at(stage)
    form = forms.survey_form(items, visit.language, sent=request.form)
    answers = forms.read(form, items, visit.sheet.questionnaire.anchor, visit.language)
    if shown is None or answers is None:
        if shown is not None and _post(visit, shown).proof is Proof.GESTURE:
            _note_begun(visit)
        return page(visit, stage, form, stale=shown is None), 400
    if stage is Stage.CONFIRM and (problem := _not_confirmed(shown, visit.now)):
        return _confirm(visit, answers, problem=problem), 400
    return _became(visit, answers, _take(visit, _post(visit, shown), answers))


@blueprint.post("/s/<token>/begun")
@survey_link
def begun(token: str) -> ResponseReturnValue:
    """The page's script tells that a hand chose or wrote something. Whoever only looks, as machines do, leaves no trace."""
    visit = _visit(token)
    shown = nonce.read(ports().seal, visit.opened, request.form.getlist("nonce"), visit.now)
    if shown is not None and visit.sheet.response is None and _post(visit, shown).proof is Proof.GESTURE:
        _note_begun(visit)
    return "", 204


@blueprint.route("/s/<token>/all", methods=["GET", "POST"])
@survey_link
def trap(token: str) -> ResponseReturnValue:
    """Where nobody gets who sees the mail or the page. Looking writes nothing here either; pressing gives a machine away."""
    visit = _visit(token)
    if request.method == "POST":
        _take(visit, Post(Stage.TRAP, visit.origin, Proof.NONE), Answers(None, "", visit.language))
    return _screen("surveys_trap.html", visit, survey_path=url_for("surveys.show", token=token))


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
    now = ports().clock()
    opened = invitations.open_link(ports().database, token)
    with ports().database.reading(opened.tenant_id) as tx:
        sheet = service.load(tx, opened.invitation_id, now)
    language = translations.spoken(sheet.questionnaire.items, asked_language(), sheet.contact.language)
    return Visit(token, opened, sheet, language, _origin(opened), now)


def _origin(opened: Opened) -> Origin:
    """Only a fingerprint of the network leaves this function, and it fits this invitation only."""
    owner = f"origin:{opened.tenant_id}:{opened.invitation_id}"
    network = ports().seal.fingerprint(owner, origins.network_of(request.remote_addr))
    return Origin(network, origins.agent_class(request.headers.get("User-Agent", "")))


def _note_begun(visit: Visit) -> None:
    """Somebody sent the form, if not all of it: they need no reminder."""
    with ports().database.transaction(visit.opened.tenant_id) as tx:
        invitations.record_begun(tx, visit.opened.invitation_id, visit.now)


def _post(visit: Visit, shown: Shown) -> Post:
    claim = request.form.get("gesture", "")
    if gesture.is_of_a_person(claim, visit.now - shown.at):
        proof = Proof.GESTURE
    else:
        proof = Proof.CONFIRMED if shown.stage is Stage.CONFIRM else Proof.NONE
    # Nobody sees these two: what is in them was filled in by a machine.
    trapped = bool(request.form.get("more")) or "all" in request.form
    return Post(shown.stage, visit.origin, proof, trapped)


def _not_confirmed(shown: Shown, now: datetime) -> str:
    """What is missing on the second page: "box", "slowly", "late" or ""."""
    if "person" not in request.form:
        return "box"
    if now - shown.at < CONFIRM_NOT_BEFORE:
        return "slowly"
    return "late" if now - shown.at > CONFIRM_WITHIN else ""


def _take(visit: Visit, post: Post, answers: Answers) -> Outcome:
    with ports().database.transaction(visit.opened.tenant_id) as tx:
        outcome = service.take(tx, visit.opened.invitation_id, post, answers, visit.now)
        if outcome is Outcome.COUNTED:
            invitation = visit.sheet.invitation
            ports().after_answer(tx, invitation.project_id, invitation.issue_id, visit.now)
        return outcome


def _became(visit: Visit, answers: Answers, outcome: Outcome) -> ResponseReturnValue:
    if outcome is Outcome.CONFIRM:
        return _confirm(visit, answers)
    if outcome is Outcome.HELD:
        return _screen("surveys_held.html", visit, answered=visit.sheet.response is not None)
    if outcome is Outcome.OFFER:
        visit = _visit(visit.token)
        return page(visit, Stage.CHANGE, _form_of_answer(visit, Stage.CHANGE, answers), offered=True)
    return redirect(url_for("surveys.show", token=visit.token, lang=visit.language), 303)


def _form_of_answer(visit: Visit, stage: Stage, instead: Answers | None = None) -> BaseForm:
    """The form with the answer that counts, or with its first page replaced by what was sent instead."""
    sheet = visit.sheet
    if sheet.response is None:
        raise NotFound("no answer yet")
    before = service.answers_of(sheet.response)
    answers = before if instead is None else replace(before, score=instead.score, comment=instead.comment)
    values = forms.values_of(sheet.questionnaire.items, answers)
    return forms.survey_form(sheet.items_at(stage), visit.language, values=values)


def page(visit: Visit, stage: Stage, form: BaseForm, *, stale: bool = False, offered: bool = False) -> str:
    anchor = visit.sheet.questionnaire.anchor.key
    score: Any = form[anchor].data if anchor in form else None
    return _screen(
        "surveys_page.html",
        visit,
        form=form,
        items=visit.sheet.items_at(stage),
        stale=stale,
        offered=offered,
        changing=stage is Stage.CHANGE,
        chosen=score if score in map(str, range(1, 6)) else None,
        nonce=nonce.new(ports().seal, visit.opened, stage, visit.now),
    )


def _confirm(visit: Visit, answers: Answers, problem: str = "") -> str:
    """The second step for those whose hand no script saw. Its time runs from the first look at it."""
    fresh = nonce.new(ports().seal, visit.opened, Stage.CONFIRM, visit.now)
    return _screen(
        "surveys_confirm.html",
        visit,
        answers=answers,
        anchor=visit.sheet.questionnaire.anchor,
        problem=problem,
        nonce=request.form["nonce"] if problem in ("box", "slowly") else fresh,
    )


def thanks(visit: Visit) -> str:
    """Shows the answer only to whoever gave it, and only while it can be changed: a mail may be forwarded."""
    if visit.sheet.response is None or not visit.can_change:
        return _screen("surveys_thanks.html", visit, open=False)
    items = visit.sheet.items_at(Stage.REST)
    given = visit.sheet.response.answers
    contact = visit.sheet.contact
    return _screen(
        "surveys_thanks.html",
        visit,
        open=True,
        asks_more=any(item.key not in given for item in items),
        items=items,
        said=[(item, forms.in_words(item, given[item.key], visit.language)) for item in items if item.key in given],
        form=_form_of_answer(visit, Stage.REST),
        nonce=nonce.new(ports().seal, visit.opened, Stage.REST, visit.now),
        until=deadline.in_words(visit.sheet.change_until, contact.time_zone, visit.language),
    )


def _screen(template: str, visit: Visit, **values: object) -> str:
    sheet = visit.sheet
    with force_locale(visit.language):
        return render_template(
            template,
            sheet=sheet,
            language=visit.language,
            spoken=translations.whole(sheet.questionnaire.items),
            scale=dict(enumerate(library.scale_words(visit.language), 1)),
            deadline=deadline.in_words(sheet.invitation.expires_at, sheet.contact.time_zone, visit.language),
            trap=url_for("surveys.trap", token=visit.token),
            longest_comment=COMMENT_LENGTH,
            **values,
        )


def _ending(template: str) -> str:
    """A page that knows nothing about anybody, in the language that was picked, or the first of the browser's."""
    language = asked_language() or browser_language()
    with force_locale(language):
        return render_template(template, language=language)
