"""Table and queries of responses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import Response

survey_response = sa.Table(
    "survey_response",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("invitation_id", BigId, sa.ForeignKey("invitation.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("checkpoint_id", BigId, sa.ForeignKey("checkpoint.id"), nullable=False),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("contact_id", BigId, sa.ForeignKey("contact.id"), nullable=False),
    sa.Column("questionnaire_id", BigId, sa.ForeignKey("questionnaire.id"), nullable=False),
    sa.Column("score", sa.Integer, nullable=True),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("answered_at", UtcDateTime, nullable=False),
    sa.Column("counted", sa.Boolean, nullable=False),  # false for versions that a newer one replaced
    sa.UniqueConstraint("tenant_id", "invitation_id", "version"),
    sa.Index("ix_survey_response_issue", "tenant_id", "issue_id"),
    # Covers the sums of a project's page: they never touch the rows with their comments.
    sa.Index(
        "ix_survey_response_sums",
        "tenant_id",
        "project_id",
        "counted",
        "answered_at",
        "checkpoint_id",
        "questionnaire_id",
        "score",
    ),
    sa.Index(
        "ix_survey_response_comments",
        "tenant_id",
        "project_id",
        "answered_at",
        postgresql_where=sa.text("comment <> ''"),
        sqlite_where=sa.text("comment <> ''"),
    ),
)

_COLUMNS = [survey_response.c[name] for name in Response.__dataclass_fields__]


def add_response(tx: Tx, values: Mapping[str, Any]) -> int | None:
    """The id, or None where this version of this invitation exists already: somebody else was first."""
    statement = tx.insert(survey_response).values(tenant_id=tx.tenant_id, counted=True, **values)
    added: int | None = tx.execute(
        statement.on_conflict_do_nothing().returning(survey_response.c.id)
    ).scalar_one_or_none()
    return added


def find_response(tx: Tx, invitation_id: int) -> Response | None:
    """The version that counts."""
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.invitation_id == invitation_id,
        survey_response.c.counted,
    )
    row = tx.execute(sa.select(*_COLUMNS).where(*mine)).one_or_none()
    return None if row is None else Response(**row._mapping)


def list_responses_of_issue(tx: Tx, issue_id: str) -> list[Response]:
    """Those that count, newest first."""
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.issue_id == issue_id,
        survey_response.c.counted,
    )
    query = (
        sa.select(*_COLUMNS).where(*mine).order_by(survey_response.c.answered_at.desc(), survey_response.c.id.desc())
    )
    return [Response(**row._mapping) for row in tx.execute(query)]


def list_comments(tx: Tx, project_id: str, limit: int) -> list[Response]:
    """The newest answers with a comment, newest first."""
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.project_id == project_id,
        survey_response.c.comment != "",
        survey_response.c.counted,
    )
    query = sa.select(*_COLUMNS).where(*mine).order_by(survey_response.c.answered_at.desc()).limit(limit)
    return [Response(**row._mapping) for row in tx.execute(query)]


def clear_comments(tx: Tx, contact_ids: Collection[int]) -> int:
    """Take the words out of every version of these people's answers; the number of versions that had any."""
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.contact_id.in_(contact_ids),
        survey_response.c.comment != "",
    )
    cleared = sa.update(survey_response).where(*mine).values(comment="").returning(survey_response.c.id)
    return len(tx.execute(cleared).all())


@dataclass(frozen=True, slots=True)
class ScoreCount:
    """How many answers of one checkpoint, in one wording, gave one score (None: anchor left out)."""

    checkpoint_id: int
    questionnaire_id: int
    score: int | None
    count: int


def list_score_counts(tx: Tx, project_id: str) -> Sequence[ScoreCount]:
    columns = (survey_response.c.checkpoint_id, survey_response.c.questionnaire_id, survey_response.c.score)
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.project_id == project_id,
        survey_response.c.counted,
    )
    return [
        ScoreCount(**row._mapping)
        for row in tx.execute(sa.select(*columns, sa.func.count().label("count")).where(*mine).group_by(*columns))
    ]
