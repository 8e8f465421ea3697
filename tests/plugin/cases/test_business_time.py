"""Two working days end on a Tuesday when they begin on a Friday."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plugin.cases.business_time import due_at, hours_between

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "hours", "zone", "country", "due"),
    [
        ("2026-11-16T09:00", 1, "UTC", "", "2026-11-16T10:00"),  # a Monday, at work
        ("2026-11-16T08:30", 16, BERLIN, "", "2026-11-18T08:30"),
        ("2026-11-20T10:00", 16, "UTC", "", "2026-11-24T10:00"),  # Friday: the weekend does not count
        ("2026-11-21T12:00", 8, "UTC", "", "2026-11-23T17:00"),  # Saturday: begins on Monday
        ("2026-11-16T22:00", 2, "UTC", "", "2026-11-17T11:00"),  # at night: begins in the morning
        ("2026-11-16T23:30", 1, "Asia/Tokyo", "", "2026-11-17T01:00"),  # half past eight there
        ("2026-10-23T14:00", 8, BERLIN, "", "2026-10-26T15:00"),  # the clocks go back between the two
        ("2026-11-16T09:00", 1, "Moon/Base", "", "2026-11-16T10:00"),
        ("2026-12-24T12:00", 8, BERLIN, "DE", "2026-12-28T12:00"),  # two days of Christmas, and a Sunday
        ("2026-12-24T12:00", 8, BERLIN, "", "2026-12-25T12:00"),
        ("2026-11-26T15:00", 8, "America/New_York", "US", "2026-11-27T22:00"),  # Thanksgiving: begins on Friday
        (
            "2026-11-12T12:00",
            8,
            "Asia/Riyadh",
            "SA",
            "2026-11-15T12:00",
        ),  # Thursday; Friday and Saturday are free there
        ("2026-11-21T12:00", 8, "UTC", "ZZ", "2026-11-23T17:00"),  # a country that nobody knows
    ],
)
def test_a_term_counts_working_hours_of_the_customers_clock(
    moment: str, hours: float, zone: str, country: str, due: str
) -> None:
    assert due_at(at(moment), hours, zone, country) == at(due)
    assert hours_between(at(moment), at(due), zone, country) == pytest.approx(hours)


def test_no_time_passes_at_night_and_none_backwards() -> None:
    assert hours_between(at("2026-11-16T18:00"), at("2026-11-17T08:00"), "UTC", "") == 0
    assert hours_between(at("2026-11-17T10:00"), at("2026-11-16T10:00"), "UTC", "") == 0
