"""A bad day of Jira's or of the clock's (rows R10 and R19) ends as if it had been a good one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from plugin.jobs import service as jobs
from tests.flow.cast import add_checkpoint, add_contact, add_customer, days_pass, move
from tests.running import Rapport

GRETA = "greta@nordlicht.example"

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def make_ready(rapport: Rapport) -> None:
    """A project that asks Greta when a story goes to review, and reminds her once."""
    add_checkpoint(rapport, "In review", types=["Story"], reminders=1, reminder_days=3)
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    rapport.settle()


def state(rapport: Rapport) -> Any:
    return rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]["state"]


def given_up(rapport: Rapport) -> list[str]:
    with rapport.ports.database.reading(rapport.tenant_id()) as tx:
        return [job.kind for job in jobs.list_dead(tx)]


@sqlite_only
@pytest.mark.parametrize(("status", "retry_after"), [(502, None), (503, 40), (429, 90)])
def test_what_jira_may_take_later_is_done_once_when_it_does(
    rapport: Rapport, status: int, retry_after: int | None
) -> None:
    make_ready(rapport)
    faults = rapport.site.faults
    move(rapport, "DEMO-7", "In review")
    rapport.jira.drain()
    faults.jira_status, faults.retry_after_seconds, faults.jira_times = status, retry_after, 4
    for _ in range(12):
        rapport.settle()
        rapport.clock.advance(minutes=5)
    assert faults.jira_times == 0, "Jira was asked again until it was well"
    assert (len(rapport.mails_to(GRETA)), state(rapport), given_up(rapport)) == (1, "asked", [])


def test_a_clock_that_is_put_back_by_an_hour_makes_nothing_happen_twice(rapport: Rapport) -> None:
    make_ready(rapport)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    put_back(rapport)
    assert len(rapport.mails_to(GRETA)) == 1
    days_pass(rapport, 4)
    assert len(rapport.mails_to(GRETA)) == 2, "the reminder"
    put_back(rapport)
    days_pass(rapport, 16)
    assert (len(rapport.mails_to(GRETA)), state(rapport), given_up(rapport)) == (2, "silent", [])


def put_back(rapport: Rapport) -> None:
    """And right again an hour later."""
    for hours in (-1, 2):
        rapport.clock.advance(hours=hours)
        rapport.settle()


@sqlite_only
@pytest.mark.parametrize(
    "day",
    ["2027-03-26", "2027-10-29", "2028-02-27", "2038-01-17"],
    ids=["hours lost", "hours won", "29 February", "the end of 32 bits"],
)
def test_odd_days_ask_and_remind_once(rapport: Rapport, day: str) -> None:
    rapport.clock.ahead = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC) - datetime.now(UTC)
    make_ready(rapport)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1
    days_pass(rapport, 16)
    assert (len(rapport.mails_to(GRETA)), state(rapport), given_up(rapport)) == (2, "silent", [])
