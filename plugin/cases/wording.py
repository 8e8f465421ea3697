"""What a case says in Jira: the text of its issue, and the words that follow when something changes. English, as Jira is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugin.cases.case import Case, CaseState

Adf = dict[str, Any]
TOLD = (CaseState.RECOVERED, CaseState.NOT_RECOVERED, CaseState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Story:
    """What there is to tell of a case besides its dates. `words` are "" where they must not be told.

    `customer` is an organisation, or the role of somebody who was not named; `who` said it, as whoever sees the issue may
    know. `where`: "at the checkpoint …", or how the team heard it.
    """

    customer: str
    who: str
    where: str
    about: str
    words: str
    page_url: str


def summary(case: Case, story: Story) -> str:
    """One line of at most 200 characters."""
    return f"{story.customer}: {case.score} of 5 {story.where} ({case.issue_key})"[:200]


def description(case: Case, story: Story) -> Adf:
    facts = f"{story.who} gave {case.score} of 5 {story.where}, about {case.issue_key} {story.about}"
    parts = [_paragraph(facts.strip() + ".")]
    if story.words:
        parts.append({"type": "blockquote", "content": [_paragraph(line) for line in story.words.splitlines() if line]})
    due = case.due_at.strftime("%a %d %b %Y %H:%M UTC")
    parts.append(_paragraph(f"Please speak with the customer until {due}. Moving this issue out of its first status counts as the first contact, closing it as the end; the customer is then asked once whether it helped."))  # fmt: skip
    more = "The case in Rapport" if story.words else "Who it was, and their words, for project admins"
    parts.append({"type": "paragraph", "content": [_link(more, story.page_url)]})
    return {"type": "doc", "version": 1, "content": parts}


def news(case: Case) -> Adf:
    """The comment that says how a case stands, for the states in TOLD."""
    words: Mapping[CaseState, str] = {
        CaseState.RECOVERED: f"The customer was asked again and answered {case.recheck_score} of 5, after {case.score}. Recovered.",
        CaseState.NOT_RECOVERED: f"The customer was asked again and answered {case.recheck_score} of 5, after {case.score}. Not recovered.",
        CaseState.WITHDRAWN: "The answer behind this issue does not count any more: it was changed, taken out, or put into quarantine. There is nothing left to do here.",
    }
    return {"type": "doc", "version": 1, "content": [_paragraph(words[case.state])]}


def low(case: Case, checkpoint: str) -> Adf:
    """The comment on the issue that was asked about: the score alone, as whoever works on it may read that."""
    words = f"A customer answered {case.score} of 5 about this issue, at the checkpoint “{checkpoint}”. Project admins find who it was, and the words, in the Rapport panel."
    return {"type": "doc", "version": 1, "content": [_paragraph(words)]}


def _paragraph(text: str) -> Adf:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}] if text else []}


def _link(text: str, url: str) -> Adf:
    return {"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": url}}]}
