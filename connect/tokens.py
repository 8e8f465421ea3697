"""Connect tokens: finding, reading, verifying and signing them. Pure functions, no request, no clock of their own.

The algorithm is chosen by the function that is called, never by the token: each verifier knows exactly one.
`reason` words are those of the conformance list (missing_token, malformed, alg_not_allowed, …).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm
from jwt.utils import base64url_decode, base64url_encode

from connect.errors import BadRequest, Unauthorized
from connect.json_body import parse_json
from connect.query_hash import query_hash, query_pairs

TOKEN_LIMIT = 8192
OUTBOUND_SECONDS = 180
# No "=" padding: with it one signature could be written in several ways, and a replay would look like a new token.
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_HS256 = HMACAlgorithm(HMACAlgorithm.SHA256)
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart. Nothing in it may be believed before `verify_hs256` or `verify_rs256` has returned."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        """SHA-256 hex of the signed part: the same for every spelling of the same token."""
        return hashlib.sha256(self.signing_input).hexdigest()


def find_token(authorization: str | None, raw_query: str, *, in_query: bool) -> str:
    """The one token of a request, from where its route expects it: the query, or else the Authorization header.

    Raises Unauthorized: `missing_token`, `ambiguous_token`, `malformed`.
    """
    from_header = _header_token(authorization)
    from_query = [value.decode("latin-1") for name, value in query_pairs(raw_query) if name == b"jwt"]
    if len(from_query) + (from_header is not None) > 1:
        raise Unauthorized("ambiguous_token")
    found = (from_query[0] if from_query else None) if in_query else from_header
    if not found:
        raise Unauthorized("missing_token")
    return found


def _header_token(authorization: str | None, wanted: str = "jwt") -> str | None:
    """What follows the scheme; None without it. Two headers arrive joined by a comma, which no token holds."""
    scheme, _, rest = (authorization or "").partition(" ")
    return rest.strip(" ") or None if scheme.lower() == wanted else None


def find_bearer(authorization: str | None) -> str:
    """The token under the scheme `Bearer`. Raises Unauthorized (`missing_token`)."""
    found = _header_token(authorization, "bearer")
    if not found:
        raise Unauthorized("missing_token")
    return found


def read_token(text: str, limit: int = TOKEN_LIMIT) -> Token:
    """Take a token apart. Raises Unauthorized: `malformed`, `alg_not_allowed`, `unsupported_crit`."""
    if len(text) > limit or not _SHAPE.fullmatch(text):
        raise Unauthorized("malformed")
    header_part, payload_part, signature_part = text.split(".")
    header = _json_object(header_part)
    if "crit" in header or "b64" in header:
        raise Unauthorized("unsupported_crit")
    return Token(
        header=header,
        claims=_json_object(payload_part),
        signing_input=f"{header_part}.{payload_part}".encode(),
        signature=_bytes(signature_part, "bad_signature"),
    )


def _json_object(segment: str) -> dict[str, Any]:
    try:
        value = parse_json(_bytes(segment, "malformed"), odd_numbers=True)
    except BadRequest:
        raise Unauthorized("malformed") from None
    if not isinstance(value, dict):
        raise Unauthorized("malformed")
    return value


def _bytes(segment: str, reason: str) -> bytes:
    try:
        decoded = base64url_decode(segment)
    except ValueError:
        raise Unauthorized(reason) from None
    if base64url_encode(decoded).decode() != segment:
        raise Unauthorized(reason)
    return decoded


def require_algorithm(token: Token, name: str) -> None:
    """The header must name this one algorithm, spelled like this. Raises Unauthorized (`alg_not_allowed`)."""
    if token.header.get("alg") != name:
        raise Unauthorized("alg_not_allowed")


def verify_hs256(token: Token, secret: str) -> None:
    """Raises Unauthorized: `alg_not_allowed`, `no_secret`, `bad_signature`. Compares in constant time."""
    require_algorithm(token, "HS256")
    if not secret:
        raise Unauthorized("no_secret")
    if not _HS256.verify(token.signing_input, secret.encode(), token.signature):
        raise Unauthorized("bad_signature")


def verify_rs256(token: Token, key: RSAPublicKey) -> None:
    """Raises Unauthorized: `alg_not_allowed`, `bad_signature`."""
    require_algorithm(token, "RS256")
    if not _RS256.verify(token.signing_input, key, token.signature):
        raise Unauthorized("bad_signature")


def sign_for_jira(
    secret: str,
    *,
    app_key: str,
    client_key: str,
    now: datetime,
    method: str,
    raw_path: str,
    raw_query: str,
    base_path: str,
) -> str:
    """A token for one call of ours to Jira, good for three minutes. `base_path` is the path of the site's base URL."""
    issued_at = int(now.timestamp())
    claims = {
        "iss": app_key,
        "aud": [client_key],
        "iat": issued_at,
        "exp": issued_at + OUTBOUND_SECONDS,
        "qsh": query_hash(method, raw_path, raw_query, base_path),
    }
    return jwt.encode(claims, secret, algorithm="HS256")
