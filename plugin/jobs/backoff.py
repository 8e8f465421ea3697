"""How long to wait before another attempt: pure rules."""

from __future__ import annotations

from datetime import timedelta

MAX_ATTEMPTS = 16  # with the waits below: about a day before an admin is asked
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 6 * 3600.0


def wait_before(attempt: int, retry_after_seconds: float | None, jitter: float) -> timedelta:
    """The wait after failed attempt number `attempt` (1, 2, …): 2, 4, 8 … seconds up to 6 hours.

    `jitter` in 0…1 spreads waits over ×0.7 to ×1.3, so that a whole queue does not come back at once (Atlassian,
    "Rate limiting", 2026). A `Retry-After` is never undercut.
    """
    growing = min(FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1) * _slower(attempt), LONGEST_WAIT_SECONDS)
    return timedelta(seconds=max(growing * (0.7 + 0.6 * jitter), retry_after_seconds or 0.0))


def _slower(attempt: int) -> float:
    """After the first minute of trying, an outage is likely: wait three times as long."""
    return 1.0 if attempt <= 5 else 3.0


def may_retry(attempt: int) -> bool:
    return attempt < MAX_ATTEMPTS
