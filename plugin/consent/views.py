"""The page behind "no more surveys", and the one-click endpoint of mail programs (RFC 8058). Looking never writes.

Links die with an uninstall, not with the time to answer: leaving must always be possible.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from connect import survey_link
from plugin.consent import nonce
from plugin.customers import service as customers
from plugin.customers.consent import ConsentWay
from plugin.domain import LANGUAGES, Contact
from plugin.errors import Gone, NotFound
from plugin.invitations import service as invitations
from plugin.invitations.service import Opened
from plugin.web.context import ports
from plugin.web.languages import asked_language, browser_language

LARGEST_BODY = 4096

blueprint = Blueprint("consent", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who came by a link of theirs, in `language`."""

    opened: Opened
    contact: Contact
    language: str


@blueprint.get("/s/<token>/unsubscribe")
@survey_link
def show(token: str) -> ResponseReturnValue:
    return _screen(_visit(token))


@blueprint.post("/s/<token>/unsubscribe")
@survey_link
def change(token: str) -> ResponseReturnValue:
    """Of the page's own form, with its nonce; or of a mail program, which sends exactly what RFC 8058 section 3.1 says."""
    request.max_content_length = LARGEST_BODY
    visit = _visit(token)
    if request.form.getlist("List-Unsubscribe") == ["One-Click"]:
        _store(visit, wants_surveys=False, way=ConsentWay.ONE_CLICK)
        return "", 204
    wanted = {"no": False, "yes": True}.get(request.form.get("wanted", ""))
    if wanted is None or not nonce.is_fresh(ports().seal, visit.opened, request.form.getlist("nonce"), ports().clock()):
        return _screen(visit, stale=True), 400
    _store(visit, wants_surveys=wanted, way=ConsentWay.LINK)
    return redirect(url_for("consent.show", token=token, lang=visit.language), 303)


@blueprint.errorhandler(NotFound)
def missing(_error: NotFound) -> ResponseReturnValue:
    return _ending("surveys_missing.html"), 404


@blueprint.errorhandler(Gone)
def over(_error: Gone) -> ResponseReturnValue:
    return _ending("surveys_over.html"), 410


def _visit(token: str) -> Visit:
    """Raises NotFound, and Gone where the site or the person is."""
    opened = invitations.open_link(ports().database, token)
    with ports().database.reading(opened.tenant_id) as tx:
        invitation = invitations.get(tx, opened.invitation_id)
        contact = customers.get_contact(tx, invitation.contact_id)
    language = contact.language if contact.language in LANGUAGES else "en"
    return Visit(opened, contact, asked_language() or language)


def _store(visit: Visit, *, wants_surveys: bool, way: ConsentWay) -> None:
    with ports().database.transaction(visit.opened.tenant_id) as tx:
        customers.change_consent(tx, visit.contact.id, wants_surveys, way, ports().clock())


def _screen(visit: Visit, *, stale: bool = False) -> str:
    values = {"contact": visit.contact, "stale": stale}
    with force_locale(visit.language):
        fresh = nonce.new(ports().seal, visit.opened, ports().clock())
        return render_template("consent_page.html", language=visit.language, nonce=fresh, **values)


def _ending(template: str) -> str:
    language = asked_language() or browser_language()
    with force_locale(language):
        return render_template(template, language=language)
