"""When the time is over, as the customer's own calendar and clock say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plugin.invitations.deadline import Deadline, in_words
from tests.plugin.asking import EXPIRES_AT


def test_it_is_told_in_the_contacts_time_zone_and_language() -> None:
    assert in_words(EXPIRES_AT, "Asia/Tokyo", "ja") == Deadline("2026年11月28日土曜日", "22:00", "日本標準時")
    german = Deadline("Samstag, 28. November 2026", "14:00", "Mitteleuropäische Normalzeit")
    assert in_words(EXPIRES_AT, "Europe/Berlin", "de") == german


def test_the_day_is_the_one_over_there() -> None:
    late = datetime(2026, 11, 28, 22, 30, tzinfo=UTC)
    assert in_words(late, "Pacific/Auckland", "en").date == "Sunday, November 29, 2026"


def test_summer_time_is_named() -> None:
    july = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert in_words(july, "Europe/Berlin", "de").zone == "Mitteleuropäische Sommerzeit"


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", "\x00", "x" * 5000])
def test_an_unknown_time_zone_counts_as_utc(name: str) -> None:
    assert in_words(EXPIRES_AT, name, "en") == in_words(EXPIRES_AT, "UTC", "en")
