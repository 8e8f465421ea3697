"""Until when somebody can answer, in that person's own language and time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from babel import dates

from plugin import working_days


@dataclass(frozen=True, slots=True)
class Deadline:
    """One moment in words: "Saturday, November 28, 2026", "1:00 PM", "Greenwich Mean Time"."""

    date: str
    time: str
    zone: str


def in_words(moment: datetime, time_zone: str, language: str) -> Deadline:
    """`time_zone` is an IANA name; an unknown one counts as UTC, because a mail must not fail over it."""
    here = working_days.zone(time_zone)
    local = moment.astimezone(here)
    return Deadline(
        date=dates.format_date(local, "full", locale=language),
        time=dates.format_time(local, "short", tzinfo=here, locale=language),
        zone=dates.get_timezone_name(local, "long", locale=language),
    )


def day_in_words(day: date, language: str) -> str:
    """ "December 4, 2026", as the language has it."""
    return dates.format_date(day, "long", locale=language)
