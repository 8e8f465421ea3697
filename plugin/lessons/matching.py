"""Which lessons are offered to a project: pure rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_OFFERED = 30  # more than that nobody reads


class Phase(StrEnum):
    """When in the life of a project it applies."""

    ANY = ""
    START = "start"
    DELIVERY = "delivery"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Lesson:
    """In this situation, do that. `customer_id` None: with any customer. `checkpoint` and `service_point` are names.

    `shared`: offered to, and found by, other projects.
    """

    id: int
    project_id: str
    situation: str
    advice: str
    phase: Phase
    checkpoint: str
    service_point: str
    customer_id: int | None
    shared: bool
    created_at: datetime


def matching(lessons: Iterable[Lesson], project_id: str, customer_ids: Collection[int]) -> list[Lesson]:
    """Those of other projects that apply here: about one of these customers first, then the newest."""
    found = [
        lesson
        for lesson in lessons
        if lesson.shared
        and lesson.project_id != project_id
        and (lesson.customer_id is None or lesson.customer_id in customer_ids)
    ]
    found.sort(key=lambda lesson: (lesson.customer_id is None, -lesson.created_at.timestamp(), lesson.id))
    return found[:MOST_OFFERED]
