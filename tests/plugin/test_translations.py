"""Everything that people read is there in every language of theirs, and says the same."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from plugin.domain import LANGUAGES
from plugin.web.languages import INSIDE

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "plugin/web/translations"
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s")
MAPPINGS = {"messages": "babel.cfg", "inside": "inside.cfg"}
FOREIGN = {
    "messages": [language for language in LANGUAGES if language != "en"],
    "inside": [language for language in INSIDE if language != "en"],
}
EVERY = [(domain, language) for domain, languages in FOREIGN.items() for language in languages]


@cache
def wanted(domain: str) -> frozenset[str | tuple[str, ...]]:
    """Every text in the code and templates that these people see; with its plural where it has one."""
    with (TRANSLATIONS / MAPPINGS[domain]).open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(ROOT / "plugin", methods, options, KEYWORDS, directory_filter=lambda _path: True)
    return frozenset(message[2] for message in found)


@cache
def catalog(domain: str, language: str) -> Catalog:
    with (TRANSLATIONS / language / f"LC_MESSAGES/{domain}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def test_texts_are_found_in_mails_pages_and_forms() -> None:
    assert {
        "%(project)s: how satisfied are you?",
        "Send answer",
        "Language",
        "Please give one answer only.",
    } <= wanted("messages")
    assert {"What went well", "The checkpoint asks again.", ("%(num)s answer", "%(num)s answers")} <= wanted("inside")


@pytest.mark.parametrize(("domain", "language"), [*EVERY, ("messages", "en")])
def test_every_text_is_translated_and_none_is_left_over(domain: str, language: str) -> None:
    found = catalog(domain, language)
    translated = {each.id for each in found if each.id and all(_forms(each.string)) and not each.fuzzy}
    assert translated ^ wanted(domain) == set()
    assert not found.obsolete


@pytest.mark.parametrize(("domain", "language"), EVERY)
def test_translations_have_the_same_placeholders(domain: str, language: str) -> None:
    for message in catalog(domain, language):
        for form in _forms(message.string) if message.id else ():
            assert sorted(PLACEHOLDER.findall(form)) in [
                sorted(PLACEHOLDER.findall(each)) for each in _forms(message.id)
            ]
            assert "%" not in PLACEHOLDER.sub("", form).replace("%%", "") or not message.python_format, form
        assert list(message.check(catalog(domain, language))) == []


@pytest.mark.parametrize(("domain", "language"), EVERY)
def test_no_sentence_stayed_english(domain: str, language: str) -> None:
    """In Jira a word or two may be the same: "Status" is German too."""
    same = [each.id for each in catalog(domain, language) if each.id and each.id == each.string]
    assert [text for text in same if domain == "messages" or len(str(text).split()) > 2] == []


def test_english_is_the_source() -> None:
    assert all(message.id == message.string for message in catalog("messages", "en") if message.id)


def _forms(text: object) -> tuple[str, ...]:
    """One, or as many as the language has plurals."""
    return tuple(text) if isinstance(text, list | tuple) else (str(text),)
