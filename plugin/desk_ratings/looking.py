"""When the rating of a request is read: pure rules. Jira tells nobody that one was given."""

from __future__ import annotations

from datetime import datetime, timedelta

LOOKS = tuple(timedelta(days=days) for days in (1, 3, 7, 14))  # after it was done; people rate when they find the time


def next_look(done_at: datetime, now: datetime) -> datetime | None:
    """The next time after `now`; None once nobody is waited for any more."""
    return next((done_at + later for later in LOOKS if done_at + later > now), None)
