"""One item in turn: everybody meets all of them, and a round covers them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin.domain import Turn
from plugin.questionnaires import library
from plugin.questionnaires.rotation import in_turn

ITEMS = library.items_of_template("review")
POOL = {item.key for item in ITEMS if item.turn is Turn.IN_TURN}


@given(contact_id=st.integers(1, 10**9), start=st.integers(0, 1000))
def test_a_person_meets_every_item_before_any_comes_again(contact_id: int, start: int) -> None:
    met = [in_turn(ITEMS, contact_id, start + asks) for asks in range(len(POOL))]
    assert {item.key for item in met if item} == POOL


@given(first=st.integers(1, 10**9), asks=st.integers(0, 1000))
def test_people_of_one_round_share_the_items_among_them(first: int, asks: int) -> None:
    met = [in_turn(ITEMS, first + person, asks) for person in range(len(POOL))]
    assert {item.key for item in met if item} == POOL


def test_a_survey_without_items_in_turn_asks_none() -> None:
    assert in_turn(ITEMS[:3], 7, 0) is None
