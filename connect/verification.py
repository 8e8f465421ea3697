"""From a request to a verified caller: the order of checks for each kind of token, cheapest and most local first.

A request comes as WSGI has it, so that it can be verified before any framework has looked at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIEnvironment

from connect import claims as policy
from connect.errors import Forbidden, Unauthorized
from connect.install_keys import InstallKeys
from connect.query_hash import query_hash, raw_target
from connect.tenants import Principal, Tenant, TenantStore
from connect.tokens import Token, find_token, read_token, require_algorithm, verify_hs256, verify_rs256


@dataclass(frozen=True, slots=True)
class LifecycleCall:
    """A call that Atlassian signed for us, about the site `client_key`. Its body is not covered by the signature."""

    client_key: str
    token_digest: str
    token_expires_at: datetime


class Verifier:
    """Decides who is calling. Holds no state of its own; `clock` is aware UTC."""

    def __init__(
        self, *, app_key: str, base_url: str, store: TenantStore, keys: InstallKeys, clock: Callable[[], datetime]
    ) -> None:
        self._app_key = app_key
        self._audience = frozenset((base_url, base_url + "/"))
        self._base_path = urlsplit(base_url).path
        self._store = store
        self._keys = keys
        self._clock = clock

    def lifecycle_call(self, environ: WSGIEnvironment) -> LifecycleCall:
        """RS256, for us, for this request. The key is fetched last: nothing unsigned makes us call out for long."""
        path, query = raw_target(environ)
        token = read_token(find_token(environ.get("HTTP_AUTHORIZATION"), query, in_query=False))
        require_algorithm(token, "RS256")
        client_key = policy.issuer(token.claims)
        policy.check_times(token.claims, self._clock())
        policy.check_audience(token.claims, self._audience, required=True)
        policy.check_request_hash(token.claims, query_hash(environ["REQUEST_METHOD"], path, query, self._base_path))
        verify_rs256(token, self._keys.get_key(token.header.get("kid")))
        expires_at = datetime.fromtimestamp(token.claims["exp"], UTC) + timedelta(seconds=policy.LEEWAY_SECONDS)
        return LifecycleCall(client_key, token.digest, expires_at)

    def site_call(self, environ: WSGIEnvironment) -> Principal:
        """A webhook: HS256 in the header, for this request."""
        return self._signed_for_this_request(environ, in_query=False)

    def page_call(self, environ: WSGIEnvironment) -> Principal:
        """A page in an iframe: HS256 in the query, for this request, with a user."""
        return _with_user(self._signed_for_this_request(environ, in_query=True))

    def script_call(self, environ: WSGIEnvironment) -> Principal:
        """A script of our pages: a context token in the header, with a user."""
        _, query = raw_target(environ)
        token, tenant = self._site_token(environ, query, in_query=False)
        policy.check_context_hash(token.claims)
        return _with_user(_principal(tenant, token.claims))

    def _signed_for_this_request(self, environ: WSGIEnvironment, *, in_query: bool) -> Principal:
        path, query = raw_target(environ)
        token, tenant = self._site_token(environ, query, in_query=in_query)
        policy.check_request_hash(token.claims, query_hash(environ["REQUEST_METHOD"], path, query, self._base_path))
        return _principal(tenant, token.claims)

    def _site_token(self, environ: WSGIEnvironment, query: str, *, in_query: bool) -> tuple[Token, Tenant]:
        token = read_token(find_token(environ.get("HTTP_AUTHORIZATION"), query, in_query=in_query))
        require_algorithm(token, "HS256")
        tenant = self._signer(token)
        policy.check_times(token.claims, self._clock())
        allowed = self._audience | {self._app_key, tenant.client_key}
        policy.check_audience(token.claims, allowed, required=False)
        return token, tenant

    def _signer(self, token: Token) -> Tenant:
        """The site whose secret the token was signed with. A store may remember a site for a moment, in which another
        process can have installed it anew: no token is refused before the newest secret was tried."""
        client_key = policy.issuer(token.claims)
        tenant = self._tenant(client_key)
        try:
            verify_hs256(token, tenant.shared_secret)
        except Unauthorized:
            tenant = self._tenant(client_key, now=True)
            verify_hs256(token, tenant.shared_secret)
        return tenant

    def _tenant(self, client_key: str, *, now: bool = False) -> Tenant:
        tenant = self._store.find_tenant(client_key, now=now)
        if tenant is None:
            raise Unauthorized("unknown_tenant")
        if not tenant.installed:
            raise Unauthorized("tenant_uninstalled")
        return tenant


def _principal(tenant: Tenant, claims: Mapping[str, Any]) -> Principal:
    return Principal(tenant, policy.account_id(claims), policy.context(claims))


def _with_user(principal: Principal) -> Principal:
    if principal.account_id is None:
        raise Forbidden("no_user")
    return principal
