"""How fast one site's Jira may be asked, and when it is left alone: pure rules.

Work that asks Jira takes a token from its site's bucket. A token comes back every ninth of a second and there is room for
one, so no second sees more than ten calls, whatever has piled up meanwhile: Jira counts calls by the second, by endpoint
and by the hour (Atlassian, "Rate limiting", 2026), and after an outage everybody comes back at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

# Kinds of work that ask nothing of Jira, and so go on while it rests. All others keep to its pace.
WITHOUT_JIRA = frozenset(
    {"deliver", "deliver_given_up", "forget_history", "purge", "release", "remind", "remind_given_up", "watch_given_up"}
)

CALLS_PER_SECOND = 9.0
ROOM = 1.0
OPENS_AFTER = 5  # failures in a row
FIRST_REST_SECONDS = 15.0
LONGEST_REST_SECONDS = 300.0


def tokens(left: float, counted_at: datetime, now: datetime) -> float:
    """What is in the bucket now, 0…1, if `left` was in it at `counted_at`."""
    return min(ROOM, left + max((now - counted_at).total_seconds(), 0.0) * CALLS_PER_SECOND)


def full_at(left: float, now: datetime) -> datetime:
    """When there is a whole token again, if `left` is in the bucket now."""
    return now + timedelta(seconds=max(1.0 - left, 0.0) / CALLS_PER_SECOND)


def rest_after(failures: int, jitter: float) -> timedelta | None:
    """How long to leave Jira alone after so many failures in a row, None while it is only a stumble.

    15, 30, 60 … seconds up to five minutes; `jitter` in 0…1 spreads that over ×0.7 to ×1.3. Then one piece of work tries.
    """
    if failures < OPENS_AFTER:
        return None
    seconds = min(FIRST_REST_SECONDS * 2.0 ** min(failures - OPENS_AFTER, 10), LONGEST_REST_SECONDS)
    return timedelta(seconds=seconds * (0.7 + 0.6 * jitter))
