"""Installed and uninstalled: the only calls that may change which sites we trust, and with which secret."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from connect.errors import BadRequest, Unauthorized
from connect.json_body import parse_json
from connect.shapes import shaped
from connect.tenants import Installation, Replayed, TenantStore, Uninstallation
from connect.verification import LifecycleCall

BODY_LIMIT = 65_536
_HOST_SUFFIXES = (".atlassian.net", ".jira.com")
_LABELS = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){0,2}"
_LOCAL_HOST = r"localhost:[1-9][0-9]{1,4}"
_DISPLAY_URL = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[1-9][0-9]{0,4})?")
_SECRET = re.compile(r"[!-~]{32,1024}")
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9:._-]{1,128}")


class _Body(msgspec.Struct, rename="camel"):
    key: str
    client_key: str
    event_type: str
    product_type: str = ""
    shared_secret: str = ""
    base_url: str = ""
    display_url: object = None
    account_id: object = None


class Lifecycle:
    """Reads verified lifecycle calls and tells the store. `extra_hosts`: whole host names, or suffixes with a leading
    dot, that may be sites besides Atlassian's own."""

    def __init__(
        self,
        *,
        app_key: str,
        store: TenantStore,
        clock: Callable[[], datetime],
        extra_hosts: Collection[str],
        development: bool,
    ) -> None:
        self._app_key = app_key
        self._store = store
        self._clock = clock
        self._site_address = site_address_pattern(extra_hosts, development=development)

    def installed(self, call: LifecycleCall, raw: bytes) -> None:
        """Raises BadRequest (`bad_body`, `body_mismatch`, `host_not_allowed`, `bad_secret`), Unauthorized
        (`body_mismatch`, `replayed`) or Unavailable; nothing is stored then."""
        body = self._read(raw, call, "installed")
        if body.product_type != "jira":
            raise BadRequest("body_mismatch")
        if not self._site_address.fullmatch(body.base_url):
            raise BadRequest("host_not_allowed")
        if not _SECRET.fullmatch(body.shared_secret):
            raise BadRequest("bad_secret")
        installation = Installation(
            client_key=call.client_key,
            shared_secret=body.shared_secret,
            base_url=body.base_url,
            display_url=_matching(_DISPLAY_URL, body.display_url) or body.base_url,
            account_id=_matching(_ACCOUNT_ID, body.account_id),
            token_digest=call.token_digest,
            body_digest=hashlib.sha256(raw).hexdigest(),
            token_expires_at=call.token_expires_at,
        )
        with _replays_refused():
            self._store.install(installation, self._clock())

    def uninstalled(self, call: LifecycleCall, raw: bytes) -> None:
        """Raises BadRequest, Unauthorized (`body_mismatch`, `replayed`) or Unavailable. Unknown sites are no error."""
        self._read(raw, call, "uninstalled")
        uninstallation = Uninstallation(
            client_key=call.client_key,
            token_digest=call.token_digest,
            body_digest=hashlib.sha256(raw).hexdigest(),
            token_expires_at=call.token_expires_at,
        )
        with _replays_refused():
            self._store.uninstall(uninstallation, self._clock())

    def _read(self, raw: bytes, call: LifecycleCall, event_type: str) -> _Body:
        """The body, which must be about the site that the token is about: only the token is signed."""
        try:
            body = shaped(parse_json(raw), _Body)
        except msgspec.ValidationError:
            raise BadRequest("bad_body") from None
        if body.client_key != call.client_key:
            raise Unauthorized("body_mismatch")
        if body.key != self._app_key or body.event_type != event_type:
            raise BadRequest("body_mismatch")
        return body


def site_address_pattern(extra_hosts: Collection[str], *, development: bool) -> re.Pattern[str]:
    """Full-match pattern of the base URLs to which we send signed calls. Nothing is parsed or repaired: URL parsers
    disagree about odd spellings, and a pattern that must match as a whole lets none of them through."""
    suffixes = [*_HOST_SUFFIXES, *(host for host in extra_hosts if host.startswith("."))]
    hosts = [re.escape(host) for host in extra_hosts if not host.startswith(".")]
    hosts.append(f"{_LABELS}(?:{'|'.join(map(re.escape, suffixes))})")
    if not development:
        return re.compile(f"https://(?:{'|'.join(hosts)})")
    return re.compile(f"https?://(?:{'|'.join([*hosts, _LOCAL_HOST])})")


@contextmanager
def _replays_refused() -> Iterator[None]:
    try:
        yield
    except Replayed:
        raise Unauthorized("replayed") from None


def _matching(pattern: re.Pattern[str], value: Any) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
