"""Write lessons, offer them to other projects, and take or decline what is offered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from plugin.activities import service as activities
from plugin.activities.service import ActivityDetails, Kind, Origin
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.errors import Conflict, NotFound
from plugin.lessons import store
from plugin.lessons.matching import Lesson, Phase, matching
from plugin.lessons.store import Decision, Offer

__all__ = ["Decision", "Lesson", "LessonDetails", "Offer", "Phase", "Reuse", "accept_as_activity", "accept_as_checkpoint", "add", "decline", "erase_account", "find", "list_of_project", "offer", "offers", "remove", "restore", "reuse_of_project", "reuse_of_site"]  # fmt: skip

FOUND = 100


@dataclass(frozen=True, slots=True)
class LessonDetails:
    """What a person enters; already checked by the form."""

    situation: str
    advice: str
    phase: Phase
    checkpoint: str
    service_point: str
    customer_id: int | None
    shared: bool


@dataclass(frozen=True, slots=True)
class Reuse:
    """Lessons offered, and those of them that were taken into a plan."""

    offered: int
    accepted: int
    declined: int


def add(tx: Tx, project_id: str, details: LessonDetails, account_id: str | None, now: datetime) -> int:
    """Raises NotFound for a customer that is not one of the project's."""
    if details.customer_id is not None:
        customers.get_customer_of_project(tx, project_id, details.customer_id)
    values = {name: getattr(details, name) for name in LessonDetails.__dataclass_fields__}
    return store.add_lesson(tx, project_id, {**values, "account_id": account_id}, now)


def remove(tx: Tx, project_id: str, lesson_id: int, now: datetime) -> None:
    """Raises NotFound."""
    store.mark_lesson(tx, project_id, lesson_id, removed_at=now)


def restore(tx: Tx, project_id: str, lesson_id: int) -> None:
    """Undo `remove`. Raises NotFound."""
    store.mark_lesson(tx, project_id, lesson_id, removed_at=None)


def list_of_project(tx: Tx, project_id: str) -> list[Lesson]:
    return store.list_lessons_of_project(tx, project_id)


def find(tx: Tx, words: str) -> list[Lesson]:
    """Shared lessons of the whole site; the caller leaves out projects that the reader may not see."""
    return store.find_lessons(tx, words, FOUND)


def offer(tx: Tx, project_id: str, now: datetime) -> None:
    """Lay before a project what others have learned. A lesson is offered once, whatever was decided about it."""
    of_project = {customer.id for customer in customers.list_customers(tx, project_id)}
    for lesson in matching(store.list_lessons(tx), project_id, of_project):
        store.add_offer(tx, lesson.id, project_id, now)


def offers(tx: Tx, project_id: str) -> list[Offer]:
    return store.list_offers(tx, project_id)


def _open_offer(tx: Tx, project_id: str, offer_id: int) -> Lesson:
    for each in store.list_offers(tx, project_id):
        if each.id == offer_id:
            return each.lesson
    raise NotFound("this lesson is not offered any more")


def _decide(
    tx: Tx, project_id: str, offer_id: int, decision: Decision, reason: str, account_id: str | None, now: datetime
) -> None:
    changes = {"decision": decision, "reason": reason, "decided_at": now, "account_id": account_id}
    if not store.mark_offer(tx, project_id, offer_id, Decision.OPEN, **changes):
        raise Conflict("somebody has decided about this lesson meanwhile")


def accept_as_activity(
    tx: Tx, project_id: str, offer_id: int, kind: Kind, planned_on: date | None, account_id: str | None, now: datetime
) -> None:
    """The lesson becomes a planned activity. Raises NotFound, Conflict."""
    lesson = _open_offer(tx, project_id, offer_id)
    _decide(tx, project_id, offer_id, Decision.ACCEPTED, "", account_id, now)
    details = ActivityDetails(kind, lesson.advice[:200], planned_on, None, "", more_needed=False, more="")
    activities.add(tx, project_id, details, account_id, now, Origin.LESSON)


def accept_as_checkpoint(
    tx: Tx, project_id: str, offer_id: int, details: CheckpointDetails, account_id: str | None, now: datetime
) -> None:
    """The lesson becomes a checkpoint, which asks from now on. Raises NotFound, Conflict."""
    _open_offer(tx, project_id, offer_id)
    _decide(tx, project_id, offer_id, Decision.ACCEPTED, "", account_id, now)
    checkpoints.add(tx, project_id, details, now)


def decline(tx: Tx, project_id: str, offer_id: int, reason: str, account_id: str | None, now: datetime) -> None:
    """Raises NotFound, Conflict."""
    _open_offer(tx, project_id, offer_id)
    _decide(tx, project_id, offer_id, Decision.DECLINED, reason, account_id, now)


def reuse_of_project(tx: Tx, project_id: str) -> Reuse:
    """What this project made of the lessons of others."""
    return _reuse(store.count_offers(tx, project_id))


def reuse_of_site(tx: Tx) -> Reuse:
    return _reuse(store.count_offers(tx))


def _reuse(counts: dict[Decision, int]) -> Reuse:
    return Reuse(sum(counts.values()), counts.get(Decision.ACCEPTED, 0), counts.get(Decision.DECLINED, 0))


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user wrote lessons, or decided about them."""
    return store.clear_account(tx, account_id)
