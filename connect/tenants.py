"""Who calls and for which site: the nouns that every guard yields, and what the product must store for us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AppAccess:
    """How we call a site for which Atlassian hands us tokens, instead of a secret to sign with.

    `api_base_url` is where its REST API lives for such calls. `token` is "" while there is none; it is good until
    `expires_at` (aware UTC). `environment_id`: of the deployment that the site has, a part of the addresses of our
    pages; "" while it is unknown.
    """

    api_base_url: str
    token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    environment_id: str = ""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One Jira site that installed us.

    `id` is the product's own number for it. `base_url` is where its REST API lives (https, no trailing slash),
    `display_url` what its people see in the address bar (for links and `frame-ancestors`, never for calls).
    `cloud_id` is Atlassian's id of the site, None until it is known. `installed`: it shares a secret with us, by which
    it signs. `access`: Atlassian vouches for it instead; a site on its way from one to the other has both.
    """

    id: int
    client_key: str
    base_url: str
    display_url: str
    shared_secret: str = field(repr=False)
    cloud_id: str | None
    installed: bool
    access: AppAccess | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Atlassian's own word on a call says: which installation of ours, on which site, for which user.

    `site_url` is the site's address as its people see it, None where the call does not tell. `from_screen`: made by the
    browser of a user, who may choose its address and body. `token` is what it hands us for calls of ours, with
    `token_expires_at`; "" where it hands us none. `environment_id` as in AppAccess.
    """

    installation_id: str
    cloud_id: str
    api_base_url: str
    issued_at: datetime
    site_url: str | None = None
    account_id: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    from_screen: bool = False
    token: str = field(default="", repr=False)
    token_expires_at: datetime | None = None
    environment_id: str = ""


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

    def find_tenant(self, client_key: str, *, now: bool = False) -> Tenant | None:
        """The tenant, installed or not, with its decrypted secret; as it was up to a second ago unless `now`.
        Raises connect.Unavailable if the store is down."""

    def install(self, installation: Installation, now: datetime) -> None:
        """Insert, or replace secret and addresses of the same client key, in one committed transaction.

        A token counts once until it expires. With the same body it changes nothing more: whoever saw an old call could
        bring back the secret of that day. With another body: raises Replayed.
        """

    def uninstall(self, uninstallation: Uninstallation, now: datetime) -> None:
        """Mark as uninstalled. Unknown sites change nothing; tokens count once, as above."""

    def admit(self, invocation: Invocation, now: datetime) -> Tenant | None:
        """The tenant of this installation: a new one at its first call, None once it was removed.

        A token in the invocation is kept, sealed, if it lives longer than the one we have; the tenant that is returned
        carries the better of both. Raises connect.Unavailable if the store is down.
        """

    def leave(self, invocation: Invocation, now: datetime) -> None:
        """The installation is being removed. Unknown ones change nothing, twice is once."""
