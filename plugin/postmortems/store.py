"""Tables and queries of post-mortems: what people write, as versions that are never changed, and what was published."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from plugin.cases.service import ids_of_jira_issues
from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.errors import NotFound

postmortem = sa.Table(
    "postmortem",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("site_facts", Json, nullable=False),
    sa.Column("site_facts_at", UtcDateTime, nullable=True),
    sa.Column("approved_at", UtcDateTime, nullable=True),
    sa.Column("approved_by", sa.Text, nullable=True),
    sa.PrimaryKeyConstraint("tenant_id", "project_id"),
)

postmortem_text = sa.Table(
    "postmortem_text",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=True),
    sa.Column("saved_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("tenant_id", "project_id", "section", "version"),
)

postmortem_voice = sa.Table(
    "postmortem_voice",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # "" agrees without a word
    sa.Column("account_id", sa.Text, nullable=True),
    sa.Column("said_at", UtcDateTime, nullable=False),
    sa.Index("ix_postmortem_voice_project", "tenant_id", "project_id", "section"),
    sa.Index(
        "uq_postmortem_voice_agreed",
        "tenant_id",
        "project_id",
        "section",
        "account_id",
        unique=True,
        postgresql_where=sa.text("text = ''"),
        sqlite_where=sa.text("text = ''"),
    ),
)

action_item = sa.Table(
    "action_item",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("owner_account_id", sa.Text, nullable=True),
    sa.Column("owner_name", sa.Text, nullable=False),
    sa.Column("target_on", sa.Date, nullable=False),
    sa.Column("jira_issue_id", sa.Text, nullable=True),
    sa.Column("jira_issue_key", sa.Text, nullable=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("done_at", UtcDateTime, nullable=True),
    sa.Column("gone", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_action_item_project", "tenant_id", "project_id"),
    sa.Index("ix_action_item_jira", "tenant_id", "jira_issue_id"),
)

postmortem_edition = sa.Table(
    "postmortem_edition",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
    sa.Column("account_id", sa.Text, nullable=True),
    sa.UniqueConstraint("tenant_id", "project_id", "number"),
)

project_closing = sa.Table(
    "project_closing",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("missing", Json, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=True),
    sa.Column("closed_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "project_id"),
)


@dataclass(frozen=True, slots=True)
class Postmortem:
    project_id: str
    started_at: datetime
    site_facts: Mapping[str, Any]
    site_facts_at: datetime | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Text:
    """The newest version of what people wrote in one section."""

    section: str
    version: int
    text: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody's comment on a section. Without a name: it is about the matter."""

    id: int
    section: str
    text: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class ActionItem:
    """One change, with an owner and a date; `status` is Jira's word for where its issue stands."""

    id: int
    project_id: str
    title: str
    owner_account_id: str | None
    owner_name: str
    target_on: date
    jira_issue_id: str | None
    jira_issue_key: str | None
    status: str
    done_at: datetime | None
    gone: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """A published version; its bytes are never changed, by us or anybody: no statement here does."""

    number: int
    content: bytes
    digest: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Closing:
    """Somebody ended the project; what was missing then, and why it was ended anyway ("" where nothing was)."""

    missing: tuple[str, ...]
    reason: str
    closed_at: datetime


_TEXT = [postmortem_text.c[name] for name in Text.__dataclass_fields__]
_ACTION = [action_item.c[name] for name in ActionItem.__dataclass_fields__]
_ISSUES: sa.BindParameter[list[str]] = sa.bindparam("issue_ids", expanding=True)
_CASES = ids_of_jira_issues(_ISSUES).subquery()
_FOLLOWERS = sa.union_all(
    sa.select(sa.literal_column("'case'").label("what"), _CASES.c.id),
    sa.select(sa.literal_column("'action'"), action_item.c.id).where(
        action_item.c.tenant_id == sa.bindparam("tenant_id", type_=BigId), action_item.c.jira_issue_id.in_(_ISSUES)
    ),
)
_EDITION = [postmortem_edition.c[name] for name in Edition.__dataclass_fields__]


def add_postmortem(tx: Tx, project_id: str, now: datetime) -> bool:
    """False where it was begun already."""
    values = {"tenant_id": tx.tenant_id, "project_id": project_id, "started_at": now, "site_facts": {}}
    statement = tx.insert(postmortem).values(**values).on_conflict_do_nothing()
    return tx.execute(statement.returning(postmortem.c.project_id)).first() is not None


def find_postmortem(tx: Tx, project_id: str) -> Postmortem | None:
    columns = [postmortem.c[name] for name in Postmortem.__dataclass_fields__]
    mine = (postmortem.c.tenant_id == tx.tenant_id, postmortem.c.project_id == project_id)
    row = tx.execute(sa.select(*columns).where(*mine)).one_or_none()
    return None if row is None else Postmortem(**row._mapping)


def mark_postmortem(tx: Tx, project_id: str, **changes: object) -> None:
    mine = (postmortem.c.tenant_id == tx.tenant_id, postmortem.c.project_id == project_id)
    tx.execute(sa.update(postmortem).where(*mine).values(**changes))


def add_text(tx: Tx, project_id: str, values: Mapping[str, Any]) -> bool:
    """False where this version of this section exists already: somebody else was first."""
    statement = tx.insert(postmortem_text).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    return tx.execute(statement.on_conflict_do_nothing().returning(postmortem_text.c.id)).first() is not None


def list_texts(tx: Tx, project_id: str) -> dict[str, Text]:
    """The newest version of each section, by its key."""
    mine = (postmortem_text.c.tenant_id == tx.tenant_id, postmortem_text.c.project_id == project_id)
    rows = tx.execute(sa.select(*_TEXT).where(*mine).order_by(postmortem_text.c.version))
    return {row.section: Text(**row._mapping) for row in rows}


