"""Other words or another scale start a new series; what changes nothing for those who were asked does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.domain import Item, ItemKind, Questionnaire
from plugin.questionnaires.series import series
from tests.plugin.asking import a_questionnaire

FIRST = a_questionnaire()
ANCHOR = FIRST.anchor


def version(number: int, anchor: Item, *others: Item) -> Questionnaire:
    return replace(FIRST, id=number, version=number, items=(anchor, *(others or FIRST.items[1:])))


def worded(**text: str) -> Item:
    return replace(ANCHOR, text={**ANCHOR.text, **text})


def numbers(*versions: Questionnaire) -> list[int]:
    found = series(versions)
    return [found[version.id] for version in versions]


@pytest.mark.parametrize(
    "anchor",
    [
        worded(en="Are you happy with this delivery?"),
        worded(ja="満足ですか。"),
        replace(ANCHOR, scale="agreement"),
        replace(ANCHOR, kind=ItemKind.EFFORT),
        replace(ANCHOR, key="happiness"),
    ],
)
def test_another_question_is_another_series(anchor: Item) -> None:
    assert numbers(version(1, ANCHOR), version(2, anchor)) == [0, 1]


def test_the_old_words_again_are_a_third_series() -> None:
    changed = worded(en="Are you happy?")
    assert numbers(version(1, ANCHOR), version(2, changed), version(3, changed), version(4, ANCHOR)) == [0, 1, 1, 2]


def test_other_items_beside_the_anchor_change_nothing() -> None:
    assert numbers(version(1, ANCHOR), version(2, ANCHOR, FIRST.items[1])) == [0, 0]


def test_a_new_language_changes_nothing_for_the_others() -> None:
    english = replace(ANCHOR, text={"en": ANCHOR.text["en"]})
    assert numbers(version(1, english), version(2, ANCHOR)) == [0, 0]


def test_no_versions_are_no_series() -> None:
    assert series([]) == {}
