"""The short form of a flood; `make faults` does it with 20,000 jobs and looks at the clock."""

from __future__ import annotations

from tests.faults import fairness


def test_who_has_little_to_do_does_not_wait_for_who_has_much(database_url: str) -> None:
    outcome = fairness.run(database_url, 2000)
    assert outcome.jobs_of_the_big_one <= 50, "turn by turn: five rounds of two, and what was in hand"
