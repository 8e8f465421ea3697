"""Table and queries of questionnaire versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import Item, ItemKind, Questionnaire
from plugin.errors import NotFound

questionnaire = sa.Table(
    "questionnaire",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("items", Json, nullable=False),  # [{"key", "kind", "text": {language: wording}}]
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("tenant_id", "template", "version"),
)

_COLUMNS = [questionnaire.c[name] for name in Questionnaire.__dataclass_fields__]


def _questionnaire(row: sa.Row[Any]) -> Questionnaire:
    items = tuple(Item(item["key"], ItemKind(item["kind"]), item["text"]) for item in row._mapping["items"])
    return Questionnaire(row.id, row.template, row.version, items)


def add_questionnaire(tx: Tx, template: str, version: int, items: tuple[Item, ...], now: datetime) -> None:
    """Does nothing where this version exists already."""
    stored = [{"key": item.key, "kind": item.kind, "text": dict(item.text)} for item in items]
    values = {"tenant_id": tx.tenant_id, "template": template, "version": version, "items": stored, "created_at": now}
    tx.execute(tx.insert(questionnaire).values(**values).on_conflict_do_nothing())


def find_newest_questionnaire(tx: Tx, template: str) -> Questionnaire | None:
    mine = (questionnaire.c.tenant_id == tx.tenant_id, questionnaire.c.template == template)
    row = tx.execute(sa.select(*_COLUMNS).where(*mine).order_by(questionnaire.c.version.desc()).limit(1)).one_or_none()
    return None if row is None else _questionnaire(row)


def get_questionnaire(tx: Tx, questionnaire_id: int) -> Questionnaire:
    """Raises NotFound."""
    mine = (questionnaire.c.tenant_id == tx.tenant_id, questionnaire.c.id == questionnaire_id)
    row = tx.execute(sa.select(*_COLUMNS).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("this survey does not exist any more")
    return _questionnaire(row)
