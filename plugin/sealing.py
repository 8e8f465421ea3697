"""Secrets at rest: sealed with the first key, opened with any, bound to what they belong to."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from plugin.errors import PluginError


class CannotOpen(PluginError):
    """A sealed value that none of the keys opens, or that was moved here from another row."""


class Seal:
    """Encrypts short texts. `owner` (a client key, an invitation) goes inside: a sealed value pasted into another
    row does not open there, which Fernet alone would allow as it has no associated data."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._print_key = hashlib.sha256(b"fingerprint:" + keys[0].encode()).digest()

    def close(self, owner: str, secret: str) -> str:
        return self._fernet.encrypt(f"{len(owner)}:{owner}{secret}".encode()).decode()

    def open(self, owner: str, sealed: str) -> str:
        """Raises CannotOpen."""
        try:
            text = self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise CannotOpen("no key in RAPPORT_SECRET_KEYS opens this value") from error
        prefix = f"{len(owner)}:{owner}"
        if not hmac.compare_digest(text[: len(prefix)].encode(), prefix.encode()):
            raise CannotOpen("this value belongs to another row")
        return text[len(prefix) :]

    def fingerprint(self, owner: str, text: str) -> str:
        """Equal for equal texts of one owner, and of no use without our newest key: 32 hexadecimal digits.

        A new key gives new fingerprints: only for what is compared within hours.
        """
        return hmac.new(self._print_key, f"{len(owner)}:{owner}{text}".encode(), "sha256").hexdigest()[:32]

    def renew(self, sealed: str) -> str:
        """The same secret sealed with the newest key. Raises CannotOpen."""
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken as error:
            raise CannotOpen("no key in RAPPORT_SECRET_KEYS opens this value") from error
