"""Personal survey links: made when a mail is, kept only as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """256 random bits, URL-safe, 43 characters."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What the database keeps of a token. No salt: the token itself is random."""
    return hashlib.sha256(token.encode()).hexdigest()


def looks_like_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def survey_url(base_url: str, token: str, score: int | None = None) -> str:
    """The address in the mail; `score` is only pre-selected there."""
    return f"{base_url}/s/{token}" + (f"?score={score}" if score is not None else "")


def trap_url(base_url: str, token: str) -> str:
    """Where only machines go: the link to it cannot be seen in the mail."""
    return f"{base_url}/s/{token}/all"


def consent_url(base_url: str, token: str) -> str:
    """Where the person says that they want no surveys, or want them again."""
    return f"{base_url}/s/{token}/unsubscribe"
