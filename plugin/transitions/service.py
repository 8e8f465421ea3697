"""Record what Jira tells us, once, and say what became of it."""

from __future__ import annotations

from datetime import datetime

from connect import StatusChanged
from plugin.checkpoints import service as checkpoints
from plugin.database import Tx
from plugin.domain import TransitionEvent
from plugin.transitions import store
from plugin.transitions.outcomes import Outcome


def record(tx: Tx, delivery_key: str, event: StatusChanged, now: datetime) -> int | None:
    """The id of a newly stored event; None for a repeat, or for a change that no checkpoint could care about.

    An event without project, changelog or former status cannot be told apart or confirmed.
    """
    if event.project_id is None or event.changelog_id is None or event.from_status_id is None:
        return None
    if not checkpoints.may_concern(tx, event.project_id, event.to_status_id):
        return None
    return store.add_event(tx, delivery_key, event, now)


def get(tx: Tx, event_id: int) -> TransitionEvent:
    """Raises NotFound."""
    return store.get_event(tx, event_id)


def name_change(tx: Tx, event: TransitionEvent, changelog_id: str) -> bool:
    """Say which change of the issue an event is about; False where another event was about it already."""
    return event.changelog_id == changelog_id or store.mark_change(tx, event, changelog_id)


def close(tx: Tx, event_id: int, outcome: Outcome) -> None:
    store.mark_outcome(tx, event_id, outcome)


def list_of_project(tx: Tx, project_id: str, limit: int = 50) -> list[TransitionEvent]:
    """Newest first."""
    return store.list_events(tx, project_id, limit)


def erase_actor(tx: Tx, account_id: str) -> int:
    """Forget which issues this Jira user moved; the number of events."""
    return store.clear_actor(tx, account_id)


def last_received_at(tx: Tx) -> datetime | None:
    return store.get_last_received_at(tx)