def add_voice(tx: Tx, project_id: str, section: str, text: str, account_id: str | None, now: datetime) -> None:
    """A comment, or with "" an agreement, which counts once for each account."""
    values = {"project_id": project_id, "section": section, "text": text, "account_id": account_id, "said_at": now}
    tx.execute(tx.insert(postmortem_voice).values(tenant_id=tx.tenant_id, **values).on_conflict_do_nothing())


def list_voices(tx: Tx, project_id: str) -> list[Voice]:
    """Oldest first, agreements too."""
    columns = [postmortem_voice.c[name] for name in Voice.__dataclass_fields__]
    mine = (postmortem_voice.c.tenant_id == tx.tenant_id, postmortem_voice.c.project_id == project_id)
    return [
        Voice(**row._mapping) for row in tx.execute(sa.select(*columns).where(*mine).order_by(postmortem_voice.c.id))
    ]


def add_action(tx: Tx, project_id: str, values: Mapping[str, Any], now: datetime) -> int:
    fixed = {"tenant_id": tx.tenant_id, "project_id": project_id, "status": "", "gone": False, "created_at": now}
    added: int = tx.execute(sa.insert(action_item).values(**fixed, **values).returning(action_item.c.id)).scalar_one()
    return added


def get_action(tx: Tx, action_id: int) -> ActionItem:
    """Raises NotFound."""
    row = tx.execute(
        sa.select(*_ACTION).where(action_item.c.tenant_id == tx.tenant_id, action_item.c.id == action_id)
    ).one_or_none()
    if row is None:
        raise NotFound("this action does not exist any more")
    return ActionItem(**row._mapping)


def list_actions(tx: Tx, project_id: str) -> list[ActionItem]:
    mine = (action_item.c.tenant_id == tx.tenant_id, action_item.c.project_id == project_id)
    query = sa.select(*_ACTION).where(*mine).order_by(action_item.c.target_on, action_item.c.id)
    return [ActionItem(**row._mapping) for row in tx.execute(query)]


def list_followers(tx: Tx, jira_issue_ids: Collection[str]) -> tuple[list[int], list[int]]:
    """The ids of the cases and of the actions whose Jira issue is one of these, in one look."""
    wanted = {"tenant_id": tx.tenant_id, "issue_ids": list(jira_issue_ids)}
    found = sorted((row.what, row.id) for row in tx.execute(_FOLLOWERS, wanted))
    return [id_ for what, id_ in found if what == "case"], [id_ for what, id_ in found if what == "action"]


def list_followed_project_ids(tx: Tx) -> list[str]:
    """Of actions that have a Jira issue."""
    mine = (
        action_item.c.tenant_id == tx.tenant_id,
        action_item.c.jira_issue_id.is_not(None),
        action_item.c.gone.is_(False),
    )
    return list(tx.execute(sa.select(action_item.c.project_id).where(*mine).distinct()).scalars())


def mark_action(tx: Tx, action_id: int, **changes: object) -> None:
    mine = (action_item.c.tenant_id == tx.tenant_id, action_item.c.id == action_id)
    tx.execute(sa.update(action_item).where(*mine).values(**changes))


def add_edition(tx: Tx, project_id: str, values: Mapping[str, Any]) -> bool:
    """False where this number exists already."""
    statement = tx.insert(postmortem_edition).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    return tx.execute(statement.on_conflict_do_nothing().returning(postmortem_edition.c.id)).first() is not None


def list_editions(tx: Tx, project_id: str) -> list[Edition]:
    """Newest first."""
    mine = (postmortem_edition.c.tenant_id == tx.tenant_id, postmortem_edition.c.project_id == project_id)
    query = sa.select(*_EDITION).where(*mine).order_by(postmortem_edition.c.number.desc())
    return [Edition(**row._mapping) for row in tx.execute(query)]


def find_closing(tx: Tx, project_id: str) -> Closing | None:
    columns = [project_closing.c[name] for name in Closing.__dataclass_fields__]
    mine = (project_closing.c.tenant_id == tx.tenant_id, project_closing.c.project_id == project_id)
    row = tx.execute(sa.select(*columns).where(*mine)).one_or_none()
    return None if row is None else Closing(tuple(row.missing), row.reason, row.closed_at)


def mark_closing(
    tx: Tx, project_id: str, missing: list[str], reason: str, account_id: str | None, now: datetime
) -> None:
    """Ending it again takes the place of the time before."""
    values = {"missing": missing, "reason": reason, "account_id": account_id, "closed_at": now}
    statement = tx.insert(project_closing).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "project_id"], set_=values))


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget that this account wrote, agreed, approved, published or owned anything here; how many rows."""
    owners = sa.update(action_item).where(action_item.c.tenant_id == tx.tenant_id, action_item.c.owner_account_id == account_id)  # fmt: skip
    cleared = len(tx.execute(owners.values(owner_account_id=None, owner_name="").returning(action_item.c.id)).all())
    for table in (postmortem_text, postmortem_voice, postmortem_edition):
        mine = (table.c.tenant_id == tx.tenant_id, table.c.account_id == account_id)
        cleared += len(tx.execute(sa.update(table).where(*mine).values(account_id=None).returning(table.c.id)).all())
    closed = (project_closing.c.tenant_id == tx.tenant_id, project_closing.c.account_id == account_id)
    tx.execute(sa.update(project_closing).where(*closed).values(account_id=None))
    approved = (postmortem.c.tenant_id == tx.tenant_id, postmortem.c.approved_by == account_id)
    tx.execute(sa.update(postmortem).where(*approved).values(approved_by=None))
    return cleared
