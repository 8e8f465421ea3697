"""Tables and queries of surveys and their versions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import Item, Questionnaire, Survey
from plugin.errors import NotFound
from plugin.questionnaires import items as shapes

survey = sa.Table(
    "survey",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),  # "" for the shipped ones, which all projects use
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime, nullable=True),  # offered no more; checkpoints that use it go on
    sa.Index(
        "uq_survey_shipped",
        "tenant_id",
        "template",
        unique=True,
        postgresql_where=sa.text("project_id = ''"),
        sqlite_where=sa.text("project_id = ''"),
    ),
    sa.Index("ix_survey_project", "tenant_id", "project_id"),
)

questionnaire = sa.Table(
    "questionnaire",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("survey_id", BigId, sa.ForeignKey("survey.id", ondelete="CASCADE"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("items", Json, nullable=False),  # as questionnaires/items.py packs them
    sa.Column("edit_minutes", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("tenant_id", "survey_id", "version"),
)

_SURVEY_COLUMNS = [survey.c[name] for name in Survey.__dataclass_fields__]
_COLUMNS = [questionnaire.c[name] for name in Questionnaire.__dataclass_fields__]
_BY_ID = sa.select(*_COLUMNS).where(
    questionnaire.c.tenant_id == sa.bindparam("tenant_id"), questionnaire.c.id.in_(sa.bindparam("ids", expanding=True))
)


def _questionnaire(row: sa.Row[Any]) -> Questionnaire:
    return Questionnaire(**{**row._mapping, "items": shapes.unpacked(row._mapping["items"])})


def add_shipped_survey(tx: Tx, template: str, now: datetime) -> Survey:
    """The site's row of a shipped survey, new or not."""
    values = {"tenant_id": tx.tenant_id, "project_id": "", "template": template, "name": "", "created_at": now}
    tx.execute(tx.insert(survey).values(**values).on_conflict_do_nothing())
    mine = (survey.c.tenant_id == tx.tenant_id, survey.c.project_id == "", survey.c.template == template)
    return Survey(**tx.execute(sa.select(*_SURVEY_COLUMNS).where(*mine)).one()._mapping)


def get_survey(tx: Tx, survey_id: int) -> Survey:
    """Raises NotFound. Also finds removed ones."""
    mine = (survey.c.tenant_id == tx.tenant_id, survey.c.id == survey_id)
    row = tx.execute(sa.select(*_SURVEY_COLUMNS).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("this survey does not exist any more")
    return Survey(**row._mapping)


def add_survey(tx: Tx, project_id: str, template: str, name: str, now: datetime) -> Survey:
    """A survey of a project's own, still without any version."""
    values = {
        "tenant_id": tx.tenant_id,
        "project_id": project_id,
        "template": template,
        "name": name,
        "created_at": now,
    }
    added = tx.execute(sa.insert(survey).values(**values).returning(*_SURVEY_COLUMNS)).one()
    return Survey(**added._mapping)


def list_surveys(tx: Tx, project_id: str) -> list[Survey]:
    """A project's own surveys that are not removed, by name."""
    mine = (survey.c.tenant_id == tx.tenant_id, survey.c.project_id == project_id, survey.c.removed_at.is_(None))
    order = (survey.c.name, survey.c.id)
    return [Survey(**row._mapping) for row in tx.execute(sa.select(*_SURVEY_COLUMNS).where(*mine).order_by(*order))]


def mark_survey(tx: Tx, survey_id: int, **changes: object) -> None:
    mine = (survey.c.tenant_id == tx.tenant_id, survey.c.id == survey_id)
    tx.execute(sa.update(survey).where(*mine).values(**changes))


def add_questionnaire(
    tx: Tx, survey_id: int, version: int, items: tuple[Item, ...], edit_minutes: int, now: datetime
) -> None:
    """Does nothing where this version exists already."""
    values = {
        "tenant_id": tx.tenant_id,
        "survey_id": survey_id,
        "version": version,
        "items": shapes.packed(items),
        "edit_minutes": edit_minutes,
        "created_at": now,
    }
    tx.execute(tx.insert(questionnaire).values(**values).on_conflict_do_nothing())


def find_newest_questionnaire(tx: Tx, survey_id: int) -> Questionnaire | None:
    mine = (questionnaire.c.tenant_id == tx.tenant_id, questionnaire.c.survey_id == survey_id)
    row = tx.execute(sa.select(*_COLUMNS).where(*mine).order_by(questionnaire.c.version.desc()).limit(1)).one_or_none()
    return None if row is None else _questionnaire(row)


def list_questionnaires(tx: Tx, survey_id: int) -> list[Questionnaire]:
    """All versions of a survey, oldest first."""
    mine = (questionnaire.c.tenant_id == tx.tenant_id, questionnaire.c.survey_id == survey_id)
    query = sa.select(*_COLUMNS).where(*mine).order_by(questionnaire.c.version)
    return [_questionnaire(row) for row in tx.execute(query)]


def get_questionnaire(tx: Tx, questionnaire_id: int) -> Questionnaire:
    """Raises NotFound."""
    mine = (questionnaire.c.tenant_id == tx.tenant_id, questionnaire.c.id == questionnaire_id)
    row = tx.execute(sa.select(*_COLUMNS).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("this survey does not exist any more")
    return _questionnaire(row)


def list_questionnaires_by_id(tx: Tx, questionnaire_ids: Collection[int]) -> dict[int, Questionnaire]:
    found = tx.execute(_BY_ID, {"tenant_id": tx.tenant_id, "ids": list(questionnaire_ids)})
    return {row.id: _questionnaire(row) for row in found}


def list_versions(tx: Tx, survey_id: int) -> list[Questionnaire]:
    """Oldest first."""
    mine = (questionnaire.c.tenant_id == tx.tenant_id, questionnaire.c.survey_id == survey_id)
    query = sa.select(*_COLUMNS).where(*mine).order_by(questionnaire.c.version)
    return [_questionnaire(row) for row in tx.execute(query)]
