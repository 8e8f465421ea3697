"""Who is left out by lot, and who never is."""

from __future__ import annotations

from datetime import date

import pytest

from plugin.domain import Role
from plugin.invitations.sampling import drawn, next_draw_on

DAY = date(2026, 11, 20)


@pytest.mark.parametrize("role", [Role.SPONSOR, Role.KEY_USER])
def test_key_roles_are_always_asked(role: Role) -> None:
    assert all(drawn(1, role, 3, contact_id, DAY) for contact_id in range(500))


def test_the_same_person_has_the_same_lot_all_month() -> None:
    for contact_id in range(100):
        lots = {drawn(30, Role.USER, 3, contact_id, date(2026, 11, day)) for day in (1, 12, 30)}
        assert len(lots) == 1


@pytest.mark.parametrize("percent", [1, 10, 30, 50, 90, 99])
def test_about_as_many_are_asked_as_wanted(percent: int) -> None:
    asked = sum(drawn(percent, Role.USER, 3, contact_id, DAY) for contact_id in range(10_000))
    assert abs(asked - percent * 100) < 200  # four standard deviations of the worst case


def test_who_is_asked_at_a_small_share_is_asked_at_a_larger_one() -> None:
    for contact_id in range(500):
        if drawn(20, Role.USER, 3, contact_id, DAY):
            assert drawn(60, Role.USER, 3, contact_id, DAY)


def test_all_are_asked_at_a_hundred_percent() -> None:
    assert all(drawn(100, Role.USER, 3, contact_id, DAY) for contact_id in range(500))


def test_months_and_checkpoints_draw_by_themselves() -> None:
    def asked(checkpoint_id: int, day: date) -> list[bool]:
        return [drawn(50, Role.USER, checkpoint_id, contact_id, day) for contact_id in range(200)]

    assert asked(3, DAY) != asked(4, DAY)
    assert asked(3, DAY) != asked(3, date(2026, 12, 1))


@pytest.mark.parametrize(
    ("day", "next_draw"),
    [
        (date(2026, 11, 1), date(2026, 12, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2028, 1, 31), date(2028, 2, 1)),
        (date(2028, 2, 29), date(2028, 3, 1)),
    ],
)
def test_the_next_draw_is_on_the_first_of_a_month(day: date, next_draw: date) -> None:
    assert next_draw_on(day) == next_draw
