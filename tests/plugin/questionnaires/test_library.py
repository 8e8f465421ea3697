"""The shipped questions are whole, small, and the same in every language."""

from __future__ import annotations

import pytest

from plugin.domain import LANGUAGES, Item, ItemKind, Turn
from plugin.questionnaires import items, library, translations

EVERY_ITEM = [
    library.comment(),
    *(library.item(key, Turn.ALWAYS) for key in (*library.keys_beside_the_anchor(), "reason")),
]


@pytest.mark.parametrize("template", library.template_names())
def test_every_template_begins_with_a_rating_and_asks_at_most_four_things(template: str) -> None:
    shipped = library.items_of_template(template)
    assert shipped[0].kind is ItemKind.RATING
    assert shipped[1].key == "comment"
    assert items.most_asked(shipped) <= items.MOST_ITEMS


@pytest.mark.parametrize("template", library.template_names())
def test_every_template_is_whole_in_every_language(template: str) -> None:
    assert translations.whole(library.items_of_template(template)) == tuple(LANGUAGES)


def test_there_is_an_item_of_every_kind() -> None:
    assert {item.kind for item in EVERY_ITEM} == set(ItemKind)


@pytest.mark.parametrize("item", EVERY_ITEM, ids=lambda item: item.key)
def test_every_item_has_as_many_different_steps_in_every_language(item: Item) -> None:
    values = [value for value, _words in library.steps(item, "en")]
    assert len(set(values)) == len(values)
    for language in LANGUAGES:
        steps = library.steps(item, language)
        assert [value for value, _words in steps] == values
        words = [word for _value, word in steps if word]
        assert len(set(words)) == len(words)


@pytest.mark.parametrize(("key", "lowest", "highest", "count"), [
    ("knows_next", "1", "5", 5), ("effort", "1", "7", 7), ("recommend", "0", "10", 11), ("informed", "too_little", "too_much", 3),
])  # fmt: skip
def test_the_scales_are_those_that_the_numbers_know(key: str, lowest: str, highest: str, count: int) -> None:
    values = [value for value, _words in library.steps(library.item(key, Turn.ALWAYS), "en")]
    assert (values[0], values[-1], len(values)) == (lowest, highest, count)


@pytest.mark.parametrize("template", library.template_names())
def test_items_survive_being_kept_as_json(template: str) -> None:
    shipped = library.items_of_template(template)
    assert items.unpacked(items.packed(shipped)) == shipped
