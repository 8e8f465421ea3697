"""A survey of a project's own: at most four items, the anchor first, and what is worth knowing before it is saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from plugin.domain import ItemKind, Questionnaire, Turn
from plugin.questionnaires import drafts, library
from plugin.questionnaires.drafts import Draft

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
SHIPPED = Questionnaire(5, 4, 1, library.items_of_template("delivery"), 120, NOW)
DRAFT = drafts.from_questionnaire("Delivery", SHIPPED)
IN_ENGLISH = {"en": "How happy are you with what you got?"}


def test_a_shipped_survey_taken_over_unchanged_asks_the_same() -> None:
    items = drafts.items_of(DRAFT)
    assert items[:3] == SHIPPED.items[:3]
    assert sorted(items, key=lambda item: item.key) == sorted(SHIPPED.items, key=lambda item: item.key)
    advice = drafts.advise(DRAFT, SHIPPED)
    assert (advice.asked, advice.hints, advice.gaps, advice.new_series) == (4, (), {}, False)


def test_the_anchor_comes_first_whatever_stands_beside_it() -> None:
    draft = replace(DRAFT, own={"en": "Was it worth it?"}, own_kind=ItemKind.NPS, own_turn=Turn.ALWAYS)
    items = drafts.items_of(draft)
    assert [item.key for item in items][:2] == ["satisfaction", "comment"]
    assert items[-1].key == drafts.OWN


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, 4),
        ({"reason": False}, 3),
        ({"reason": False, "beside": {}}, 2),
        ({"beside": dict.fromkeys(library.keys_beside_the_anchor(), Turn.IN_TURN)}, 4),
        ({"reason": False, "beside": {"effort": Turn.ALWAYS, "heard": Turn.ALWAYS}}, 4),
        ({"beside": {"effort": Turn.ALWAYS, "heard": Turn.IN_TURN}}, 5),
        ({"own_kind": ItemKind.TEXT, "own": IN_ENGLISH, "own_turn": Turn.ALWAYS}, 5),
        ({"own_kind": ItemKind.TEXT, "own": IN_ENGLISH}, 4),
    ],
)
def test_how_many_items_a_person_is_asked_at_most(changes: dict[str, object], asked: int) -> None:
    advice = drafts.advise(replace(DRAFT, **changes), SHIPPED)  # type: ignore[arg-type]
    assert (advice.asked, advice.too_many) == (asked, asked > 4)


def test_other_words_of_the_anchor_begin_a_new_series_and_other_items_do_not() -> None:
    assert drafts.advise(replace(DRAFT, anchor={**DRAFT.anchor, **IN_ENGLISH}), SHIPPED).new_series
    assert not drafts.advise(replace(DRAFT, beside={}, reason=False, edit_minutes=5), SHIPPED).new_series
    assert not drafts.advise(replace(DRAFT, anchor=IN_ENGLISH), None).new_series


def test_languages_without_a_wording_are_named() -> None:
    own = replace(DRAFT, own_kind=ItemKind.RATING, own={"en": "It was worth it.", "de": "Es hat sich gelohnt."})
    assert drafts.advise(own, SHIPPED).gaps == dict.fromkeys(["fr", "es", "pt", "ja", "ar"], (drafts.OWN,))
    assert set(drafts.advise(replace(DRAFT, anchor=IN_ENGLISH), SHIPPED).gaps) == {"de", "fr", "es", "pt", "ja", "ar"}


def test_hints_say_in_which_words_of_which_language_they_are() -> None:
    worded = Draft("x", {"en": "How was the sprint?", "de": "Gut?"}, {}, reason=False, edit_minutes=120)
    (hint,) = drafts.advise(worded, None).hints
    assert (hint.key, hint.language, hint.finding.words) == ("satisfaction", "en", "sprint")
    unused = replace(worded, own={"en": "And the backlog?"})
    assert len(drafts.advise(unused, None).hints) == 1, "nobody is asked a question of no kind"
