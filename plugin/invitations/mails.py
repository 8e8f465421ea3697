"""Writes the mails that ask and remind. What it says about the issue comes from other people and is treated as hostile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from plugin.domain import RIGHT_TO_LEFT, Contact, Invitation, Questionnaire
from plugin.invitations import deadline, links
from plugin.mail import one_line
from plugin.ports import OutgoingMail, Ports
from plugin.questionnaires import library, translations

_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # would turn the words around them back to front
_LINKING = re.compile(r"([.:/@])(?=\S)")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, or a comment in its place, that may leave now. `reminder` is 0 for the invitation itself; `last` says that no other one follows.

    `not_before`: the first day on which the site could ask this person again.
    """

    invitation: Invitation
    contact: Contact
    questionnaire: Questionnaire
    token: str
    not_before: date
    reminder: int = 0
    last: bool = True
    signed_by: str = ""
    by_comment: bool = False


def letter(ports: Ports, tenant_id: int, letter: Letter) -> OutgoingMail:
    """The mail that asks or reminds one contact, in the contact's language. The same letter always has the same
    Message-ID; reminders follow the invitation in the reader's mail program."""
    invitation, contact = letter.invitation, letter.contact
    language = translations.spoken(letter.questionnaire.items, contact.language)
    project = plain(invitation.context["projectName"])
    values = {
        **_words(ports.base_url, letter, language),
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "name": unlinked(plain(contact.name)),
        "project": unlinked(project),
        "summary": unlinked(plain(invitation.context["summary"])),
    }
    subject = ports.renderer.render(
        "invitations_subject.txt", language, project=shortened(project, 60), reminder=letter.reminder
    )
    first_id, message_id = (_message_id(ports, tenant_id, invitation.id, number) for number in (0, letter.reminder))
    return OutgoingMail(
        to_name=plain(contact.name),
        to_address=contact.email,
        from_name=plain(letter.signed_by),
        subject=one_line(subject),
        text=ports.renderer.render("invitations_mail.txt", language, **values),
        html=with_styles_inline(ports.renderer.render("invitations_mail.html", language, **values)),
        message_id=message_id,
        headers=_headers(values["consent_url"]) | ({"In-Reply-To": first_id} if letter.reminder else {}),
    )


def _words(base_url: str, letter: Letter, language: str) -> dict[str, Any]:
    contact, token = letter.contact, letter.token
    return {
        "reminder": letter.reminder,
        "last": letter.last,
        "signed_by": unlinked(plain(letter.signed_by)),
        "question": letter.questionnaire.anchor.wording(language),
        "choices": _choices(base_url, token, language),
        "trap_url": links.trap_url(base_url, token),
        "words_only_url": links.survey_url(base_url, token),
        "consent_url": links.consent_url(base_url, token),
        "deadline": deadline.in_words(letter.invitation.expires_at, contact.time_zone, language),
        "not_before": deadline.day_in_words(letter.not_before, language),
    }


def _message_id(ports: Ports, tenant_id: int, invitation_id: int, reminder: int) -> str:
    which = f"-reminder-{reminder}" if reminder else ""
    return f"<invitation-{tenant_id}-{invitation_id}{which}@{urlsplit(ports.base_url).hostname}>"


def _headers(consent_url: str) -> dict[str, str]:
    """One-click opt-out as RFC 8058 has it: only a POST of exactly this does anything."""
    return {
        "List-Unsubscribe": f"<{consent_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Auto-Response-Suppress": "All",  # Exchange: no out-of-office and no delivery reports for surveys
    }


def with_styles_inline(html: str) -> str:
    from css_inline import CSSInliner  # noqa: PLC0415 - only workers write mails

    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(html)


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
