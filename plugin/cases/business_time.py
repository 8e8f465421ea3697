"""Working hours between two moments: 9 to 17 of the customer's own clock, on the working days of their country. Pure rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from plugin.working_days import is_working_day, zone

BEGINS, ENDS = time(9), time(17)


def due_at(moment: datetime, hours: float, zone_name: str, country: str) -> datetime:
    """The moment (aware UTC) at which `hours` > 0 working hours have passed since `moment`. `country`: as of a contact."""
    here, left = zone(zone_name), timedelta(hours=hours)
    day = moment.astimezone(here).date()
    while True:
        opens, closes = _hours_of(day, here, country)
        begins = max(opens, moment)
        if begins + left <= closes:
            return begins + left
        left -= max(closes - begins, timedelta())
        day += timedelta(days=1)


def hours_between(start: datetime, end: datetime, zone_name: str, country: str) -> float:
    """Working hours from `start` to `end`; 0 where the end comes first."""
    here, total = zone(zone_name), timedelta()
    day, last = start.astimezone(here).date(), end.astimezone(here).date()
    while day <= last:
        opens, closes = _hours_of(day, here, country)
        total += max(min(closes, end) - max(opens, start), timedelta())
        day += timedelta(days=1)
    return total.total_seconds() / 3600


def _hours_of(day: date, here: tzinfo, country: str) -> tuple[datetime, datetime]:
    """When work begins and ends on that day, aware UTC; twice the same moment where nobody works."""
    opens = datetime.combine(day, BEGINS, here).astimezone(UTC)
    return opens, datetime.combine(day, ENDS, here).astimezone(UTC) if is_working_day(day, country) else opens
