"""Tables and queries of what was read of projects' histories."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.errors import NotFound

history_reading = sa.Table(
    "history_reading",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime, nullable=True),
    sa.Column("page_token", sa.Text, nullable=True),
    sa.Column("restarted", sa.Boolean, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False, server_default="0"),
    sa.Column("issues", sa.Integer, nullable=False, server_default="0"),
    sa.Column("expected_issues", sa.Integer, nullable=True),
    sa.Column("shortened_issues", sa.Integer, nullable=False, server_default="0"),
    sa.Column("people_fields", Json, nullable=False),
    sa.Index("ix_history_reading_project", "tenant_id", "project_id", "id"),
)

history_issue = sa.Table(
    "history_issue",
    metadata,
    tenant_column(),
    sa.Column("reading_id", BigId, sa.ForeignKey("history_reading.id", ondelete="CASCADE"), nullable=False),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("issue_key", sa.Text, nullable=False),
    sa.Column("issue_type_id", sa.Text, nullable=False),
    sa.Column("people", Json, nullable=False),  # {field id: [account ids]}: no names, no addresses
    sa.PrimaryKeyConstraint("tenant_id", "reading_id", "issue_id"),
)

history_change = sa.Table(
    "history_change",
    metadata,
    tenant_column(),
    sa.Column("reading_id", BigId, sa.ForeignKey("history_reading.id", ondelete="CASCADE"), nullable=False),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("changelog_id", sa.Text, nullable=False),
    sa.Column("from_status_id", sa.Text, nullable=False),
    sa.Column("to_status_id", sa.Text, nullable=False),
    sa.Column("actor_account_id", sa.Text, nullable=True),
    sa.Column("happened_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "reading_id", "issue_id", "changelog_id"),
    sa.Index("ix_history_change_status", "tenant_id", "reading_id", "to_status_id", "happened_at"),
)

history_pace = sa.Table(
    "history_pace",
    metadata,
    sa.Column(
        "tenant_id", BigId, sa.ForeignKey("tenant.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("paid_until", UtcDateTime, nullable=False),
)


class ReadingState(StrEnum):
    """How far a reading is. Whether it has stumbled meanwhile is known by the job that does it."""

    READING = "reading"
    CANCELLED = "cancelled"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Reading:
    """One time that a project's history is read, from `since` on. `expected_issues` is Jira's estimate, once it is known.

    Of `shortened_issues` Jira sent only the newest changes. `people_fields` are those whose people were noted.
    """

    id: int
    project_id: str
    state: ReadingState
    since: datetime
    started_at: datetime
    finished_at: datetime | None
    page_token: str | None
    restarted: bool
    pages: int
    issues: int
    expected_issues: int | None
    shortened_issues: int
    people_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """An issue went from one status to another. `people` maps a field of the issue to the accounts in it."""

    issue_id: str
    issue_key: str
    issue_type_id: str
    people: Mapping[str, Sequence[str]]
    changelog_id: str
    from_status_id: str
    to_status_id: str
    actor_account_id: str | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Traffic:
    """How often issues of a type went from one status to another, and how many different ones did."""

    issue_type_id: str
    from_status_id: str
    to_status_id: str
    changes: int
    issues: int
    last_at: datetime


_READING = [history_reading.c[name] for name in Reading.__dataclass_fields__]
_ISSUE_NAMES = ("issue_id", "issue_key", "issue_type_id", "people")
_CHANGE = [(history_issue if name in _ISSUE_NAMES else history_change).c[name] for name in Change.__dataclass_fields__]


def _reading(row: sa.Row[Any]) -> Reading:
    return Reading(**{**row._mapping, "state": ReadingState(row.state), "people_fields": tuple(row.people_fields)})


def add_reading(tx: Tx, project_id: str, since: datetime, now: datetime) -> int:
    values = {
        "project_id": project_id,
        "state": ReadingState.READING,
        "since": since,
        "people_fields": [],
        "restarted": False,
    }
    statement = sa.insert(history_reading).values(tenant_id=tx.tenant_id, started_at=now, **values)
    added: int = tx.execute(statement.returning(history_reading.c.id)).scalar_one()
    return added


def get_reading(tx: Tx, reading_id: int) -> Reading:
    """Raises NotFound."""
    row = tx.execute(sa.select(*_READING).where(_mine(tx, reading_id))).one_or_none()
    if row is None:
        raise NotFound("this reading of history does not exist any more")
    return _reading(row)


def list_readings(tx: Tx, project_id: str) -> list[Reading]:
    """Newest first."""
    mine = (history_reading.c.tenant_id == tx.tenant_id, history_reading.c.project_id == project_id)
    query = sa.select(*_READING).where(*mine).order_by(history_reading.c.id.desc())
    return [_reading(row) for row in tx.execute(query)]


def mark_reading(tx: Tx, reading_id: int, was: ReadingState, **changes: object) -> bool:
    """Change a reading that is in this state; False where it is not any more."""
    mine = sa.and_(_mine(tx, reading_id), history_reading.c.state == was)
    changed = sa.update(history_reading).where(mine).values(**changes).returning(history_reading.c.id)
    return tx.execute(changed).first() is not None


def delete_readings(tx: Tx, reading_ids: Collection[int]) -> None:
    """With all their facts."""
    mine = sa.and_(history_reading.c.tenant_id == tx.tenant_id, history_reading.c.id.in_(reading_ids))
    tx.execute(sa.delete(history_reading).where(mine))


def add_facts(tx: Tx, issues: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]) -> None:
    """What one page said. What is known already stays: a page may be read twice, and an issue be on two pages."""
    for table, rows in ((history_issue, issues), (history_change, changes)):
        if rows:
            owned = [{"tenant_id": tx.tenant_id, **row} for row in rows]
            tx.execute(tx.insert(table).on_conflict_do_nothing(), owned)


def list_traffic(tx: Tx, reading_id: int) -> list[Traffic]:
    """One row for each way that issues of a type went."""
    way = (history_issue.c.issue_type_id, history_change.c.from_status_id, history_change.c.to_status_id)
    columns = (
        *way,
        sa.func.count().label("changes"),
        sa.func.count(sa.distinct(history_change.c.issue_id)).label("issues"),
        sa.func.max(history_change.c.happened_at, type_=UtcDateTime).label("last_at"),
    )
    query = sa.select(*columns).select_from(_JOINED).where(*_facts(tx, reading_id)).group_by(*way).order_by(*way)
    return [Traffic(**row._mapping) for row in tx.execute(query)]


def iterate_changes(tx: Tx, reading_id: int, to_status_ids: Collection[str]) -> Iterator[Change]:
    """Changes to one of these statuses, oldest first."""
    wanted = (*_facts(tx, reading_id), history_change.c.to_status_id.in_(to_status_ids))
    order = (history_change.c.happened_at, sa.func.length(history_change.c.changelog_id), history_change.c.changelog_id)
    for row in tx.execute(sa.select(*_CHANGE).select_from(_JOINED).where(*wanted).order_by(*order)):
        yield Change(**row._mapping)


def find_paid_until(tx: Tx) -> datetime | None:
    """Locked until the transaction ends, so that two readings of one site do not take the same moment."""
    query = sa.select(history_pace.c.paid_until).where(history_pace.c.tenant_id == tx.tenant_id)
    found: datetime | None = tx.execute(query.with_for_update()).scalar_one_or_none()
    return found


def mark_paid_until(tx: Tx, paid_until: datetime) -> None:
    statement = tx.insert(history_pace).values(tenant_id=tx.tenant_id, paid_until=paid_until)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_={"paid_until": paid_until}))


_JOINED = history_change.join(
    history_issue,
    sa.and_(
        history_issue.c.tenant_id == history_change.c.tenant_id,
        history_issue.c.reading_id == history_change.c.reading_id,
        history_issue.c.issue_id == history_change.c.issue_id,
    ),
)


def _facts(tx: Tx, reading_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        history_change.c.tenant_id == tx.tenant_id,
        history_issue.c.tenant_id == tx.tenant_id,
        history_change.c.reading_id == reading_id,
    )


def _mine(tx: Tx, reading_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(history_reading.c.tenant_id == tx.tenant_id, history_reading.c.id == reading_id)


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget that this account moved issues, and the people of each issue that names it; the number of rows."""
    moved = (history_change.c.tenant_id == tx.tenant_id, history_change.c.actor_account_id == account_id)
    named = (history_issue.c.tenant_id == tx.tenant_id, sa.cast(history_issue.c.people, sa.Text).contains(account_id))
    changes = sa.update(history_change).where(*moved).values(actor_account_id=None)
    issues = sa.update(history_issue).where(*named).values(people={})
    return len(tx.execute(changes.returning(history_change.c.issue_id)).all()) + len(
        tx.execute(issues.returning(history_issue.c.issue_id)).all()
    )
