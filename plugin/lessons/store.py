"""Tables and queries of lessons and their offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Tx, UtcDateTime, metadata, tenant_column
from plugin.errors import NotFound
from plugin.lessons.matching import Lesson, Phase

lesson = sa.Table(
    "lesson",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("situation", sa.Text, nullable=False),
    sa.Column("advice", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("checkpoint", sa.Text, nullable=False),
    sa.Column("service_point", sa.Text, nullable=False),
    sa.Column("customer_id", BigId, sa.ForeignKey("customer.id"), nullable=True),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("account_id", sa.Text, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime, nullable=True),
    sa.Index("ix_lesson_project", "tenant_id", "project_id"),
)

lesson_offer = sa.Table(
    "lesson_offer",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("lesson_id", BigId, sa.ForeignKey("lesson.id"), nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("offered_at", UtcDateTime, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("decided_at", UtcDateTime, nullable=True),
    sa.Column("account_id", sa.Text, nullable=True),
    sa.UniqueConstraint("tenant_id", "lesson_id", "project_id"),
    sa.Index("ix_lesson_offer_project", "tenant_id", "project_id"),
)

_COLUMNS = [lesson.c[name] for name in Lesson.__dataclass_fields__]


class Decision(StrEnum):
    """What a project made of an offer."""

    OPEN = ""
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Offer:
    """A lesson before a project that could use it."""

    id: int
    lesson: Lesson
    decision: Decision
    reason: str


def _lesson(row: sa.Row[Any]) -> Lesson:
    values = {name: row._mapping[name] for name in Lesson.__dataclass_fields__}
    return Lesson(**{**values, "phase": Phase(row.phase)})


def add_lesson(tx: Tx, project_id: str, values: Mapping[str, Any], now: datetime) -> int:
    statement = sa.insert(lesson).values(tenant_id=tx.tenant_id, project_id=project_id, created_at=now, **values)
    added: int = tx.execute(statement.returning(lesson.c.id)).scalar_one()
    return added


def mark_lesson(tx: Tx, project_id: str, lesson_id: int, **changes: object) -> None:
    """Raises NotFound for one of another project."""
    mine = (lesson.c.tenant_id == tx.tenant_id, lesson.c.project_id == project_id, lesson.c.id == lesson_id)
    if tx.execute(sa.update(lesson).where(*mine).values(**changes).returning(lesson.c.id)).first() is None:
        raise NotFound("this lesson does not exist any more")


def list_lessons(tx: Tx, *conditions: sa.ColumnElement[bool]) -> list[Lesson]:
    """Newest first, without removed ones."""
    mine = (lesson.c.tenant_id == tx.tenant_id, lesson.c.removed_at.is_(None), *conditions)
    return [_lesson(row) for row in tx.execute(sa.select(*_COLUMNS).where(*mine).order_by(lesson.c.id.desc()))]


def list_lessons_of_project(tx: Tx, project_id: str) -> list[Lesson]:
    return list_lessons(tx, lesson.c.project_id == project_id)


def find_lessons(tx: Tx, words: str, limit: int) -> list[Lesson]:
    """Shared ones that hold all of the words, newest first; all shared ones for no words."""
    text = sa.func.lower(lesson.c.situation + " " + lesson.c.advice + " " + lesson.c.checkpoint + " " + lesson.c.service_point)  # fmt: skip
    wanted = [text.contains(word.lower(), autoescape=True) for word in words.split()[:10]]
    return list_lessons(tx, lesson.c.shared, *wanted)[:limit]


def add_offer(tx: Tx, lesson_id: int, project_id: str, now: datetime) -> None:
    """Once for each project, whatever it decided."""
    values = {"lesson_id": lesson_id, "project_id": project_id, "offered_at": now, "decision": "", "reason": ""}
    tx.execute(tx.insert(lesson_offer).values(tenant_id=tx.tenant_id, **values).on_conflict_do_nothing())


def list_offers(tx: Tx, project_id: str) -> list[Offer]:
    """Open ones first, then the newest."""
    columns = (lesson_offer.c.id.label("offer_id"), lesson_offer.c.decision, lesson_offer.c.reason, *_COLUMNS)
    mine = (
        lesson_offer.c.tenant_id == tx.tenant_id,
        lesson.c.tenant_id == tx.tenant_id,
        lesson_offer.c.lesson_id == lesson.c.id,
        lesson_offer.c.project_id == project_id,
        lesson.c.removed_at.is_(None),
    )
    order = (lesson_offer.c.decision, lesson_offer.c.id.desc())
    rows = tx.execute(sa.select(*columns).select_from(lesson_offer.join(lesson, lesson_offer.c.lesson_id == lesson.c.id)).where(*mine).order_by(*order))  # fmt: skip
    return [Offer(row.offer_id, _lesson(row), Decision(row.decision), row.reason) for row in rows]


def mark_offer(tx: Tx, project_id: str, offer_id: int, before: Decision, **changes: object) -> bool:
    """False where it was decided already, or is not this project's."""
    mine = (
        lesson_offer.c.tenant_id == tx.tenant_id,
        lesson_offer.c.project_id == project_id,
        lesson_offer.c.id == offer_id,
        lesson_offer.c.decision == before,
    )
    changed = sa.update(lesson_offer).where(*mine).values(**changes).returning(lesson_offer.c.id)
    return tx.execute(changed).first() is not None


def count_offers(tx: Tx, project_id: str | None = None) -> dict[Decision, int]:
    """Of one project, or of the whole site."""
    mine = [lesson_offer.c.tenant_id == tx.tenant_id]
    if project_id is not None:
        mine.append(lesson_offer.c.project_id == project_id)
    query = sa.select(lesson_offer.c.decision, sa.func.count().label("offers")).where(*mine)
    return {Decision(row.decision): row.offers for row in tx.execute(query.group_by(lesson_offer.c.decision))}


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget that this account wrote lessons or decided about offers; how many rows."""
    cleared = 0
    for table in (lesson, lesson_offer):
        mine = (table.c.tenant_id == tx.tenant_id, table.c.account_id == account_id)
        cleared += len(tx.execute(sa.update(table).where(*mine).values(account_id=None).returning(table.c.id)).all())
    return cleared
