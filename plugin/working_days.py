"""On which days people work where they live: one answer for when a mail may leave and for how long a case may wait.

Holidays and weekends are those of a country, as the library `holidays` knows them.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

_filling = threading.Lock()  # a calendar fills in a year when it is first asked, and is wrong while it does
_SATURDAY = 5


def zone(name: str) -> tzinfo:
    """The IANA zone of that name. An unknown one counts as UTC, because no work must fail over it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


def is_working_day(day: date, country: str) -> bool:
    """`country`: ISO 3166, two letters. Of "", or of one that is not known any more, only the weekend is known."""
    return _is_working_day(country, day) if country else day.weekday() < _SATURDAY


@lru_cache(maxsize=4096)
def _is_working_day(country: str, day: date) -> bool:
    with _filling:
        calendar = _calendar(country)
        return day.weekday() < _SATURDAY if calendar is None else calendar.is_working_day(day)


@lru_cache(maxsize=64)
def _calendar(country: str) -> HolidayBase | None:
    from holidays import country_holidays  # noqa: PLC0415 - 10 MB that a process that takes webhooks never needs

    try:
        return country_holidays(country)
    except NotImplementedError:
        return None
