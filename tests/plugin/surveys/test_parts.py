"""The anchor comes first; what else is asked fits one person and one round, and is never more than four."""

from __future__ import annotations

import json

import pytest

from plugin.domain import Item, Turn
from plugin.questionnaires import library
from plugin.questionnaires.items import MOST_ITEMS
from plugin.surveys import parts
from plugin.surveys.parts import Answers

ITEMS = library.items_of_template("delivery")


def keys(items: tuple[Item, ...]) -> list[str]:
    return [item.key for item in items]


def test_the_first_page_is_anchor_and_words() -> None:
    assert keys(parts.first(ITEMS)) == ["satisfaction", "comment"]


def test_the_second_page_is_what_is_in_turn_and_reasons_only_after_a_low_score() -> None:
    assert keys(parts.rest(ITEMS, "effort", low=False)) == ["effort"]
    assert keys(parts.rest(ITEMS, "effort", low=True)) == ["reason", "effort"]
    assert keys(parts.rest(ITEMS, "", low=False)) == []


def test_an_item_that_is_not_in_turn_is_asked_always() -> None:
    items = (*ITEMS, library.item("channel", Turn.ALWAYS))
    assert keys(parts.rest(items, "effort", low=False)) == ["effort", "channel"]


def test_marks_are_what_scales_say_the_same_for_the_same() -> None:
    items = (*ITEMS, library.item("channel", Turn.ALWAYS))
    said = {"informed": "too_little", "effort": 6, "reason": ["late"], "channel": ["mail"], "gone": 3}
    assert parts.marks(said, items) == parts.marks(dict(reversed(said.items())), items)
    assert json.loads(parts.marks(said, items)) == {"informed": "too_little", "effort": 6}
    assert parts.marks({"reason": ["late"]}, items) == ""


@pytest.mark.parametrize("template", library.template_names())
def test_nobody_is_asked_more_than_four_things(template: str) -> None:
    items = library.items_of_template(template)
    for item in items:
        if item.turn is Turn.IN_TURN:
            assert len(parts.first(items) + parts.rest(items, item.key, low=True)) <= MOST_ITEMS


def test_a_second_page_adds_and_takes_out_and_leaves_the_rest() -> None:
    before = Answers(2, "Slow.", "en", {"reason": ["time"], "channel": ["call"]})
    asked = parts.rest(ITEMS, "effort", low=True)
    after = parts.with_rest(before, asked, {"effort": 6})
    assert after == Answers(2, "Slow.", "en", {"channel": ["call"], "effort": 6})


def test_reasons_go_when_the_score_is_low_no_more() -> None:
    changed = Answers(5, "Mended.", "en", {"reason": ["time"], "effort": 6})
    assert parts.without_moot(changed, ITEMS, low=False).others == {"effort": 6}
    assert parts.without_moot(changed, ITEMS, low=True).others == changed.others
