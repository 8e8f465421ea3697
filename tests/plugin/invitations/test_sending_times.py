"""When a mail may leave, where its reader lives: clocks that change, weekends that differ, holidays, leap days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.invitations.sending_times import SendingTimes, ask_at, is_open, next_opening, remind_at

BERLIN = SendingTimes("Europe/Berlin", "DE", 9, 17, True)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-18 09:00", "2026-11-18 09:00"),
        ("2026-11-18 16:59", "2026-11-18 16:59"),
        ("2026-11-18 17:00", "2026-11-19 09:00"),
        ("2026-11-18 08:59", "2026-11-18 09:00"),
        ("2026-11-20 18:00", "2026-11-23 09:00"),  # Friday evening
        ("2026-11-22 12:00", "2026-11-23 09:00"),  # Sunday
        ("2026-12-24 18:00", "2026-12-28 09:00"),  # Christmas, then a weekend
        ("2026-04-02 20:00", "2026-04-07 09:00"),  # Good Friday to Easter Monday
        ("2027-10-29 18:00", "2027-11-01 09:00"),  # the clocks go back in between
        ("2027-03-26 10:00", "2027-03-30 09:00"),  # Good Friday, the clocks go forward, Easter Monday
        ("2028-02-28 17:30", "2028-02-29 09:00"),  # a leap day is a day
        ("2028-02-29 17:30", "2028-03-01 09:00"),
    ],
)
def test_working_hours_in_berlin(moment: str, opening: str) -> None:
    assert next_opening(berlin(moment), BERLIN) == berlin(opening)


@pytest.mark.parametrize(
    ("country", "zone", "moment", "opening"),
    [
        ("", "Europe/Berlin", "2026-12-25 10:00", "2026-12-25 10:00"),  # holidays of no known country
        ("SA", "Asia/Riyadh", "2026-11-19 18:00", "2026-11-22 09:00"),  # the weekend is Friday and Saturday
        ("US", "America/New_York", "2026-11-26 10:00", "2026-11-27 09:00"),  # Thanksgiving
        ("JP", "Asia/Tokyo", "2026-11-23 10:00", "2026-11-24 09:00"),
        ("XX", "Europe/Berlin", "2026-11-20 18:00", "2026-11-23 09:00"),  # a country that nobody knows any more
    ],
)
def test_weekends_and_holidays_are_the_countrys_own(country: str, zone: str, moment: str, opening: str) -> None:
    times = SendingTimes(zone, country, 9, 17, True)
    assert next_opening(at(zone, moment), times) == at(zone, opening)


def test_around_the_clock_means_now() -> None:
    always = SendingTimes("Europe/Berlin", "DE", 0, 24, False)
    assert next_opening(berlin("2026-12-25 03:12"), always) == berlin("2026-12-25 03:12")


def test_hours_that_the_clocks_leap_over_are_not_there_on_that_day() -> None:
    at_two = SendingTimes("Europe/Berlin", "", 2, 3, False)
    assert next_opening(berlin("2027-03-27 12:00"), at_two) == berlin("2027-03-29 02:00")


def test_an_hour_that_comes_twice_counts_both_times() -> None:
    at_two = SendingTimes("Europe/Berlin", "", 2, 3, False)
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert is_open(first, at_two)
    assert is_open(first + timedelta(hours=1), at_two)
    assert not is_open(first + timedelta(hours=2), at_two)


def test_an_unknown_time_zone_counts_as_utc() -> None:
    nowhere = SendingTimes("Nowhere/Land", "", 9, 17, True)
    assert next_opening(datetime(2026, 11, 18, 8, tzinfo=UTC), nowhere) == datetime(2026, 11, 18, 9, tzinfo=UTC)


def test_a_delay_counts_from_what_happened_and_ends_at_working_hours() -> None:
    happened = berlin("2026-11-18 16:30")
    assert ask_at(happened, 0, BERLIN, happened) == happened
    assert ask_at(happened, 2, BERLIN, happened) == berlin("2026-11-19 09:00")
    assert ask_at(happened, 24, BERLIN, happened) == berlin("2026-11-19 16:30")


def test_a_delay_that_is_over_when_we_hear_of_it_does_not_lead_into_the_past() -> None:
    late = berlin("2026-11-19 10:15")
    assert ask_at(berlin("2026-11-17 10:00"), 3, BERLIN, late) == late


def test_a_reminder_comes_at_the_same_hour_although_the_clocks_change() -> None:
    asked = berlin("2027-10-29 10:00")
    assert remind_at(asked, 3, BERLIN, asked + timedelta(days=14)) == berlin("2027-11-01 10:00")


def test_a_reminder_that_comes_when_the_time_is_over_does_not_come() -> None:
    asked = berlin("2026-11-17 10:00")
    assert remind_at(asked, 3, BERLIN, asked + timedelta(days=3)) is None
    assert remind_at(asked, 3, BERLIN, asked + timedelta(days=3, minutes=1)) == berlin("2026-11-20 10:00")
    assert remind_at(asked, 4, BERLIN, asked + timedelta(days=5)) is None  # Saturday, and Monday is too late


@st.composite
def sending_times(draw: st.DrawFn) -> SendingTimes:
    from_hour = draw(st.integers(0, 23))
    return SendingTimes(
        draw(st.sampled_from(sorted(available_timezones() - {"localtime"}))),
        draw(st.sampled_from(["", "DE", "SA", "US", "JP", "BR", "IN", "IL"])),
        from_hour,
        draw(st.integers(from_hour + 1, 24)),
        draw(st.booleans()),
    )


moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, sending_times())
def test_nothing_is_ever_sent_outside_the_hours_nor_later_than_need_be(moment: datetime, times: SendingTimes) -> None:
    opening = next_opening(moment, times)
    assert opening >= moment
    assert is_open(opening, times)
    waited = (opening - moment) // timedelta(minutes=15)
    assert not any(is_open(moment + timedelta(minutes=15 * n), times) for n in range(min(waited, 200)))
