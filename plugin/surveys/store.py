"""Table and queries of responses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.counts import MarkCount, ScoreCount, Scored, WeekCount, monday_of
from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import Hold, Response
from plugin.errors import NotFound

_BY_WEEK = ("tenant_id", "project_id", "counted", "monday", "checkpoint_id", "questionnaire_id")

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
    sa.Column("role", sa.Text, nullable=False, server_default=""),  # of the contact, when the answer came
    sa.Column("score", sa.Integer, nullable=True),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("answers", Json, nullable=False, server_default=sa.text("'{}'")),
    # What was said on the scales of other items than the anchor, again as JSON: sums find it in their index.
    sa.Column("marks", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("answered_at", UtcDateTime, nullable=False),
    sa.Column("monday", sa.Date, nullable=False),  # of its week: sums by week find it in their index, in order
    sa.Column("counted", sa.Boolean, nullable=False),  # false for replaced versions and those in quarantine
    sa.Column("proof", sa.Text, nullable=False, server_default=""),
    sa.Column("network", sa.Text, nullable=False, server_default=""),  # a keyed hash, never an address
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
    sa.Column("held", sa.Text, nullable=False, server_default=""),  # why it went to quarantine
    sa.Column("reviewed_at", UtcDateTime, nullable=True),
    sa.Column("reviewed_by", sa.Text, nullable=True),  # Atlassian account
    sa.Column("replaced_by", BigId, sa.ForeignKey("survey_response.id"), nullable=True),
    sa.UniqueConstraint("tenant_id", "invitation_id", "version"),
    # However many post at the same moment: one answer counts.
    sa.Index(
        "uq_survey_response_counted",
        "tenant_id",
        "invitation_id",
        unique=True,
        postgresql_where=sa.text("counted"),
        sqlite_where=sa.text("counted"),
    ),
    sa.Index("ix_survey_response_issue", "tenant_id", "issue_id"),
    # These two cover the sums of a project's page: they never touch the rows with their comments.
    sa.Index("ix_survey_response_sums", *_BY_WEEK, "role", "score", "answered_at"),
    sa.Index(
        "ix_survey_response_marks",
        *_BY_WEEK,
        "marks",
        "answered_at",
        postgresql_where=sa.text("marks <> ''"),
        sqlite_where=sa.text("marks <> ''"),
    ),
    sa.Index("ix_survey_response_people", "tenant_id", "project_id", "counted", "contact_id", "answered_at"),
    sa.Index(
        "ix_survey_response_comments",
        "tenant_id",
        "project_id",
        "answered_at",
        postgresql_where=sa.text("comment <> ''"),
        sqlite_where=sa.text("comment <> ''"),
    ),
    sa.Index(
        "ix_survey_response_held",
        "tenant_id",
        "project_id",
        "id",
        postgresql_where=sa.text("held <> ''"),
        sqlite_where=sa.text("held <> ''"),
    ),
)

_COLUMNS = [survey_response.c[name] for name in Response.__dataclass_fields__]
_OF_ISSUE = (
    sa.select(*_COLUMNS)
    .where(
        survey_response.c.tenant_id == sa.bindparam("tenant_id"),
        survey_response.c.issue_id == sa.bindparam("issue_id"),
        survey_response.c.counted,
    )
    .order_by(survey_response.c.answered_at.desc(), survey_response.c.id.desc())
)


def _responses(tx: Tx, query: sa.Select[Any]) -> list[Response]:
    return [Response(**row._mapping) for row in tx.execute(query)]


def add_response(tx: Tx, values: Mapping[str, Any]) -> int | None:
    """The id, or None where somebody else was first: this version of this invitation exists, or another counts."""
    week = {"monday": monday_of(values["answered_at"])}
    statement = tx.insert(survey_response).values(tenant_id=tx.tenant_id, **values, **week)
    added: int | None = tx.execute(
        statement.on_conflict_do_nothing().returning(survey_response.c.id)
    ).scalar_one_or_none()
    return added


def get_response(tx: Tx, response_id: int) -> Response:
    """Raises NotFound."""
    mine = (survey_response.c.tenant_id == tx.tenant_id, survey_response.c.id == response_id)
    found = _responses(tx, sa.select(*_COLUMNS).where(*mine))
    if not found:
        raise NotFound("this answer does not exist any more")
    return found[0]


def find_response(tx: Tx, invitation_id: int) -> Response | None:
    """The version that counts."""
    found = _responses(tx, sa.select(*_COLUMNS).where(_of(tx, invitation_id), survey_response.c.counted))
    return found[0] if found else None


def list_versions(tx: Tx, invitation_id: int) -> list[Response]:
    """Everything that was ever sent for one invitation, oldest first."""
    return _responses(tx, sa.select(*_COLUMNS).where(_of(tx, invitation_id)).order_by(survey_response.c.version))


def mark_uncounted(tx: Tx, response_id: int) -> bool:
    """Count a response no more; False where it did not count."""
    return _mark(tx, response_id, survey_response.c.counted, counted=False)


def mark_counted(tx: Tx, response_id: int) -> bool:
    """Count a response; False where it counted already. The caller has made the one before uncounted."""
    return _mark(tx, response_id, sa.not_(survey_response.c.counted), counted=True)


def mark_replaced(tx: Tx, response_id: int, replaced_by: int | None) -> None:
    _mark(tx, response_id, sa.true(), replaced_by=replaced_by)


def mark_reviewed(tx: Tx, response_id: int, account_id: str | None, now: datetime | None) -> None:
    """A person decided about a held response, or (None) took the decision back."""
    _mark(tx, response_id, sa.true(), reviewed_at=now, reviewed_by=account_id)


def mark_settled(tx: Tx, invitation_id: int, hold: Hold, network: str, agent: str, replaced_by: int) -> None:
    """What one origin had sent and is held for this reason is replaced by what it sent then."""
    same = (
        _of(tx, invitation_id),
        survey_response.c.held == hold,
        survey_response.c.network == network,
        survey_response.c.agent == agent,
        survey_response.c.id != replaced_by,
    )
    tx.execute(sa.update(survey_response).where(*same).values(replaced_by=replaced_by))


def _mark(tx: Tx, response_id: int, condition: sa.ColumnElement[bool], **changes: object) -> bool:
    mine = (survey_response.c.tenant_id == tx.tenant_id, survey_response.c.id == response_id, condition)
    changed = sa.update(survey_response).where(*mine).values(**changes).returning(survey_response.c.id)
    return tx.execute(changed).first() is not None


def find_replaced_by(tx: Tx, response_id: int) -> Response | None:
    """What counted until this response took its place."""
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.replaced_by == response_id,
        sa.or_(survey_response.c.held == "", survey_response.c.reviewed_at.is_not(None)),
    )
    found = _responses(tx, sa.select(*_COLUMNS).where(*mine).order_by(survey_response.c.version.desc()).limit(1))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Held:
    """A response that went to quarantine, and what a person decided about it."""

    response: Response
    counted: bool
    reviewed_at: datetime | None


def list_held(tx: Tx, project_id: str, limit: int) -> list[Held]:
    """Newest first. Without those that their sender confirmed or sent again."""
    columns = (*_COLUMNS, survey_response.c.counted, survey_response.c.reviewed_at)
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.project_id == project_id,
        survey_response.c.held != "",
        sa.or_(survey_response.c.replaced_by.is_(None), survey_response.c.reviewed_at.is_not(None)),
    )
    query = sa.select(*columns).where(*mine).order_by(survey_response.c.id.desc()).limit(limit)
    return [
        Held(Response(**{name: row._mapping[name] for name in Response.__dataclass_fields__}), row.counted, row.reviewed_at)
        for row in tx.execute(query)
    ]  # fmt: skip


def count_held(tx: Tx, project_id: str) -> int:
    """How many wait for a person's decision."""
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.project_id == project_id,
        survey_response.c.held != "",
        survey_response.c.reviewed_at.is_(None),
        survey_response.c.replaced_by.is_(None),
    )
    found: int = tx.execute(sa.select(sa.func.count()).select_from(survey_response).where(*mine)).scalar_one()
    return found


