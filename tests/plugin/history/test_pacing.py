"""How fast a site's history may be read."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from plugin.history.pacing import PAGES_AHEAD, PAGES_PER_HOUR, next_page
from tests.plugin.asking import NOW


def as_fast_as_allowed(pages: int, start: datetime = NOW) -> list[datetime]:
    """When each page is read by somebody who reads it the moment that it may be read."""
    now, paid_until, read_at = start, None, []
    for _ in range(pages):
        now, paid_until = next_page(paid_until, now)
        read_at.append(now)
    return read_at


def test_a_project_of_ten_thousand_issues_is_read_at_once() -> None:
    assert set(as_fast_as_allowed(PAGES_AHEAD)) == {NOW}


def test_more_is_read_one_page_each_eighteen_seconds() -> None:
    read_at = as_fast_as_allowed(PAGES_AHEAD + 3)[-4:]
    assert {later - earlier for earlier, later in pairwise(read_at)} == {timedelta(seconds=18)}


def test_no_hour_costs_more_than_half_of_the_points() -> None:
    read_at = as_fast_as_allowed(1000)
    busiest = max(sum(begin <= each < begin + timedelta(hours=1) for each in read_at) for begin in read_at)
    assert busiest <= PAGES_PER_HOUR + PAGES_AHEAD
    assert busiest * 101 < 65_000 / 2


def test_what_was_not_used_long_ago_is_not_saved_up() -> None:
    _, paid_until = next_page(None, NOW)
    later = NOW + timedelta(days=2)
    now, owed, waits = later, paid_until, 0
    for _ in range(PAGES_AHEAD + 1):
        at, owed = next_page(owed, now)
        waits += at > now
    assert waits == 1
