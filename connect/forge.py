"""The second edge: calls that Atlassian makes for us as a Forge app, with its own word on who is calling."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from wsgiref.types import WSGIEnvironment

from connect.errors import Forbidden, Unauthorized
from connect.forge_keys import ForgeKeys
from connect.forge_tokens import TOKEN_LIMIT, full_app_id, read_invocation, token_end
from connect.tenants import Invocation, Principal, Tenant, TenantStore
from connect.tokens import find_bearer, read_token, require_algorithm, verify_rs256

_OPAQUE = re.compile(r"[!-~]{1,16384}")


class Forge:
    """Decides who is calling. `app_id`: our app's id at Atlassian, never taken from a token. `clock` is aware UTC."""

    def __init__(
        self, app_id: str, *, store: TenantStore, keys: ForgeKeys, clock: Callable[[], datetime], development: bool
    ) -> None:
        self.app_id = full_app_id(app_id)
        self._store = store
        self._keys = keys
        self._clock = clock
        self._development = development

    def event_call(self, environ: WSGIEnvironment) -> tuple[Invocation, Tenant]:
        """A trigger or a schedule. Whoever sits before a screen of ours can have Atlassian sign a call of any address
        of ours, so a token made for a screen opens nothing of these."""
        invocation = self._invocation(environ)
        if invocation.from_screen:
            raise Unauthorized("screen_token_not_allowed")
        return invocation, self._tenant(invocation)

    def screen_call(self, environ: WSGIEnvironment) -> Principal:
        """A screen of ours, with a user."""
        invocation = self._invocation(environ)
        if not invocation.from_screen:
            raise Unauthorized("screen_token_required")
        if invocation.account_id is None:
            raise Forbidden("no_user")
        return Principal(self._tenant(invocation), invocation.account_id, invocation.context)

    def leave(self, invocation: Invocation) -> None:
        """The app is being removed from the site."""
        self._store.leave(invocation, self._clock())

    def _tenant(self, invocation: Invocation) -> Tenant:
        tenant = self._store.admit(invocation, self._clock())
        if tenant is None:
            raise Unauthorized("tenant_uninstalled")
        return tenant

    def _invocation(self, environ: WSGIEnvironment) -> Invocation:
        """RS256, for our app, all ids in agreement. The keys are asked last: nothing unsigned makes us call out."""
        token = read_token(find_bearer(environ.get("HTTP_AUTHORIZATION")), TOKEN_LIMIT)
        require_algorithm(token, "RS256")
        now = self._clock()
        found = read_invocation(token.claims, self.app_id, now, development=self._development)
        verify_rs256(token, self._keys.get_key(token.header.get("kid")))
        handed = environ.get("HTTP_X_FORGE_OAUTH_SYSTEM", "")
        if not _OPAQUE.fullmatch(handed):
            return found
        return replace(found, token=handed, token_expires_at=token_end(handed, now))
