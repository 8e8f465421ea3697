"""Tables and queries of the sites that installed us."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connect import Installation, Invocation, Uninstallation
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

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("installation_id", sa.Text, primary_key=True),
    sa.Column("tenant_id", BigId, sa.ForeignKey("tenant.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("cloud_id", sa.Text, nullable=False, index=True),
    sa.Column("api_base_url", sa.Text, nullable=False),
    sa.Column("sealed_token", sa.Text, nullable=False, server_default=""),
    sa.Column("token_expires_at", UtcDateTime, nullable=True),
    sa.Column("environment_id", sa.Text, nullable=False, server_default=""),
    sa.Column("installed_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime, nullable=True),
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
    installation_id: str | None
    api_base_url: str | None
    sealed_token: str | None = field(repr=False)
    token_expires_at: datetime | None
    environment_id: str | None


_OF_INSTALLATION = ("installation_id", "api_base_url", "sealed_token", "token_expires_at", "environment_id")
_COLUMNS = [
    (installation if name in _OF_INSTALLATION else tenant).c[name] for name in StoredTenant.__dataclass_fields__
]
_LIVE = sa.and_(installation.c.tenant_id == tenant.c.id, installation.c.removed_at.is_(None))


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
    query = sa.select(*_COLUMNS).select_from(tenant.outerjoin(installation, _LIVE)).where(condition)
    row = connection.execute(query).one_or_none()
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


@dataclass(frozen=True, slots=True)
class StoredInstallation:
    """One installation, gone or not."""

    tenant_id: int
    token_expires_at: datetime | None
    removed_at: datetime | None


def find_installation(connection: Connection, installation_id: str) -> StoredInstallation | None:
    columns = [installation.c[name] for name in StoredInstallation.__dataclass_fields__]
    row = connection.execute(sa.select(*columns).where(installation.c.installation_id == installation_id)).one_or_none()
    return None if row is None else StoredInstallation(**row._mapping)


def add_installation(connection: Connection, invocation: Invocation, now: datetime) -> int:
    """The tenant of a new installation: a site that was here by another one and is gone finds its data again, any other
    begins empty."""
    tenant_id = _find_left_tenant_id(connection, invocation.cloud_id)
    if tenant_id is None:
        values = {
            "sealed_secret": "",
            "base_url": invocation.api_base_url,
            "display_url": invocation.site_url or "",
            "cloud_id": invocation.cloud_id,
        }
        tenant_id = add_or_replace_tenant(connection, invocation.installation_id, values, now)
    else:
        back = {"uninstalled_at": None, "installed_at": now}
        connection.execute(sa.update(tenant).where(tenant.c.id == tenant_id).values(**back))
    row = {
        "installation_id": invocation.installation_id,
        "tenant_id": tenant_id,
        "cloud_id": invocation.cloud_id,
        "api_base_url": invocation.api_base_url,
        "installed_at": now,
    }
    statement = insert(connection, installation).values(**row)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["installation_id"]))  # another call was first
    return tenant_id


def _find_left_tenant_id(connection: Connection, cloud_id: str) -> int | None:
    """The newest tenant of this site that had an installation, and is gone but not yet purged."""
    query = (
        sa.select(tenant.c.id)
        .join(installation, installation.c.tenant_id == tenant.c.id)
        .where(installation.c.cloud_id == cloud_id, tenant.c.uninstalled_at.is_not(None))
        .order_by(tenant.c.id.desc())
    )
    found: int | None = connection.scalar(query.limit(1))
    return found


def mark_access_token(connection: Connection, invocation: Invocation, sealed_token: str) -> None:
    """Replace the token of an installation."""
    mine = installation.c.installation_id == invocation.installation_id
    values = {"sealed_token": sealed_token, "token_expires_at": invocation.token_expires_at}
    connection.execute(sa.update(installation).where(mine).values(**values))


def mark_environment(connection: Connection, invocation: Invocation) -> None:
    """In which of the app's deployments an installation is."""
    mine = installation.c.installation_id == invocation.installation_id
    connection.execute(sa.update(installation).where(mine).values(environment_id=invocation.environment_id))


def mark_display_url(connection: Connection, tenant_id: int, display_url: str) -> None:
    connection.execute(sa.update(tenant).where(tenant.c.id == tenant_id).values(display_url=display_url))


def mark_cloud_id(connection: Connection, tenant_id: int, cloud_id: str) -> None:
    connection.execute(sa.update(tenant).where(tenant.c.id == tenant_id).values(cloud_id=cloud_id))


def find_former(connection: Connection, tenant_id: int) -> Any:
    """The newest other tenant of the same site, if that one has no installation of its own. Only for a tenant that has."""
    mine = sa.select(installation.c.cloud_id).where(
        installation.c.tenant_id == tenant_id, installation.c.removed_at.is_(None)
    )
    live = sa.exists().where(_LIVE)
    columns = (tenant.c.id, tenant.c.display_url, tenant.c.installed_at, tenant.c.uninstalled_at)
    same_site = (tenant.c.cloud_id.in_(mine), tenant.c.id != tenant_id, ~live)
    return connection.execute(sa.select(*columns).where(*same_site).order_by(tenant.c.id.desc()).limit(1)).first()


def move_installation(connection: Connection, tenant_id: int, former_id: int, now: datetime) -> None:
    """The site's data is the former's from now on; the tenant that held its place goes, with every row of it."""
    connection.execute(sa.update(installation).where(installation.c.tenant_id == tenant_id).values(tenant_id=former_id))
    back = sa.and_(tenant.c.id == former_id, tenant.c.uninstalled_at.is_not(None))
    connection.execute(sa.update(tenant).where(back).values(uninstalled_at=None, installed_at=now))
    connection.execute(sa.delete(tenant).where(tenant.c.id == tenant_id))


def mark_installation_removed(connection: Connection, installation_id: str, now: datetime) -> int | None:
    """Its tenant's id, or None where it was not there. Its token is forgotten."""
    there = sa.and_(installation.c.installation_id == installation_id, installation.c.removed_at.is_(None))
    values = {"removed_at": now, "sealed_token": "", "token_expires_at": None}
    found: int | None = connection.scalar(
        sa.update(installation).where(there).values(**values).returning(installation.c.tenant_id)
    )
    return found


def clear_secret(connection: Connection, client_key: str) -> bool:
    """Forget the secret of a site that Atlassian vouches for as well; False where it does not."""
    live = sa.exists().where(_LIVE)
    mine = sa.and_(tenant.c.client_key == client_key, live)
    done = sa.update(tenant).where(mine).values(sealed_secret="").returning(tenant.c.id)
    return connection.execute(done).first() is not None


def list_sealed_tokens(connection: Connection) -> dict[str, str]:
    """By installation id, of those that have one."""
    query = sa.select(installation.c.installation_id, installation.c.sealed_token)
    return {row[0]: row[1] for row in connection.execute(query.where(installation.c.sealed_token != ""))}


def mark_sealed_token(connection: Connection, installation_id: str, sealed_token: str) -> None:
    mine = installation.c.installation_id == installation_id
    connection.execute(sa.update(installation).where(mine).values(sealed_token=sealed_token))


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


def list_installed_ids(connection: Connection) -> list[int]:
    return list(connection.scalars(sa.select(tenant.c.id).where(tenant.c.uninstalled_at.is_(None))))


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
