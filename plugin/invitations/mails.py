"""Writes the invitation mail. What it says about the issue comes from other people and is treated as hostile."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import css_inline

from plugin.domain import RIGHT_TO_LEFT, Contact, Invitation, Questionnaire
from plugin.invitations import deadline, links
from plugin.mail import one_line
from plugin.ports import OutgoingMail, Ports
from plugin.questionnaires import library, translations

_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # would turn the words around them back to front
_LINKING = re.compile(r"([.:/@])(?=\S)")
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def invitation(
    ports: Ports,
    tenant_id: int,
    invitation: Invitation,
    contact: Contact,
    questionnaire: Questionnaire,
    token: str,
) -> OutgoingMail:
    """The mail that asks one contact, in the contact's language. The same invitation always has the same Message-ID."""
    language = translations.spoken(questionnaire.items, contact.language)
    project = plain(invitation.context["projectName"])
    subject = ports.renderer.render("invitations_subject.txt", language, project=shortened(project, 60))
    values = {
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "name": unlinked(plain(contact.name)),
        "project": unlinked(project),
        "summary": unlinked(plain(invitation.context["summary"])),
        "question": questionnaire.anchor.wording(language),
        "choices": _choices(ports.base_url, token, language),
        "trap_url": links.trap_url(ports.base_url, token),
        "words_only_url": links.survey_url(ports.base_url, token),
        "deadline": deadline.in_words(invitation.expires_at, contact.time_zone, language),
    }
    return OutgoingMail(
        to_name=plain(contact.name),
        to_address=contact.email,
        subject=one_line(subject),
        text=ports.renderer.render("invitations_mail.txt", language, **values),
        html=_INLINER.inline(ports.renderer.render("invitations_mail.html", language, **values)),
        message_id=f"<invitation-{tenant_id}-{invitation.id}@{urlsplit(ports.base_url).hostname}>",
        headers={"X-Auto-Response-Suppress": "All"},  # Exchange: no out-of-office and no delivery reports for surveys
    )


def plain(text: str) -> str:
    """Text from people as one line that cannot change the order in which the words around it are shown."""
    return one_line(_TURNING.sub("", text), 255)


def shortened(text: str, longest: int) -> str:
    """At most `longest` characters; the last one then is an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def unlinked(text: str) -> str:
    """The same to the eye, but no mail program makes a link of it: who names an issue must not place links in our mail."""
    return _LINKING.sub("\\1\u200b", text)


def _choices(base_url: str, token: str, language: str) -> list[tuple[int, str, str]]:
    """Score, its words and its address, worst first as on the page."""
    words = library.scale_words(language)
    return [(score, word, links.survey_url(base_url, token, score)) for score, word in enumerate(words, 1)]
