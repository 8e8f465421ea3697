"""Writes down that somebody is to be asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.asking import Occasion, Planned
from plugin.database import Tx
from plugin.domain import Checkpoint, Contact, Questionnaire
from plugin.invitations import store
from plugin.invitations.deciding import Ask
from plugin.questionnaires import rotation
from plugin.questionnaires import service as questionnaires


def plan(
    tx: Tx,
    occasion: Occasion,
    checkpoint: Checkpoint,
    contact: Contact,
    asks: list[Ask],
    ask_at: datetime,
    now: datetime,
) -> list[Planned]:
    """One ask, which joins the `asks` of this person; none where the contact was invited for this event already."""
    questionnaire = questionnaires.current(tx, checkpoint.survey_id, now)
    values = {
        "event_id": occasion.event_id,
        "issue_id": occasion.issue_id,
        "issue_key": occasion.issue_key,
        "project_id": occasion.project_id,
        "checkpoint_id": checkpoint.id,
        "customer_id": contact.customer_id,
        "contact_id": contact.id,
        "questionnaire_id": questionnaire.id,
        "in_turn": _in_turn(tx, occasion.project_id, contact, questionnaire),
        "context": occasion.context,
        "created_at": now,
        "due_at": ask_at,
        "expires_at": ask_at + timedelta(days=checkpoint.expires_after_days),
    }
    invitation_id = store.add_invitation(tx, values)
    if invitation_id is None:
        return []
    change_id = occasion.context.get("change", "")
    about = (checkpoint.id, occasion.issue_id, occasion.project_id)
    asks.append(Ask(*about, ask_at, False, invitation_id, change_id, occasion.event_id))
    return [Planned(invitation_id, ask_at)]


def _in_turn(tx: Tx, project_id: str, contact: Contact, questionnaire: Questionnaire) -> str:
    """The key of what this person is asked beside the anchor this time, or ""."""
    item = rotation.in_turn(questionnaire.items, contact.id, store.count_asks(tx, project_id, contact.id))
    return "" if item is None else item.key
