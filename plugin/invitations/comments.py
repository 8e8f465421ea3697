"""Writes the comment that asks or reminds on the issue itself. Whoever sees the issue sees it, so it tells nothing else."""

from __future__ import annotations

from typing import Any

from plugin.invitations import deadline, links
from plugin.invitations.mails import Letter, plain
from plugin.ports import Ports
from plugin.questionnaires import library, translations

Adf = dict[str, Any]
REFUSED = "Jira takes no comment of ours on this issue"
LINK = "\x1f"  # between the words of a link and its address, in the template


def invitation(ports: Ports, letter: Letter) -> Adf:
    """In the contact's language, each answer a link that only pre-selects, as in the mail."""
    contact = letter.contact
    language = translations.spoken(letter.questionnaire.items, contact.language)
    words = enumerate(library.scale_words(language), 1)
    text = ports.renderer.render(
        "invitations_comment.txt",
        language,
        link=LINK,
        name=plain(contact.name),
        reminder=letter.reminder,
        question=letter.questionnaire.anchor.wording(language),
        choices=[(score, word, links.survey_url(ports.base_url, letter.token, score)) for score, word in words],
        words_only_url=links.survey_url(ports.base_url, letter.token),
        consent_url=links.consent_url(ports.base_url, letter.token),
        deadline=deadline.in_words(letter.invitation.expires_at, contact.time_zone, language),
    )
    return {"type": "doc", "version": 1, "content": [_paragraph(line) for line in text.splitlines() if line.strip()]}


def _paragraph(line: str) -> Adf:
    words, _separator, address = line.strip().partition(LINK)
    text: Adf = {"type": "text", "text": words}
    if address:
        text["marks"] = [{"type": "link", "attrs": {"href": address}}]
    return {"type": "paragraph", "content": [text]}
