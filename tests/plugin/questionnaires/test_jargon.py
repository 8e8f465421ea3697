"""Words that customers do not use are found, with better ones; what we ship has none."""

from __future__ import annotations

import pytest

from plugin.domain import Turn
from plugin.questionnaires import jargon, library
from plugin.questionnaires.jargon import Trouble

CASES = [
    ("en", "How was the last sprint?", [(Trouble.JARGON, "sprint", "the last two weeks")]),
    ("en", "How was our Go-Live?", [(Trouble.JARGON, "Go-Live", "the day you start using it")]),
    ("en", "Are you happy with the UAT for DEMO-7?", [(Trouble.ACRONYM, "UAT", ""), (Trouble.CODE, "DEMO-7", "")]),
    ("en", "Did the printing sprinter help?", []),
    ("en", "Is the PDF OK?", []),
    ("de", "Wie war der Sprint?", [(Trouble.JARGON, "Sprint", "die letzten zwei Wochen")]),
    (
        "fr",
        "Êtes-vous satisfait du livrable ?",
        [(Trouble.JARGON, "livrable", "ce que nous vous remettons, par son nom")],
    ),
    ("ja", "前回のスプリントはいかがでしたか。", [(Trouble.JARGON, "スプリント", "この2週間")]),
    ("ar", "ما رأيك في المخرجات؟", [(Trouble.JARGON, "المخرجات", "ما نسلّمه إليك باسمه")]),
    ("en", " ".join(["word"] * 21) + ". Short.", [(Trouble.LONG, " ".join(["word"] * 21) + ".", "")]),
    ("en", "", []),
]


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_what_a_customer_may_stumble_over(language: str, text: str, expected: list[tuple[Trouble, str, str]]) -> None:
    found = [(each.trouble, each.words, each.instead) for each in jargon.findings(text, language)]
    assert found == expected


def test_a_word_is_named_once_however_often_it_stands_there() -> None:
    assert len(jargon.findings("The sprint, the sprint!", "en")) == 1


def test_what_we_ship_is_in_plain_words() -> None:
    items = [item for template in library.template_names() for item in library.items_of_template(template)]
    items += [library.item(key, Turn.ALWAYS) for key in library.keys_beside_the_anchor()]
    troubles = {
        (item.key, language, finding.words)
        for item in items
        for language, text in item.text.items()
        for finding in jargon.findings(text, language)
    }
    assert troubles == set()


def test_no_suggestion_is_jargon_itself() -> None:
    lists = jargon._lists()
    worse = [
        (language, instead)
        for language, words in lists.items()
        for instead in words.values()
        if jargon.findings(instead, language)
    ]
    assert worse == []
