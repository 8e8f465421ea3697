"""Install, uninstall, look up. Implements the platform's TenantStore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog

from connect import AppAccess, Installation, Invocation, Replayed, Tenant, Unavailable, Uninstallation
from plugin.database import Database, Tx, as_tenant
from plugin.errors import BadConfiguration, NotFound
from plugin.jobs import service as jobs
from plugin.ports import FormerSite
from plugin.sealing import CannotOpen, Seal
from plugin.tenants import store
from plugin.tenants.memory import TenantMemory
from plugin.tenants.store import StoredTenant

log = structlog.get_logger()

_TOKEN_MARGIN = timedelta(minutes=10)  # by which a token must outlive the one that we have to be worth a write

InTransaction = Callable[[Tx, datetime], None]


class TenantService:
    """The sites that installed us. Inside their transactions are called: `when_uninstalled`; `when_back`, of a site that
    installs us again; `when_let_in`, when we may call a site, perhaps again."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        when_uninstalled: InTransaction,
        when_back: InTransaction | None = None,
        when_let_in: InTransaction = lambda _tx, _now: None,
    ) -> None:
        self._database = database
        self._seal = seal
        self._when_uninstalled = when_uninstalled
        self._when_back = when_back
        self._when_let_in = when_let_in
        self._memory = TenantMemory()

    def find_tenant(self, client_key: str, *, now: bool = False) -> Tenant | None:
        remembered = None if now else self._memory.find(client_key)
        if remembered is not None:
            return remembered
        changes = self._memory.changes
        with self._database.system_reading() as connection:
            row = store.find_tenant_by_client_key(connection, client_key)
        if row is None:
            return None
        found = self._tenant(row)
        self._memory.keep(found, changes)
        return found

    @contextmanager
    def _changing(self) -> Iterator[Any]:
        """A transaction after which sites are looked up again."""
        try:
            with self._database.system() as connection:
                yield connection
        finally:
            self._memory.forget()

    def get_tenant(self, tenant_id: int) -> Tenant:
        """Raises NotFound."""
        with self._database.system_reading() as connection:
            row = store.find_tenant(connection, tenant_id)
        if row is None:
            raise NotFound("this site is not known any more")
        return self._tenant(row)

    def find_id_of_host(self, host: str) -> int | None:
        """The site at this host name, as people see it or as its API has it; None for an unknown one."""
        with self._database.system_reading() as connection:
            return store.find_tenant_id_by_address(connection, [f"https://{host}", f"http://{host}"])

    def list_addresses(self) -> list[str]:
        """Where the APIs of the installed sites are, newest first."""
        with self._database.system_reading() as connection:
            return store.list_addresses(connection)

    def list_installed_ids(self) -> list[int]:
        with self._database.system_reading() as connection:
            return store.list_installed_ids(connection)

    def find_id_of_installation(self, installation_id: str) -> int | None:
        """The site that Atlassian vouches for by this installation; None for an unknown or removed one."""
        with self._database.system_reading() as connection:
            found = store.find_installation(connection, installation_id)
        return None if found is None or found.removed_at is not None else found.tenant_id

    def require_keys(self) -> None:
        """Raises BadConfiguration where the keys at hand do not open the secrets that are stored."""
        with self._database.system_reading() as connection:
            secrets = store.list_sealed_secrets(connection)
        try:
            for sealed in secrets.values():
                self._seal.renew(sealed)
        except CannotOpen as error:
            raise BadConfiguration(
                "RAPPORT_SECRET_KEYS does not open the secrets in the database. Add the key that sealed them."
                " If it is lost for good: `rapport keys rotate --forget-lost`, then install the app again on each site."
                " Example: RAPPORT_SECRET_KEYS=newest-key,former-key"
            ) from error

    def install(self, installation: Installation, now: datetime) -> None:
        values = {
            "sealed_secret": self._seal.close(installation.client_key, installation.shared_secret),
            "base_url": installation.base_url,
            "display_url": installation.display_url,
            "account_id": installation.account_id,
        }
        with self._changing() as connection:
            if not _is_new(store.add_token(connection, installation, now), installation):
                return
            before = store.find_tenant_by_client_key(connection, installation.client_key)
            tenant_id = store.add_or_replace_tenant(connection, installation.client_key, values, now)
            if before is not None and before.uninstalled_at is not None and self._when_back is not None:
                self._when_back(as_tenant(connection, tenant_id), now)
            self._when_let_in(as_tenant(connection, tenant_id), now)
        moved_from = before.base_url if before is not None and before.base_url != installation.base_url else None
        log.info("site_installed", tenant=tenant_id, address=installation.base_url, moved_from=moved_from)

    def uninstall(self, uninstallation: Uninstallation, now: datetime) -> None:
        with self._changing() as connection:
            if not _is_new(store.add_token(connection, uninstallation, now), uninstallation):
                return
            if store.clear_secret(connection, uninstallation.client_key):
                return  # Atlassian still vouches for the site: it has only changed its way
            tenant_id = store.mark_tenant_uninstalled(connection, uninstallation.client_key, now)
            if tenant_id is not None:
                self._when_uninstalled(as_tenant(connection, tenant_id), now)
        log.info("site_uninstalled", tenant=tenant_id)

    def admit(self, invocation: Invocation, now: datetime) -> Tenant | None:
        with self._database.system_reading() as connection:
            known = store.find_installation(connection, invocation.installation_id)
            row = None if known is None else store.find_tenant(connection, known.tenant_id)
        if known is None or (known.removed_at is None and (row is None or self._has_news(row, invocation))):
            row = self._add_or_renew(invocation, now)
        if row is None or row.installation_id != invocation.installation_id:
            return None
        return self._tenant(row)

    def _has_news(self, row: StoredTenant, invocation: Invocation) -> bool:
        if invocation.site_url not in (None, row.display_url) or invocation.environment_id not in (
            "",
            row.environment_id,
        ):
            return True
        if not invocation.token or invocation.token_expires_at is None:
            return False
        return row.token_expires_at is None or invocation.token_expires_at > row.token_expires_at + _TOKEN_MARGIN

    def _add_or_renew(self, invocation: Invocation, now: datetime) -> StoredTenant | None:
        with self._changing() as connection:
            if store.find_installation(connection, invocation.installation_id) is None:
                tenant_id = store.add_installation(connection, invocation, now)
                log.info("site_installed", tenant=tenant_id, address=invocation.site_url, moved_from=None)
            known = store.find_installation(connection, invocation.installation_id)
            if known is None or known.removed_at is not None:
                return None
            if invocation.token:
                sealed = self._seal.close(invocation.installation_id, invocation.token)
                store.mark_access_token(connection, invocation, sealed)
                if known.token_expires_at is None or known.token_expires_at <= now:
                    self._when_let_in(as_tenant(connection, known.tenant_id), now)
            if invocation.environment_id:
                store.mark_environment(connection, invocation)
            if invocation.site_url is not None:
                store.mark_display_url(connection, known.tenant_id, invocation.site_url)
            return store.find_tenant(connection, known.tenant_id)

    def leave(self, invocation: Invocation, now: datetime) -> None:
        with self._changing() as connection:
            tenant_id = store.mark_installation_removed(connection, invocation.installation_id, now)
            row = None if tenant_id is None else store.find_tenant(connection, tenant_id)
            if row is not None and not row.sealed_secret:
                store.mark_tenant_uninstalled(connection, row.client_key, now)
                self._when_uninstalled(as_tenant(connection, row.id), now)
        log.info("installation_removed", tenant=tenant_id)

    def record_cloud_id(self, tx: Tx, cloud_id: str) -> None:
        store.mark_cloud_id(tx.connection, tx.tenant_id, cloud_id)
        self._memory.forget()

    def find_former(self, tenant_id: int) -> FormerSite | None:
        """What we hold of the same site from before it came the way that it came; None where there is nothing."""
        with self._database.system_reading() as connection:
            row = store.find_former(connection, tenant_id)
        if row is None:
            return None
        return FormerSite(row.id, row.display_url, row.installed_at, installed=row.uninstalled_at is None)

    def take_over(self, tenant_id: int, former_id: int, now: datetime) -> None:
        """Give a site its former data; what it has entered since is dropped. Raises NotFound where that is not the
        former one (any more)."""
        with self._changing() as connection:
            row = store.find_former(connection, tenant_id)
            if row is None or row.id != former_id:
                raise NotFound("there is nothing to take over, or somebody has done it already")
            jobs.clear(as_tenant(connection, tenant_id))
            store.move_installation(connection, tenant_id, former_id, now)
            self._when_let_in(as_tenant(connection, former_id), now)
        log.info("site_taken_over", tenant=former_id, dropped=tenant_id)

    def renew_secrets(self, *, forget_lost: bool = False) -> int:
        """Seal every secret again with the newest key; the number of tenants. Raises CannotOpen where no key opens one;
        with `forget_lost` that secret is dropped instead, and its site is not let in until it installs again."""
        with self._changing() as connection:
            secrets = store.list_sealed_secrets(connection)
            for tenant_id, sealed in secrets.items():
                store.mark_secret_renewed(connection, tenant_id, self._renewed(sealed, forget_lost=forget_lost))
            for installation_id, sealed in store.list_sealed_tokens(connection).items():
                renewed = self._renewed(sealed, forget_lost=True)  # another one comes within the hour
                store.mark_sealed_token(connection, installation_id, renewed)
        return len(secrets)

    def _renewed(self, sealed: str, *, forget_lost: bool) -> str:
        try:
            return self._seal.renew(sealed)
        except CannotOpen:
            if forget_lost:
                return ""
            raise

    def purge(self, tx: Tx, uninstalled_at: datetime) -> bool:
        """Remove a tenant with every row of it; False if it was installed again since."""
        return store.delete_tenant(tx.connection, tx.tenant_id, uninstalled_at)

    def _tenant(self, row: StoredTenant) -> Tenant:
        return Tenant(
            id=row.id,
            client_key=row.client_key,
            base_url=row.base_url,
            display_url=row.display_url,
            shared_secret=self._open(row),
            cloud_id=row.cloud_id,
            installed=row.uninstalled_at is None and (row.installation_id is None or row.sealed_secret != ""),
            access=self._access(row),
        )

    def _access(self, row: StoredTenant) -> AppAccess | None:
        """A token that cannot be read any more is no token; the next one comes soon."""
        if row.installation_id is None or row.api_base_url is None:
            return None
        try:
            token = self._seal.open(row.installation_id, row.sealed_token) if row.sealed_token else ""
        except CannotOpen:
            token = ""
        return AppAccess(row.api_base_url, token, row.token_expires_at if token else None, row.environment_id or "")

    def _open(self, row: StoredTenant) -> str:
        """A secret that cannot be read is our trouble: Jira shall come again, and nobody is let in meanwhile."""
        if not row.sealed_secret:
            return ""  # forgotten: no token is signed with it
        try:
            return self._seal.open(row.client_key, row.sealed_secret)
        except CannotOpen as error:
            raise Unavailable("secret_unreadable") from error


def _is_new(first_body: str | None, call: Installation | Uninstallation) -> bool:
    """Whether its token was not used before. Raises Replayed where it was, with another body."""
    if first_body not in (None, call.body_digest):
        raise Replayed
    return first_body is None
