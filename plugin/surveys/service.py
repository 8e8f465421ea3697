"""Open a survey for a customer, and take one answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Contact, Invitation, Questionnaire, Response
from plugin.invitations import service as invitations
from plugin.questionnaires import service as questionnaires
from plugin.surveys import store
from plugin.surveys.store import ScoreCount


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that the public page shows. `response` is what was answered, or None."""

    invitation: Invitation
    contact: Contact
    questionnaire: Questionnaire
    response: Response | None


@dataclass(frozen=True, slots=True)
class Answers:
    """One filled-in survey, checked by the form. `score` 1…5 or None where left out."""

    score: int | None
    comment: str
    language: str


def load(tx: Tx, invitation_id: int, now: datetime) -> Survey:
    """Writes nothing. Raises Gone when the time is over and nothing was answered, NotFound when it was erased."""
    invitation = invitations.get(tx, invitation_id)
    invitations.require_open(invitation, now)
    contact = customers.get_contact(tx, invitation.contact_id)
    questionnaire = questionnaires.get(tx, invitation.questionnaire_id)
    return Survey(invitation, contact, questionnaire, store.find_response(tx, invitation_id))


def submit(tx: Tx, survey: Survey, answers: Answers, now: datetime) -> bool:
    """Store the answer; False where one was stored already: the first one stays."""
    invitation = survey.invitation
    values = {
        "invitation_id": invitation.id,
        "version": 1,
        "project_id": invitation.project_id,
        "checkpoint_id": invitation.checkpoint_id,
        "issue_id": invitation.issue_id,
        "contact_id": invitation.contact_id,
        "questionnaire_id": invitation.questionnaire_id,
        "score": answers.score,
        "comment": answers.comment,
        "language": answers.language,
        "answered_at": now,
    }
    if store.add_response(tx, values) is None:
        return False
    invitations.record_answered(tx, invitation.id, now)
    return True


def list_of_issue(tx: Tx, issue_id: str) -> list[Response]:
    """Newest first."""
    return store.list_responses_of_issue(tx, issue_id)


def list_comments(tx: Tx, project_id: str, limit: int = 50) -> list[Response]:
    """Newest first."""
    return store.list_comments(tx, project_id, limit)


def erase_comments(tx: Tx, contact_ids: Collection[int]) -> int:
    """Forget what these people wrote, and keep the scores; how many answers had words."""
    return store.clear_comments(tx, contact_ids)


def score_counts(tx: Tx, project_id: str) -> Sequence[ScoreCount]:
    return store.list_score_counts(tx, project_id)