def list_responses_of_issue(tx: Tx, issue_id: str) -> list[Response]:
    """Those that count, newest first."""
    found = tx.execute(_OF_ISSUE, {"tenant_id": tx.tenant_id, "issue_id": issue_id})
    return [Response(**row._mapping) for row in found]


def list_comments(tx: Tx, project_id: str, limit: int) -> list[Response]:
    """The newest answers with a comment, newest first."""
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.project_id == project_id,
        survey_response.c.comment != "",
        survey_response.c.counted,
    )
    query = sa.select(*_COLUMNS).where(*mine).order_by(survey_response.c.answered_at.desc()).limit(limit)
    return _responses(tx, query)


@dataclass(frozen=True, slots=True)
class Rating:
    """One person's score, 1…5."""

    contact_id: int
    checkpoint_id: int
    score: int
    answered_at: datetime


def list_ratings(tx: Tx, project_id: str, since: datetime) -> list[Rating]:
    """Those that count and have a score, oldest first."""
    mine = (*_counted(tx, project_id, since), survey_response.c.score.is_not(None))
    columns = [survey_response.c[name] for name in Rating.__dataclass_fields__]
    query = sa.select(*columns).where(*mine).order_by(survey_response.c.answered_at, survey_response.c.id)
    return [Rating(**row._mapping) for row in tx.execute(query)]


