"""Everything that customers read is there in every language, and says the same."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from plugin.domain import LANGUAGES

ROOT = Path(__file__).parents[3]
TRANSLATIONS = ROOT / "plugin/web/translations"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s")


@cache
def wanted() -> frozenset[str]:
    """Every text in the code and templates that customers see."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(ROOT / "plugin", methods, options, KEYWORDS, directory_filter=lambda _path: True)
    return frozenset(str(message[2]) for message in found)


@cache
def catalog(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def test_texts_are_found_in_mails_pages_and_forms() -> None:
    assert {
        "%(project)s: how satisfied are you?",
        "Send answer",
        "Language",
        "Please give one answer only.",
    } <= wanted()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    translated = {message.id for message in catalog(language) if message.id and message.string and not message.fuzzy}
    assert translated == wanted()
    assert not catalog(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_same_placeholders(language: str) -> None:
    for message in catalog(language):
        if message.id:
            assert sorted(PLACEHOLDER.findall(str(message.string))) == sorted(PLACEHOLDER.findall(str(message.id)))


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_nothing_stayed_english(language: str) -> None:
    assert [message.id for message in catalog(language) if message.id and message.id == message.string] == []


def test_english_is_the_source() -> None:
    assert all(message.id == message.string for message in catalog("en") if message.id)
