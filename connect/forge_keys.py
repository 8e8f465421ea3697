"""Atlassian's public keys for invocation tokens: one set, remembered, asked for seldom."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from connect.errors import BadRequest, Unauthorized, Unavailable
from connect.json_body import parse_json
from connect.transport import BoundedAdapter

ATLASSIAN_INVOCATION_KEYS = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json"
_FRESH_SECONDS = 3_600  # how long a withdrawn key may still be used
_USABLE_SECONDS = 86_400  # the same while nobody answers at the key server
_PAUSE_SECONDS = 15  # between two questions, whatever ids strangers make up
_KEY_LIMIT = 64
_MINIMUM_BITS = 2048


class ForgeKeys:
    """Thread-safe. `address`: Atlassian's set, or in development a stand-in for it. `seconds`: a monotonic clock."""

    def __init__(
        self,
        address: str = ATLASSIAN_INVOCATION_KEYS,
        *,
        development: bool = False,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._development = development
        self._seconds = seconds
        self._lock = threading.Lock()
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None

    def get_key(self, kid: object) -> RSAPublicKey:
        """The key with this id. Raises Unauthorized (`bad_kid`, `unknown_kid`) or Unavailable."""
        if not isinstance(kid, str) or not 0 < len(kid) <= 200:
            raise Unauthorized("bad_kid")
        with self._lock:  # also while it asks: who comes meanwhile waits for the same answer
            if (kid not in self._keys or self._age() > _FRESH_SECONDS) and self._may_ask():
                self._ask()
            if self._age() > _USABLE_SECONDS:
                raise Unavailable("key_server_unreachable")
            if kid not in self._keys:
                raise Unauthorized("unknown_kid")
            return self._keys[kid]

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._seconds() - self._fetched_at

    def _may_ask(self) -> bool:
        return self._asked_at is None or self._seconds() - self._asked_at >= _PAUSE_SECONDS

    def _ask(self) -> None:
        self._asked_at = self._seconds()
        try:
            self._keys = _read_keys(self._fetch())
        except Unavailable:
            if self._age() > _USABLE_SECONDS:
                raise
        else:
            self._fetched_at = self._asked_at

    def _fetch(self) -> bytes:
        with requests.Session() as session:
            session.trust_env = False
            session.mount(
                self._address,
                BoundedAdapter(deadline_seconds=3, byte_limit=262_144, private_addresses=self._development),
            )
            try:
                response = session.get(self._address, allow_redirects=False)
            except requests.RequestException:
                raise Unavailable("key_server_unreachable") from None
        if response.status_code != 200:
            raise Unavailable("key_server_failed")
        return bytes(response.content)


def _read_keys(body: bytes) -> dict[str, RSAPublicKey]:
    """The usable keys of a set; those of other kinds are passed over. Raises Unavailable where there is none."""
    try:
        found = parse_json(body)
        entries = found["keys"][:_KEY_LIMIT]
        keys = {entry["kid"]: key for entry in entries if (key := _read_key(entry)) is not None}
    except (BadRequest, KeyError, TypeError):
        raise Unavailable("key_unreadable") from None
    if not keys:
        raise Unavailable("key_unreadable")
    return keys


def _read_key(entry: Mapping[str, Any]) -> RSAPublicKey | None:
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    try:
        key = RSAAlgorithm.from_jwk(dict(entry))
    except (jwt.InvalidKeyError, ValueError, KeyError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _MINIMUM_BITS else None
