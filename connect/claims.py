"""What the claims of a verified token must say. Pure checks; each raises Unauthorized with the word for the log."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from connect.errors import Unauthorized

LEEWAY_SECONDS = 30
LIFETIME_LIMIT_SECONDS = 3600
CONTEXT_HASH = "context-qsh"
_CLIENT_KEY = re.compile(r"[!-~]{1,255}")
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9:._-]{1,128}")
_ID = re.compile(r"[1-9][0-9]{0,18}")


def issuer(claims: Mapping[str, Any]) -> str:
    """The client key that the token claims to come from (`missing_claim`, `bad_claim`)."""
    if "iss" not in claims:
        raise Unauthorized("missing_claim")
    found = claims["iss"]
    if not isinstance(found, str) or not _CLIENT_KEY.fullmatch(found):
        raise Unauthorized("bad_claim")
    return found


def account_id(claims: Mapping[str, Any]) -> str | None:
    """Atlassian's id of the user, None where there is none (`bad_claim`)."""
    found = claims.get("sub")
    if found is not None and (not isinstance(found, str) or not _ACCOUNT_ID.fullmatch(found)):
        raise Unauthorized("bad_claim")
    return found


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """`exp` and `iat` are whole seconds, at most an hour apart, and now lies between them, give or take 30 s.

    `missing_claim`, `bad_claim`, `lifetime_too_long`, `expired`, `not_yet_valid`.
    """
    if "exp" not in claims:
        raise Unauthorized("missing_claim")
    expires, issued, not_before = (_seconds(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None or issued > expires:
        raise Unauthorized("bad_claim")
    if expires - issued > LIFETIME_LIMIT_SECONDS:
        raise Unauthorized("lifetime_too_long")
    seconds_now = now.timestamp()
    if expires + LEEWAY_SECONDS <= seconds_now:
        raise Unauthorized("expired")
    if max(issued, not_before or 0) > seconds_now + LEEWAY_SECONDS:
        raise Unauthorized("not_yet_valid")


def _seconds(claims: Mapping[str, Any], name: str) -> int | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if type(value) is not int or value < 0:  # bool is an int to isinstance
        raise Unauthorized("bad_claim")
    return value


def check_audience(claims: Mapping[str, Any], allowed: Collection[str], *, required: bool) -> None:
    """`aud` names exactly one of `allowed`, as text or as a list of one (`wrong_audience`)."""
    if "aud" not in claims and not required:
        return
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or audience not in allowed:
        raise Unauthorized("wrong_audience")


def check_request_hash(claims: Mapping[str, Any], expected: str) -> None:
    """The token was made for this very request (`missing_qsh`, `context_token_not_allowed`, `qsh_mismatch`)."""
    found = _hash_claim(claims)
    if found == CONTEXT_HASH:
        raise Unauthorized("context_token_not_allowed")
    if not isinstance(found, str) or not found.isascii() or not hmac.compare_digest(found, expected):
        raise Unauthorized("qsh_mismatch")


def check_context_hash(claims: Mapping[str, Any]) -> None:
    """The token was made for scripts of our pages (`missing_qsh`, `context_token_required`)."""
    if _hash_claim(claims) != CONTEXT_HASH:
        raise Unauthorized("context_token_required")


def _hash_claim(claims: Mapping[str, Any]) -> Any:
    if "qsh" not in claims:
        raise Unauthorized("missing_qsh")
    return claims["qsh"]


def context(claims: Mapping[str, Any]) -> dict[str, str]:
    """`issue_id` and `project_id` that the user is looking at, as far as they are well-formed; the rest is dropped."""
    found = {}
    for noun in ("issue", "project"):
        value: Any = claims.get("context")
        for part in ("jira", noun, "id"):
            value = value.get(part) if isinstance(value, dict) else None
        if type(value) in (str, int) and _ID.fullmatch(str(value)):
            found[f"{noun}_id"] = str(value)
    return found
