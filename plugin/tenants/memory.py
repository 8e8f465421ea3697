"""Sites as they were a moment ago, so that a burst of calls of one site looks it up once a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from connect import Tenant

SECONDS = 1.0  # how long another process may still let in a site that was uninstalled
_LIMIT = 10_000


class TenantMemory:
    """Installed sites by client key. Thread-safe; holds at most 10,000, each for a second of `seconds` (monotonic)."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._kept: dict[str, tuple[float, Tenant]] = {}
        self.changes = 0

    def find(self, client_key: str) -> Tenant | None:
        kept_at, tenant = self._kept.get(client_key, (0.0, None))
        return tenant if tenant is not None and self._seconds() - kept_at < SECONDS else None

    def keep(self, tenant: Tenant, changes: int) -> None:
        """Keep what was read; `changes` as it was before: what has been forgotten since must not come back."""
        if tenant.installed and changes == self.changes:
            if len(self._kept) >= _LIMIT:
                self._kept.clear()
            self._kept[tenant.client_key] = (self._seconds(), tenant)

    def forget(self) -> None:
        """A site changed. Rare, so all are looked up again."""
        self.changes += 1
        self._kept.clear()