def list_responses_by_id(tx: Tx, response_ids: Collection[int]) -> dict[int, Response]:
    mine = (survey_response.c.tenant_id == tx.tenant_id, survey_response.c.id.in_(response_ids))
    return {found.id: found for found in _responses(tx, sa.select(*_COLUMNS).where(*mine))}


def list_contacts_who_answered(tx: Tx, project_id: str) -> frozenset[int]:
    people = _people(tx, project_id)
    return frozenset(tx.execute(sa.select(people.c.id).where(people.c.id.is_not(None))).scalars())


def list_comments_of_invitations(tx: Tx, invitation_ids: Collection[int]) -> dict[int, str]:
    """Of the versions that count, by invitation."""
    mine = (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.invitation_id.in_(invitation_ids),
        survey_response.c.comment != "",
        survey_response.c.counted,
    )
    rows = tx.execute(sa.select(survey_response.c.invitation_id, survey_response.c.comment).where(*mine))
    return {row.invitation_id: row.comment for row in rows}


def clear_comments(tx: Tx, contact_ids: Collection[int]) -> int:
    """Take the words, and from where they came, out of every version of these people's answers; how many had words."""
    mine = (survey_response.c.tenant_id == tx.tenant_id, survey_response.c.contact_id.in_(contact_ids))
    worded = tx.execute(
        sa.select(sa.func.count()).select_from(survey_response).where(*mine, survey_response.c.comment != "")
    )
    found: int = worded.scalar_one()
    tx.execute(sa.update(survey_response).where(*mine).values(comment="", network="", agent=""))
    return found


def list_responses_of_contacts(tx: Tx, contact_ids: Collection[int]) -> list[Response]:
    """Every version that these people sent."""
    mine = (survey_response.c.tenant_id == tx.tenant_id, survey_response.c.contact_id.in_(contact_ids))
    return _responses(tx, sa.select(*_COLUMNS).where(*mine))


def list_counted_of_contacts(tx: Tx, project_id: str, contact_ids: Collection[int], since: datetime) -> list[Response]:
    """What counts of what these people have said since then, newest first."""
    mine = (*_counted(tx, project_id, since), survey_response.c.contact_id.in_(contact_ids))
    newest = (survey_response.c.answered_at.desc(), survey_response.c.id.desc())
    return _responses(tx, sa.select(*_COLUMNS).where(*mine).order_by(*newest))


def mark_answers(tx: Tx, response_id: int, answers: Mapping[str, Any]) -> None:
    """Let a response say this beside score and comment."""
    _mark(tx, response_id, sa.true(), answers=dict(answers))


