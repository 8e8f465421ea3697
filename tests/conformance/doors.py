"""One route of each class that takes a token, with everything that a good call of it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jwt
import pytest

from tests.conformance.target import (
    INSTALLED,
    UNINSTALLED,
    Request,
    Site,
    Target,
    b64,
    bearer,
    hs256,
    install_body,
    with_json,
)

NO_EVENT = {"webhookEvent": "jira:worklog_updated"}


@dataclass(frozen=True)
class Door:
    """`accepted` is the status of a good call."""

    kind: Literal["lifecycle", "webhook", "page", "script"]
    method: str
    target: str
    accepted: int

    def __str__(self) -> str:
        return self.target.rpartition("/")[2]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def by_secret(self) -> bool:
        """Its tokens are signed with the secret that the site shares with us."""
        return self.kind != "lifecycle"

    def claims(self, app: Target, site: Site, **changes: Any) -> dict[str, Any]:
        if self.kind == "lifecycle":
            return app.install_claims(site, self.target, **changes)
        if self.kind == "script":
            changes = {"qsh": "context-qsh", **changes}
        return app.claims(self.method, self.target, site, **changes)

    def sign(self, app: Target, site: Site, claims: dict[str, Any], **header: Any) -> str:
        return hs256(claims, site.secret, **header) if self.by_secret else app.key.sign(claims, **header)

    def sign_raw(self, app: Target, site: Site, payload: bytes, header: Any = None) -> str:
        """A good signature under anything, by hand: libraries refuse to write most of what attackers write."""
        algorithm = "HS256" if self.by_secret else "RS256"
        signed = f"{b64({'alg': algorithm, 'kid': app.key.kid} if header is None else header)}.{b64(payload)}"
        key: Any = site.secret.encode() if self.by_secret else app.key.private
        return f"{signed}.{b64(jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), key))}"

    def token(self, app: Target, site: Site, **changes: Any) -> str:
        """A good one but for the claims in `changes`."""
        return self.sign(app, site, self.claims(app, site, **changes))

    def bare(self, site: Site) -> Request:
        """The call without its token."""
        request = Request(self.method, self.target)
        if self.kind == "lifecycle":
            return with_json(request, install_body(site, self.path))
        return with_json(request, NO_EVENT) if self.kind == "webhook" else request

    def call(self, site: Site, token: str) -> Request:
        """The call with any token, at the place where this route looks for it."""
        request = self.bare(site)
        if self.kind == "page":
            request.target += ("&" if "?" in request.target else "?") + f"jwt={token}"
        else:
            request.headers |= bearer(token)
        return request

    def good_call(self, app: Target, site: Site, **changes: Any) -> Request:
        return self.call(site, self.token(app, site, **changes))


INSTALL = Door("lifecycle", "POST", INSTALLED, 204)
UNINSTALL = Door("lifecycle", "POST", UNINSTALLED, 204)
EVENTS = Door("webhook", "POST", "/connect/events", 204)
PAGE = Door("page", "GET", "/administration", 200)
SCRIPT = Door("script", "GET", "/administration/health", 200)

LIFECYCLE_DOORS = (INSTALL, UNINSTALL)
SECRET_DOORS = (EVENTS, PAGE, SCRIPT)
HASHED_DOORS = (INSTALL, UNINSTALL, EVENTS, PAGE)
DOORS = (*LIFECYCLE_DOORS, *SECRET_DOORS)
every_lifecycle_door = pytest.mark.parametrize("door", LIFECYCLE_DOORS, ids=str)


def works(app: Target, site: Site) -> bool:
    """Whether a site's tokens open its routes: none or all."""
    statuses = {app.send(door.good_call(app, site)).status_code == door.accepted for door in SECRET_DOORS}
    assert len(statuses) == 1
    return statuses.pop()
