"""How fast a site's history may be read: pure rules.

Jira counts points: one for a call and one for each issue it returns, from a pool of 65 000 an hour that may be shared by
all sites of an app (Atlassian, "Rate limiting", 2026). A page costs up to 101. At 200 pages an hour reading takes a third
of the pool; a hundred pages, which is 10 000 issues, may go ahead of that, so that most projects are read in minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

PAGES_PER_HOUR = 200
PAGES_AHEAD = 100

_COST = timedelta(hours=1) / PAGES_PER_HOUR


def next_page(paid_until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """When the next page may be read, and until when the site's reading is paid then.

    `paid_until` is what the last call gave, None before the first. Each page costs 18 seconds; what is owed may be up to
    a hundred pages.
    """
    owed_until = max(paid_until or now, now)
    return max(now, owed_until + _COST - PAGES_AHEAD * _COST), owed_until + _COST