def clear_reviewer(tx: Tx, account_id: str) -> int:
    mine = (survey_response.c.tenant_id == tx.tenant_id, survey_response.c.reviewed_by == account_id)
    cleared = sa.update(survey_response).where(*mine).values(reviewed_by=None).returning(survey_response.c.id)
    return len(tx.execute(cleared).all())


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


def list_week_counts(tx: Tx, project_id: str, since: datetime, until: datetime | None) -> list[WeekCount]:
    """Grouped in the order of the index, which spares SQLite sorting all answers of the period."""
    response = survey_response.c
    keys = (response.monday, response.checkpoint_id, response.questionnaire_id, response.role, response.score)
    within = list(_counted(tx, project_id, since))
    if until is not None:
        within += [response.monday <= monday_of(until), response.answered_at < until]
    first_at = sa.func.min(response.answered_at, type_=UtcDateTime)
    query = sa.select(*keys, sa.func.count(), first_at).where(*within).group_by(*keys)
    rows: Sequence[Sequence[Any]] = tx.execute(query).all()
    return [WeekCount(*row) for row in rows]


def list_mark_counts(tx: Tx, project_id: str, since: datetime) -> list[MarkCount]:
    """By week first, likewise; only what is left of them is sorted."""
    response = survey_response.c
    keys = (response.monday, response.checkpoint_id, response.questionnaire_id, response.marks)
    within = (*_counted(tx, project_id, since), response.marks != "")
    weekly = sa.select(*keys, sa.func.count().label("count")).where(*within).group_by(*keys).subquery().c
    wanted = (weekly.checkpoint_id, weekly.questionnaire_id, weekly.marks)
    total = sa.cast(sa.func.sum(weekly["count"]), sa.BigInteger)
    rows: Sequence[Sequence[Any]] = tx.execute(sa.select(*wanted, total).group_by(*wanted)).all()
    return [MarkCount(*row) for row in rows]


def list_last_two(tx: Tx, project_id: str, since: datetime, apart: Collection[int]) -> list[Scored]:
    """Each person's two newest scores, older first. Costs a few looks for each person, however much they have said."""
    people, said = _people(tx, project_id), survey_response.alias().c
    mine = (said.tenant_id == tx.tenant_id, said.project_id == project_id, said.contact_id == people.c.id, said.counted)
    within = (said.answered_at >= since, said.checkpoint_id.not_in(apart), said.score.is_not(None))
    newest = (said.answered_at.desc(), said.id.desc())
    looks = [
        sa.select(part)
        .where(*mine, *within)
        .order_by(*newest)
        .offset(place)
        .limit(1)
        .correlate(people)
        .scalar_subquery()
        for place in (1, 0)
        for part in (said.questionnaire_id, said.score)
    ]
    rows: Sequence[Any] = tx.execute(sa.select(people.c.id, *looks).order_by(people.c.id)).all()
    return [
        Scored(row.id, questionnaire_id, score)
        for row in rows
        for questionnaire_id, score in (row[1:3], row[3:5])
        if score is not None
    ]


def _people(tx: Tx, project_id: str) -> sa.CTE:
    """Ids of the contacts whose answers count in a project: from one to the next in the index, never over all rows."""
    response = survey_response.c
    mine = (response.tenant_id == tx.tenant_id, response.project_id == project_id, response.counted)
    first = sa.select(sa.func.min(response.contact_id).label("id")).where(*mine)
    person = first.cte("person", recursive=True)
    following = sa.select(sa.func.min(response.contact_id)).where(*mine, response.contact_id > person.c.id)
    return person.union_all(sa.select(following.correlate(person).scalar_subquery()).where(person.c.id.is_not(None)))


def _counted(tx: Tx, project_id: str, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        survey_response.c.tenant_id == tx.tenant_id,
        survey_response.c.project_id == project_id,
        survey_response.c.counted,
        survey_response.c.monday >= monday_of(since),  # as far as the index goes in order
        survey_response.c.answered_at >= since,
    )


def _of(tx: Tx, invitation_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(survey_response.c.tenant_id == tx.tenant_id, survey_response.c.invitation_id == invitation_id)
