"""Tables and queries of what leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.database import BigId, Tx, UtcDateTime, metadata, tenant_column
from plugin.errors import NotFound

extract = sa.Table(
    "extract",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("withdrawn_at", UtcDateTime, nullable=True),
    sa.Column("account_id", sa.Text, nullable=True),
    sa.UniqueConstraint("tenant_id", "digest"),
    sa.Index("ix_extract_project", "tenant_id", "project_id"),
)

said_done = sa.Table(
    "said_done",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("did", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_said_done_project", "tenant_id", "project_id"),
)

confluence_access = sa.Table(
    "confluence_access",
    metadata,
    tenant_column(),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("sealed_token", sa.Text, nullable=False),
    sa.Column("space_key", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id"),
)

confluence_page = sa.Table(
    "confluence_page",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("page_id", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),  # of what was sent last
    sa.PrimaryKeyConstraint("tenant_id", "project_id"),
)


@dataclass(frozen=True, slots=True)
class Extract:
    """What one link shows. The link itself is not kept, only its hash."""

    id: int
    content: bytes
    created_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class SaidDone:
    """What customers said, and what was done about it."""

    id: int
    said: str
    did: str


@dataclass(frozen=True, slots=True)
class Access:
    """The way into a site's Confluence."""

    email: str
    sealed_token: str = field(repr=False)
    space_key: str


@dataclass(frozen=True, slots=True)
class Page:
    """The page that was made for a project."""

    page_id: str
    url: str
    digest: str


_EXTRACT = [extract.c[name] for name in Extract.__dataclass_fields__]


def add_extract(tx: Tx, project_id: str, values: Mapping[str, Any]) -> Extract:
    statement = sa.insert(extract).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    return Extract(**tx.execute(statement.returning(*_EXTRACT)).one()._mapping)


def find_extract(tx: Tx, digest: str) -> Extract | None:
    mine = (extract.c.tenant_id == tx.tenant_id, extract.c.digest == digest)
    row = tx.execute(sa.select(*_EXTRACT).where(*mine)).one_or_none()
    return None if row is None else Extract(**row._mapping)


def list_extracts(tx: Tx, project_id: str) -> list[Extract]:
    """Newest first."""
    mine = (extract.c.tenant_id == tx.tenant_id, extract.c.project_id == project_id)
    return [
        Extract(**row._mapping) for row in tx.execute(sa.select(*_EXTRACT).where(*mine).order_by(extract.c.id.desc()))
    ]


def mark_extract(tx: Tx, project_id: str, extract_id: int, **changes: object) -> None:
    """Raises NotFound for one of another project."""
    mine = (extract.c.tenant_id == tx.tenant_id, extract.c.project_id == project_id, extract.c.id == extract_id)
    if tx.execute(sa.update(extract).where(*mine).values(**changes).returning(extract.c.id)).first() is None:
        raise NotFound("this link does not exist any more")


def mark_extracts_withdrawn(tx: Tx, now: datetime) -> None:
    """Every link of the tenant's that still leads somewhere."""
    mine = (extract.c.tenant_id == tx.tenant_id, extract.c.withdrawn_at.is_(None))
    tx.execute(sa.update(extract).where(*mine).values(withdrawn_at=now))


def add_said(tx: Tx, project_id: str, said: str, did: str, now: datetime) -> None:
    values = {"project_id": project_id, "said": said, "did": did, "created_at": now}
    tx.execute(sa.insert(said_done).values(tenant_id=tx.tenant_id, **values))


def list_said(tx: Tx, project_id: str) -> list[SaidDone]:
    columns = [said_done.c[name] for name in SaidDone.__dataclass_fields__]
    mine = (said_done.c.tenant_id == tx.tenant_id, said_done.c.project_id == project_id)
    return [SaidDone(**row._mapping) for row in tx.execute(sa.select(*columns).where(*mine).order_by(said_done.c.id))]


def delete_said(tx: Tx, project_id: str, said_id: int) -> None:
    """Raises NotFound for one of another project."""
    mine = (said_done.c.tenant_id == tx.tenant_id, said_done.c.project_id == project_id, said_done.c.id == said_id)
    if tx.execute(sa.delete(said_done).where(*mine).returning(said_done.c.id)).first() is None:
        raise NotFound("this is not there any more")


def find_access(tx: Tx) -> Access | None:
    columns = [confluence_access.c[name] for name in Access.__dataclass_fields__]
    row = tx.execute(sa.select(*columns).where(confluence_access.c.tenant_id == tx.tenant_id)).one_or_none()
    return None if row is None else Access(**row._mapping)


def mark_access(tx: Tx, email: str, sealed_token: str, space_key: str) -> None:
    values = {"email": email, "sealed_token": sealed_token, "space_key": space_key}
    statement = tx.insert(confluence_access).values(tenant_id=tx.tenant_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_=values))


def find_page(tx: Tx, project_id: str) -> Page | None:
    columns = [confluence_page.c[name] for name in Page.__dataclass_fields__]
    mine = (confluence_page.c.tenant_id == tx.tenant_id, confluence_page.c.project_id == project_id)
    row = tx.execute(sa.select(*columns).where(*mine)).one_or_none()
    return None if row is None else Page(**row._mapping)


def mark_page(tx: Tx, project_id: str, page: Page) -> None:
    values = {"page_id": page.page_id, "url": page.url, "digest": page.digest}
    statement = tx.insert(confluence_page).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "project_id"], set_=values))


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget that this account shared anything; how many links."""
    mine = (extract.c.tenant_id == tx.tenant_id, extract.c.account_id == account_id)
    return len(tx.execute(sa.update(extract).where(*mine).values(account_id=None).returning(extract.c.id)).all())
