"""The two client libraries, tamed: signed by us, one transport, no retries inside, one connection set per thread."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest
from requests.auth import AuthBase

from connect.errors import JiraRejected, JiraTokenMissing
from connect.jira_transport import JiraAdapter
from connect.tenants import AppAccess, Tenant
from connect.tokens import sign_for_jira

if TYPE_CHECKING:
    from jira import JIRA

_SITES_PER_THREAD = 32
_TOKEN_MARGIN = timedelta(seconds=30)  # a call that starts now must end before
logging.getLogger("atlassian").setLevel(logging.WARNING)  # below, it writes what people wrote into the log


class SiteAuth(AuthBase):
    """What lets a call in at its site. `renew` takes what the site has become since."""

    def renew(self, tenant: Tenant) -> None:
        pass


class TokenAuth(SiteAuth):
    """Carries the token that Atlassian handed us last."""

    def __init__(self, tenant: Tenant, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.renew(tenant)

    def renew(self, tenant: Tenant) -> None:
        self._access = tenant.access or AppAccess(tenant.base_url)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if not (request.url or "").startswith(self._access.api_base_url + "/"):
            raise JiraRejected("foreign_address")
        ends_at = self._access.expires_at
        if not self._access.token or ends_at is None or ends_at - _TOKEN_MARGIN <= self._clock():
            raise JiraTokenMissing
        request.headers["Authorization"] = f"Bearer {self._access.token}"
        return request


class ConnectAuth(SiteAuth):
    """Signs each request for exactly the address that goes out."""

    def __init__(self, tenant: Tenant, app_key: str, clock: Callable[[], datetime]) -> None:
        self._tenant = tenant
        self._app_key = app_key
        self._clock = clock

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        url = request.url or ""
        if not url.startswith(self._tenant.base_url + "/"):
            raise JiraRejected("foreign_address")
        parts = urlsplit(url)
        token = sign_for_jira(
            self._tenant.shared_secret,
            app_key=self._app_key,
            client_key=self._tenant.client_key,
            now=self._clock(),
            method=request.method or "GET",
            raw_path=parts.path,
            raw_query=parts.query,
            base_path=urlsplit(self._tenant.base_url).path,
        )
        request.headers["Authorization"] = f"JWT {token}"
        return request


class JiraClients:
    """Keeps clients per thread (sessions are not thread-safe) and site, the 32 last used.

    A new secret or address makes new clients, so a re-install takes effect with the next call. A site that shares a
    secret with us is called with that, as it never has to be waited for; any other with the token of the day.
    """

    def __init__(self, *, app_key: str, clock: Callable[[], datetime], development: bool) -> None:
        self._app_key = app_key
        self._clock = clock
        self._development = development
        self._of_thread = threading.local()

    def of(self, tenant: Tenant) -> Clients:
        kept: OrderedDict[tuple[int, str, str], Clients] = self._of_thread.__dict__.setdefault("kept", OrderedDict())
        key = (tenant.id, _address(tenant), tenant.shared_secret if tenant.installed else "")
        if key not in kept:
            kept[key] = self._new(tenant)
            if len(kept) > _SITES_PER_THREAD:
                _, dropped = kept.popitem(last=False)
                dropped.close()
        kept.move_to_end(key)
        kept[key].auth.renew(tenant)
        return kept[key]

    def _new(self, tenant: Tenant) -> Clients:
        auth = ConnectAuth(tenant, self._app_key, self._clock) if tenant.installed else TokenAuth(tenant, self._clock)
        return Clients(_address(tenant), auth, development=self._development)


class Clients:
    """`issues`: issues, search, comments, users. `platform` (JiraCloud, whose methods carry no types): properties and
    projects. `auth`: by which both are let in. Each library is loaded when it is first needed."""

    def __init__(self, address: str, auth: SiteAuth, *, development: bool) -> None:
        self.auth = auth
        self._address = address
        self._development = development

    @cached_property
    def issues(self) -> JIRA:
        from jira import JIRA  # noqa: PLC0415 - a process that only takes webhooks does without

        issues = JIRA(
            self._address,
            options={"rest_api_version": "3"},
            get_server_info=False,
            max_retries=0,  # its own retries sleep inside the call, and send a POST twice
            logging=False,
        )
        issues.deploymentType = "Cloud"  # without it every method for Cloud silently answers None
        issues._fields_cache_value = {"summary": "summary"}  # spares a hidden call for all field names
        self._prepare(issues._session)
        return issues

    @cached_property
    def platform(self) -> Any:
        from atlassian.jira import JiraCloud  # noqa: PLC0415 - 9 MB

        session = requests.Session()
        self._prepare(session)
        return JiraCloud(self._address, session=session, timeout=10, retry_with_header=False)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Jira's raw answer. `path` follows `/rest/`."""
        return self.issues._session.request(method, f"{self._address}/rest/{path}", json=body, headers=headers).json()

    def drop(self, path: str, **headers: str) -> None:
        """Delete what is there. Jira answers with nothing."""
        self.issues._session.request("DELETE", f"{self._address}/rest/{path}", headers=headers)

    def close(self) -> None:
        if "issues" in self.__dict__:
            self.issues._session.close()
        if "platform" in self.__dict__:
            self.platform.close()

    def _prepare(self, session: requests.Session) -> None:
        session.trust_env = False
        session.auth = self.auth
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # each call stands on its signature alone
        for scheme in ("https://", "http://"):
            session.mount(scheme, JiraAdapter(private_addresses=self._development))


def _address(tenant: Tenant) -> str:
    return tenant.base_url if tenant.installed or tenant.access is None else tenant.access.api_base_url
