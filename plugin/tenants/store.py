"""Tables and queries of the sites that installed us."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connect import Installation, Uninstallation
from plugin.database import BigId, UtcDateTime, insert, metadata

tenant = sa.Table(
    "tenant",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("client_key", sa.Text, nullable=False, unique=True),
    sa.Column("sealed_secret", sa.Text, nullable=False),
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("display_url", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=True),  # the app's own user in this site
    sa.Column("cloud_id", sa.Text, nullable=True, index=True),
    sa.Column("installed_at", UtcDateTime, nullable=False),
    sa.Column("uninstalled_at", UtcDateTime, nullable=True),
    sqlite_autoincrement=True,  # the number of a purged site must not become another's
)

install_token = sa.Table(
    "install_token",
    metadata,
    sa.Column("token_digest", sa.Text, primary_key=True),
    sa.Column("body_digest", sa.Text, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class StoredTenant:
    """A site as it is kept, its secret sealed."""

    id: int
    client_key: str
    sealed_secret: str = field(repr=False)
    base_url: str
    display_url: str
    cloud_id: str | None
    uninstalled_at: datetime | None


_COLUMNS = [tenant.c[name] for name in StoredTenant.__dataclass_fields__]


def find_tenant_by_client_key(connection: Connection, client_key: str) -> StoredTenant | None:
    return _find(connection, tenant.c.client_key == client_key)


def find_tenant(connection: Connection, tenant_id: int) -> StoredTenant | None:
    return _find(connection, tenant.c.id == tenant_id)


def find_tenant_id_by_address(connection: Connection, addresses: Collection[str]) -> int | None:
    """The newest, where a site was installed anew under another client key."""
    there = sa.or_(tenant.c.base_url.in_(addresses), tenant.c.display_url.in_(addresses))
    found: int | None = connection.scalar(sa.select(tenant.c.id).where(there).order_by(tenant.c.id.desc()).limit(1))
    return found


def _find(connection: Connection, condition: sa.ColumnElement[bool]) -> StoredTenant | None:
    row = connection.execute(sa.select(*_COLUMNS).where(condition)).one_or_none()
    return None if row is None else StoredTenant(**row._mapping)


def add_or_replace_tenant(connection: Connection, client_key: str, values: dict[str, Any], now: datetime) -> int:
    """Insert, or take over the new secret and addresses; the id, which is returned, and with it all data, stays."""
    fresh = {**values, "uninstalled_at": None, "installed_at": now}
    statement = insert(connection, tenant).values(client_key=client_key, **fresh)
    upsert = statement.on_conflict_do_update(index_elements=["client_key"], set_=fresh).returning(tenant.c.id)
    return int(connection.execute(upsert).scalar_one())


def mark_tenant_uninstalled(connection: Connection, client_key: str, now: datetime) -> int | None:
    """The id of the tenant, or None where there was no installed one."""
    installed = sa.and_(tenant.c.client_key == client_key, tenant.c.uninstalled_at.is_(None))
    found: int | None = connection.scalar(
        sa.update(tenant).where(installed).values(uninstalled_at=now).returning(tenant.c.id)
    )
    return found


def add_token(connection: Connection, call: Installation | Uninstallation, now: datetime) -> str | None:
    """Remember the token of a call. None if it is new, else the digest of the body that came with it the first time."""
    connection.execute(sa.delete(install_token).where(install_token.c.expires_at < now))
    statement = insert(connection, install_token).values(
        token_digest=call.token_digest, body_digest=call.body_digest, expires_at=call.token_expires_at
    )
    added = statement.on_conflict_do_nothing(index_elements=["token_digest"]).returning(install_token.c.token_digest)
    if connection.execute(added).first() is not None:
        return None
    first = sa.select(install_token.c.body_digest).where(install_token.c.token_digest == call.token_digest)
    return str(connection.execute(first).scalar_one())


def list_addresses(connection: Connection) -> list[str]:
    installed = sa.select(tenant.c.base_url).where(tenant.c.uninstalled_at.is_(None))
    return list(connection.scalars(installed.order_by(tenant.c.installed_at.desc())))


def list_sealed_secrets(connection: Connection) -> dict[int, str]:
    """By tenant id, of those that have one."""
    query = sa.select(tenant.c.id, tenant.c.sealed_secret).where(tenant.c.sealed_secret != "")
    return {row.id: row.sealed_secret for row in connection.execute(query)}


def mark_secret_renewed(connection: Connection, tenant_id: int, sealed_secret: str) -> None:
    connection.execute(sa.update(tenant).where(tenant.c.id == tenant_id).values(sealed_secret=sealed_secret))


def delete_tenant(connection: Connection, tenant_id: int, uninstalled_at: datetime) -> bool:
    """Remove the tenant and, by foreign keys, every row of it. Does nothing if it was installed again since."""
    same = sa.and_(tenant.c.id == tenant_id, tenant.c.uninstalled_at == uninstalled_at)
    return connection.execute(sa.delete(tenant).where(same).returning(tenant.c.id)).first() is not None
