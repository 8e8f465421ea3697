"""Working hours between two moments: Monday to Friday, 9 to 17 of the customer's own clock. Pure rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

BEGINS, ENDS = time(9), time(17)
HOURS_A_DAY = 8
_SATURDAY = 5


def zone(name: str) -> tzinfo:
    """The IANA zone of that name, UTC for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


def due_at(moment: datetime, hours: float, zone_name: str) -> datetime:
    """The moment (aware UTC) at which `hours` > 0 working hours have passed since `moment`."""
    here, left = zone(zone_name), timedelta(hours=hours)
    day = moment.astimezone(here).date()
    while True:
        opens, closes = _hours_of(day, here)
        begins = max(opens, moment)
        if begins + left <= closes:
            return begins + left
        left -= max(closes - begins, timedelta())
        day += timedelta(days=1)


def hours_between(start: datetime, end: datetime, zone_name: str) -> float:
    """Working hours from `start` to `end`; 0 where the end comes first."""
    here, total = zone(zone_name), timedelta()
    day, last = start.astimezone(here).date(), end.astimezone(here).date()
    while day <= last:
        opens, closes = _hours_of(day, here)
        total += max(min(closes, end) - max(opens, start), timedelta())
        day += timedelta(days=1)
    return total.total_seconds() / 3600


def _hours_of(day: date, here: tzinfo) -> tuple[datetime, datetime]:
    """When work begins and ends on that day, aware UTC; twice the same moment on a weekend."""
    opens = datetime.combine(day, BEGINS, here).astimezone(UTC)
    if day.weekday() >= _SATURDAY:
        return opens, opens
    return opens, datetime.combine(day, ENDS, here).astimezone(UTC)
