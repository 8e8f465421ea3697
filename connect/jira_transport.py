"""Where an answer of Jira becomes either a usable answer or one of our errors, before any library sees it.

Doing it below the libraries keeps their retries, their sleeps and their logging of bodies out of the way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import requests
from requests import PreparedRequest, Response

from connect.errors import JiraBusy, JiraError, JiraForbidden, JiraNotFound, JiraRejected, JiraUnreachable
from connect.transport import AnswerTooLarge, BoundedAdapter, PrivateAddress, Redirected

DEADLINE_SECONDS = 10
ANSWER_LIMIT = 10_000_000
RETRY_LIMIT_SECONDS = 3600
_DEFAULT_RETRY_SECONDS = 30
_SCOPES = {"jira-burst-based": "endpoint", "jira-per-issue-on-write": "issue"}
_JSON = msgspec.json.Decoder(msgspec.Raw)
_ERROR_BODY = msgspec.json.Decoder(dict[str, Any])


class JiraAdapter(BoundedAdapter):
    """Bounded calls to Jira that end in JSON or in a JiraError."""

    def __init__(self, *, private_addresses: bool) -> None:
        super().__init__(
            deadline_seconds=DEADLINE_SECONDS, byte_limit=ANSWER_LIMIT, private_addresses=private_addresses
        )

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        try:
            response = super().send(request, *args, **kwargs)
        except requests.RequestException as error:
            raise JiraUnreachable(_reason(error)) from None
        if not response.ok:
            raise error_of(response)
        if request.method in ("GET", "POST") and not _is_json(response.content):
            raise JiraUnreachable("not_json")
        return response


def error_of(response: Response) -> JiraError:
    """The error that a refusing answer means. Everything that may pass by itself is retryable, nothing else."""
    status = response.status_code
    if status == 429:
        return JiraBusy("jira_busy", retry_after_seconds=_retry_after(response), scope=_scope(response))
    if status in (408, 409, 425) or status >= 500:
        asked = _retry_after(response) if "Retry-After" in response.headers else None
        return JiraUnreachable(f"jira_{status}", retry_after_seconds=asked)
    if status in (401, 403):
        return JiraForbidden(f"jira_{status}")
    if status in (404, 410):
        return JiraNotFound(f"jira_{status}")
    return JiraRejected(f"jira_{status}", _messages(response.content))


def _scope(response: Response) -> str:
    """The quotas stop the whole tenant, or all of an app's tenants where they share one; the name of that one is not
    published, so we look for its word."""
    reason = response.headers.get("RateLimit-Reason", "").lower()
    return _SCOPES.get(reason, "pool" if "global" in reason or "pool" in reason else "tenant")


def _retry_after(response: Response) -> int:
    """1 to 3600 seconds, from a number or a date; half a minute where there is neither."""
    value = response.headers.get("Retry-After", "").strip()
    seconds = int(value[:10]) if value.isascii() and value.isdigit() else _seconds_until(value)
    return min(max(seconds, 1), RETRY_LIMIT_SECONDS)


def _seconds_until(date: str) -> int:
    try:
        when = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _DEFAULT_RETRY_SECONDS
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return round((aware - datetime.now(UTC)).total_seconds()) + 1


def _messages(body: bytes) -> tuple[str, ...]:
    """Jira's own words, shortened, for an administrator's eyes."""
    try:
        found = _ERROR_BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    general, fields = found.get("errorMessages"), found.get("errors")
    texts = [*(general if isinstance(general, list) else []), *(fields.values() if isinstance(fields, dict) else [])]
    return tuple(text[:500] for text in texts[:10] if isinstance(text, str))


def _is_json(body: bytes) -> bool:
    try:
        _JSON.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, Redirected):
        return "redirected"
    if isinstance(error, AnswerTooLarge):
        return "answer_too_large"
    if isinstance(error, PrivateAddress):
        return "private_address"
    return "timeout" if isinstance(error, requests.Timeout) else "unreachable"
