"""What came in but does not count: looked at by a project admin, accepted or set aside, and back again."""

from __future__ import annotations

from datetime import datetime

from plugin.database import Tx
from plugin.domain import Response
from plugin.errors import Conflict, NotFound
from plugin.invitations import service as invitations
from plugin.surveys import store
from plugin.surveys.store import Held


def list_of_project(tx: Tx, project_id: str, limit: int = 100) -> list[Held]:
    """Newest first, those decided about too."""
    return store.list_held(tx, project_id, limit)


def count_waiting(tx: Tx, project_id: str) -> int:
    return store.count_held(tx, project_id)


def accept(tx: Tx, project_id: str, response_id: int, account_id: str | None, now: datetime) -> Response:
    """Let it count from now on; an answer that counted until now counts no more. Raises NotFound, Conflict."""
    held = _held(tx, project_id, response_id)
    if held.score is None and not held.comment:
        raise Conflict("there is no answer in it")
    before = store.find_response(tx, held.invitation_id)
    if before is not None and before.id != held.id:
        store.mark_uncounted(tx, before.id)
        store.mark_replaced(tx, before.id, held.id)
    store.mark_counted(tx, held.id)
    store.mark_reviewed(tx, held.id, account_id, now)
    invitations.record_answered(tx, held.invitation_id, held.answered_at)
    return held


def set_aside(tx: Tx, project_id: str, response_id: int, account_id: str | None, now: datetime) -> Response:
    """It stays out of every number, and is asked about no more. Raises NotFound."""
    held = _held(tx, project_id, response_id)
    store.mark_reviewed(tx, held.id, account_id, now)
    return held


def take_back(tx: Tx, project_id: str, response_id: int) -> Response:
    """Undo either: as it was before anybody decided. Raises NotFound."""
    held = _held(tx, project_id, response_id)
    store.mark_reviewed(tx, held.id, None, None)
    if store.mark_uncounted(tx, held.id):
        _restore(tx, held)
    return held


def _restore(tx: Tx, held: Response) -> None:
    """Count what counted before; without that nothing was answered."""
    before = store.find_replaced_by(tx, held.id)
    if before is None:
        invitations.record_unanswered(tx, held.invitation_id)
        return
    store.mark_replaced(tx, before.id, None)
    store.mark_counted(tx, before.id)


def _held(tx: Tx, project_id: str, response_id: int) -> Response:
    found = store.get_response(tx, response_id)
    if found.project_id != project_id or not found.held:
        raise NotFound("this answer is not in quarantine any more")
    return found
