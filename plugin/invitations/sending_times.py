"""When a mail may leave: at working hours where its reader lives. Pure rules; every moment is aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from plugin.asking import AskPolicy
from plugin.domain import Contact
from plugin.working_days import is_working_day, zone

_LONGEST_WAIT_DAYS = 60  # no country rests for longer


@dataclass(frozen=True, slots=True)
class SendingTimes:
    """Hours 0…24 of the clock of `zone` (IANA; an unknown one counts as UTC). `country` "" knows weekends only."""

    zone: str
    country: str
    from_hour: int
    until_hour: int
    working_days_only: bool

    @classmethod
    def of(cls, policy: AskPolicy, contact: Contact) -> SendingTimes:
        hours = (policy.sending_from_hour, policy.sending_until_hour, policy.working_days_only)
        return cls(contact.time_zone, contact.country, *hours)


def is_open(moment: datetime, times: SendingTimes) -> bool:
    local = moment.astimezone(zone(times.zone))
    return times.from_hour <= local.hour < times.until_hour and _may_send_on(local.date(), times)


def next_opening(moment: datetime, times: SendingTimes) -> datetime:
    """`moment` itself if mail may leave then, else the first moment afterwards at which it may.

    Where the clocks go forward over the whole of the sending hours, that day has none.
    """
    if is_open(moment, times):
        return moment
    here = zone(times.zone)
    first = moment.astimezone(here).date()
    for number in range(_LONGEST_WAIT_DAYS):
        opening = datetime.combine(first + timedelta(days=number), time(times.from_hour), here).astimezone(UTC)
        if opening >= moment and is_open(opening, times):
            return opening
    return moment  # hours or days that never come must not silence anybody for good


def ask_at(happened_at: datetime, delay_hours: int, times: SendingTimes, now: datetime) -> datetime:
    """When to ask about something that happened."""
    return next_opening(max(happened_at + timedelta(hours=delay_hours), now), times)


def remind_at(asked_at: datetime, reminder_days: int, times: SendingTimes, expires_at: datetime) -> datetime | None:
    """When to remind, by the calendar of the reader; None where that would be too late to answer."""
    local = asked_at.astimezone(zone(times.zone))
    moment = (local + timedelta(days=reminder_days)).astimezone(UTC)  # the same hour, whatever the clocks did meanwhile
    opening = next_opening(moment, times)
    return opening if opening < expires_at else None


def day_of(moment: datetime, zone_name: str) -> date:
    """The day on the reader's own calendar."""
    return moment.astimezone(zone(zone_name)).date()


def _may_send_on(day: date, times: SendingTimes) -> bool:
    return not times.working_days_only or is_working_day(day, times.country)
