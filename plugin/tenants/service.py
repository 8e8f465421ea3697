"""Install, uninstall, look up. Implements the platform's TenantStore."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connect import Installation, Replayed, Tenant
from plugin.database import Database, Tx, as_tenant
from plugin.errors import NotFound
from plugin.sealing import Seal
from plugin.tenants import store
from plugin.tenants.store import StoredTenant

WhenUninstalled = Callable[[Tx, datetime], None]


class TenantService:
    """The sites that installed us. `when_uninstalled` is called inside the uninstalling transaction."""

    def __init__(self, database: Database, seal: Seal, when_uninstalled: WhenUninstalled) -> None:
        self._database = database
        self._seal = seal
        self._when_uninstalled = when_uninstalled

    def find_tenant(self, client_key: str) -> Tenant | None:
        with self._database.system_reading() as connection:
            row = store.find_tenant_by_client_key(connection, client_key)
        return None if row is None else self._tenant(row)

    def get_tenant(self, tenant_id: int) -> Tenant:
        """Raises NotFound."""
        with self._database.system_reading() as connection:
            row = store.find_tenant(connection, tenant_id)
        if row is None:
            raise NotFound("this site is not known any more")
        return self._tenant(row)

    def install(self, installation: Installation, now: datetime) -> None:
        values = {
            "sealed_secret": self._seal.close(installation.client_key, installation.shared_secret),
            "base_url": installation.base_url,
            "display_url": installation.display_url,
            "account_id": installation.account_id,
        }
        with self._database.system() as connection:
            first = store.get_body_digest(
                connection, installation.token_digest, installation.body_digest, installation.token_expires_at, now
            )
            if first != installation.body_digest:
                raise Replayed
            store.add_or_replace_tenant(connection, installation.client_key, values, now)

    def uninstall(self, client_key: str, now: datetime) -> None:
        with self._database.system() as connection:
            tenant_id = store.mark_tenant_uninstalled(connection, client_key, now)
            if tenant_id is not None:
                self._when_uninstalled(as_tenant(connection, tenant_id), now)

    def renew_secrets(self) -> int:
        """Seal every secret again with the newest key; the number of tenants."""
        with self._database.system() as connection:
            secrets = store.list_sealed_secrets(connection)
            for tenant_id, sealed in secrets.items():
                store.mark_secret_renewed(connection, tenant_id, self._seal.renew(sealed))
        return len(secrets)

    def purge(self, tx: Tx, uninstalled_at: datetime) -> bool:
        """Remove a tenant with every row of it; False if it was installed again since."""
        return store.delete_tenant(tx.connection, tx.tenant_id, uninstalled_at)

    def _tenant(self, row: StoredTenant) -> Tenant:
        return Tenant(
            id=row.id,
            client_key=row.client_key,
            base_url=row.base_url,
            display_url=row.display_url,
            shared_secret=self._seal.open(row.client_key, row.sealed_secret),
            cloud_id=row.cloud_id,
            installed=row.uninstalled_at is None,
        )
