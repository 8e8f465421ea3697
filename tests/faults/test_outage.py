"""The short form of an hour without Jira; `make faults` does it with 5,000 jobs."""

from __future__ import annotations

from tests.faults import outage


def test_after_an_hour_without_jira_everything_is_done_once_and_nobody_storms(database_url: str) -> None:
    outcome = outage.run(database_url, 60)
    assert (outcome.decided, outcome.left) == (60, 0)
    assert (outcome.decided_twice, outcome.mailed_twice, outcome.written_twice) == (0, 0, 0)
    assert outcome.busiest_second <= 10
    assert outcome.asked_in_vain < 40, "a Jira that is away is asked by few"
    assert outcome.drained_minutes < 7, "at most five minutes until somebody notices"
