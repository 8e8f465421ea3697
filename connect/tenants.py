"""Who calls and for which site: the nouns that every guard yields, and what the product must store for us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Tenant:
    """One Jira site that installed us.

    `id` is the product's own number for it. `base_url` is where its REST API lives (https, no trailing slash),
    `display_url` what its people see in the address bar (for links and `frame-ancestors`, never for calls).
    `cloud_id` is Atlassian's id of the site, None until it is known.
    """

    id: int
    client_key: str
    base_url: str
    display_url: str
    shared_secret: str = field(repr=False)
    cloud_id: str | None
    installed: bool


@dataclass(frozen=True, slots=True)
class Installation:
    """What a verified `installed` call says. `token_digest` and `body_digest` (SHA-256 hex) bind the unsigned
    body to the signed token: the same token with another body is a replay."""

    client_key: str
    shared_secret: str = field(repr=False)
    base_url: str
    display_url: str
    account_id: str | None
    token_digest: str
    body_digest: str
    token_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Uninstallation:
    """What a verified `uninstalled` call says; the digests are as in Installation."""

    client_key: str
    token_digest: str
    body_digest: str
    token_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller: a user of a site, or (account_id None) the site itself.

    `context` is what Jira says the user is looking at; both values are ids as Jira spells them ("10007").
    It is a hint for the screen, never a permission.
    """

    tenant: Tenant
    account_id: str | None
    context: Mapping[str, str] = field(default_factory=dict)


class Replayed(Exception):
    """Raised by a TenantStore when the token of a lifecycle call comes back with another body."""


class TenantStore(Protocol):
    """What the product keeps for us. All times are aware UTC datetimes."""

    def find_tenant(self, client_key: str) -> Tenant | None:
        """The tenant, installed or not, with its decrypted secret. Raises connect.Unavailable if the store is down."""

    def install(self, installation: Installation, now: datetime) -> None:
        """Insert, or replace secret and addresses of the same client key, in one committed transaction.

        A token counts once until it expires. With the same body it changes nothing more: whoever saw an old call could
        bring back the secret of that day. With another body: raises Replayed.
        """

    def uninstall(self, uninstallation: Uninstallation, now: datetime) -> None:
        """Mark as uninstalled. Unknown sites change nothing; tokens count once, as above."""
