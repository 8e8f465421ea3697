"""Atlassian's public keys, by which an install is known to come from Atlassian: fetched by id, cached, bounded."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connect.errors import Unauthorized, Unavailable
from connect.transport import BoundedAdapter

ATLASSIAN_INSTALL_KEYS = "https://connect-install-keys.atlassian.com"
_KID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}")
_KEY_SECONDS = 86_400  # a withdrawn key stops working within a day
_UNKNOWN_SECONDS = 60  # a new key may be used a moment before it is published everywhere
_KEY_LIMIT = 64
_UNKNOWN_LIMIT = 1024
_FETCHES_A_MINUTE = 60
_MINIMUM_BITS = 2048
Value = TypeVar("Value")


class InstallKeys:
    """Thread-safe. `address`: Atlassian's server, or in development a stand-in for it. `seconds`: a monotonic clock."""

    def __init__(
        self,
        address: str = ATLASSIAN_INSTALL_KEYS,
        *,
        development: bool = False,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address.rstrip("/")
        self._seconds = seconds
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[float, RSAPublicKey]] = {}
        self._unknown: dict[str, float] = {}
        self._fetches: deque[float] = deque(maxlen=_FETCHES_A_MINUTE)
        self._development = development

    def get_key(self, kid: object) -> RSAPublicKey:
        """The key with this id. Raises Unauthorized (`bad_kid`, `unknown_kid`) or Unavailable."""
        if not isinstance(kid, str) or len(kid) > 200 or ".." in kid or not _KID.fullmatch(kid):
            raise Unauthorized("bad_kid")
        with self._lock:
            cached = self._find(kid)
        if cached is not None:
            return cached
        key = self._fetch(kid)
        with self._lock:
            _keep(self._keys, kid, (self._seconds() + _KEY_SECONDS, key), _KEY_LIMIT)
        return key

    def _find(self, kid: str) -> RSAPublicKey | None:
        """From memory. Books a fetch when there is nothing in memory, and refuses when too many were booked."""
        now = self._seconds()
        valid_until, key = self._keys.get(kid, (now, None))
        if key is not None and valid_until > now:
            return key
        if self._unknown.get(kid, now) > now:
            raise Unauthorized("unknown_kid")
        if len(self._fetches) == _FETCHES_A_MINUTE and now - self._fetches[0] < 60:
            raise Unavailable("too_many_key_fetches")
        self._fetches.append(now)
        return None

    def _fetch(self, kid: str) -> RSAPublicKey:
        with requests.Session() as session:
            session.trust_env = False
            session.mount(
                self._address,
                BoundedAdapter(deadline_seconds=5, byte_limit=16_384, private_addresses=self._development),
            )
            try:
                response = session.get(f"{self._address}/{kid}", allow_redirects=False)
            except requests.RequestException:
                raise Unavailable("key_server_unreachable") from None
        if response.status_code in (403, 404, 410):  # object stores say 403 for what they do not have
            with self._lock:
                _keep(self._unknown, kid, self._seconds() + _UNKNOWN_SECONDS, _UNKNOWN_LIMIT)
            raise Unauthorized("unknown_kid")
        if response.status_code != 200:
            raise Unavailable("key_server_failed")
        return _read_key(response.content)


def _read_key(pem: bytes) -> RSAPublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise Unavailable("key_unreadable") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _MINIMUM_BITS:
        raise Unavailable("key_too_weak")
    return key


def _keep(cache: dict[str, Value], name: str, value: Value, limit: int) -> None:
    cache.pop(name, None)
    if len(cache) >= limit:
        del cache[next(iter(cache))]
    cache[name] = value
