"""What one person said about an issue, in an answer or to the team: pure rules of which word opens a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.conversations.service import Conversation
from plugin.domain import Checkpoint, Contact, Invitation, Response

LOW_SCORE = 2  # at or under it, what a customer tells the team is low; a checkpoint has a limit of its own
_KEPT = ("invitation_id", "conversation_id", "checkpoint_id", "customer_id", "contact_id", "issue_id", "issue_key", "project_id", "score", "low_score")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word that counts. `score` 1…5 or None; without a `contact_id` somebody said it who was not named.

    `comment`: the team wants to be told of it on the issue.
    """

    project_id: str
    issue_id: str
    issue_key: str
    score: int | None
    low_score: int
    said_at: datetime
    invitation_id: int | None = None
    conversation_id: int | None = None
    checkpoint_id: int | None = None
    customer_id: int | None = None
    contact_id: int | None = None
    comment: bool = False

    @property
    def key(self) -> tuple[int | None, int | None]:
        """The same for its case."""
        return self.invitation_id, self.conversation_id

    @property
    def kept(self) -> dict[str, Any]:
        """What its case keeps of it."""
        return {name: getattr(self, name) for name in _KEPT}

    def at_most(self, limit: int) -> bool:
        return self.score is not None and self.score <= limit


def answered(ask: Invitation, response: Response, checkpoint: Checkpoint) -> Word:
    return Word(
        project_id=ask.project_id,
        issue_id=ask.issue_id,
        issue_key=ask.issue_key,
        score=response.score,
        low_score=checkpoint.low_score,
        said_at=response.answered_at,
        invitation_id=ask.id,
        checkpoint_id=ask.checkpoint_id,
        customer_id=ask.customer_id,
        contact_id=ask.contact_id,
        comment=checkpoint.low_comment,
    )


def told(talk: Conversation, contact: Contact | None) -> Word:
    """The team knows what it wrote down itself: no comment."""
    return Word(
        project_id=talk.project_id,
        issue_id=talk.issue_id,
        issue_key=talk.issue_key,
        score=talk.score,
        low_score=LOW_SCORE,
        said_at=talk.recorded_at,
        conversation_id=talk.id,
        customer_id=None if contact is None else contact.customer_id,
        contact_id=talk.contact_id,
    )
