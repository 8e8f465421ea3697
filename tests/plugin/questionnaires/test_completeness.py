"""A survey is asked in a language only where every word of it is there."""

from __future__ import annotations

from dataclasses import replace

from plugin.domain import LANGUAGES, Item, Option
from plugin.questionnaires import library, translations

ITEMS = library.items_of_template("delivery")


def without(item: Item, language: str) -> Item:
    return replace(item, text={tag: words for tag, words in item.text.items() if tag != language})


def test_a_gap_is_named_by_language_and_item() -> None:
    anchor, comment, *others = ITEMS
    found = translations.gaps((without(anchor, "ja"), comment, *others))
    assert found["ja"] == ("satisfaction",)
    assert all(missing == () for language, missing in found.items() if language != "ja")


def test_an_empty_wording_is_a_gap() -> None:
    anchor, *others = ITEMS
    assert "fr" not in translations.whole((replace(anchor, text={**anchor.text, "fr": ""}), *others))


def test_options_and_the_words_after_a_low_score_count_too() -> None:
    anchor, comment, reason, *others = ITEMS
    half = replace(comment, after_low={"en": "What would have made it a 5?"})
    assert translations.whole((anchor, half, reason, *others)) == ("en",)
    option = Option("time", {"en": "Dates", "de": "Termine"})
    assert translations.whole((anchor, comment, replace(reason, options=(option,)), *others)) == ("en", "de")


def test_whoever_speaks_a_language_with_a_gap_is_asked_in_english_throughout() -> None:
    anchor, *others = ITEMS
    items = (without(anchor, "ja"), *others)
    assert translations.spoken(items, "ja") == "en"
    assert translations.spoken(items, "ja", "de") == "de"
    assert translations.spoken(items, "", "tlh") == "en"
    assert all(translations.spoken(ITEMS, language) == language for language in LANGUAGES)
