"""Words that customers do not use, and what to say instead: pure rules over jargon.toml. Hints, never a refusal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

LONGEST_WORDS = 20  # a sentence that is longer has to be read twice
LONGEST_CHARACTERS = 45  # the same for Japanese, which is written without spaces
JOINED_WORDS = frozenset({"ja", "ar"})  # endings, articles and other words stand right beside a word

_CODE = re.compile(r"\b[A-Z][A-Z0-9]+-[0-9]+\b")
_ACRONYM = re.compile(r"\b[A-Z]{2,6}s?\b")
_EVERYBODY_KNOWS = frozenset({"OK", "PDF", "TV", "PC"})


class Trouble(StrEnum):
    """What is hard to understand about a wording."""

    JARGON = "jargon"
    CODE = "code"  # a key of an issue
    ACRONYM = "acronym"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Finding:
    """One hint. `words` as they stand in the text; `instead` is "" where only the writer knows."""

    trouble: Trouble
    words: str
    instead: str = ""


def findings(text: str, language: str) -> tuple[Finding, ...]:
    """Everything that a customer may stumble over, in the order of the text; each only once."""
    found = sorted(_found(text, language), key=lambda pair: pair[0])
    return tuple(dict.fromkeys(finding for _place, finding in found))


def _found(text: str, language: str) -> Iterator[tuple[int, Finding]]:
    for pattern, instead in _patterns(language):
        yield from ((match.start(), Finding(Trouble.JARGON, match[0], instead)) for match in pattern.finditer(text))
    codes = [match.span() for match in _CODE.finditer(text)]
    yield from ((start, Finding(Trouble.CODE, text[start:end])) for start, end in codes)
    for match in _ACRONYM.finditer(text):
        if match[0] not in _EVERYBODY_KNOWS and not any(start <= match.start() < end for start, end in codes):
            yield match.start(), Finding(Trouble.ACRONYM, match[0])
    yield from ((len(text), Finding(Trouble.LONG, sentence)) for sentence in _long_sentences(text, language))


def _long_sentences(text: str, language: str) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?。？！؟])\s*", text):
        length, most = (
            (len(sentence), LONGEST_CHARACTERS) if language == "ja" else (len(sentence.split()), LONGEST_WORDS)
        )
        if length > most:
            yield sentence


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    edge = "" if language in JOINED_WORDS else r"\b"
    return tuple(
        (re.compile(f"{edge}(?:{'|'.join(map(re.escape, words.split('|')))}){edge}", re.IGNORECASE), instead)
        for words, instead in _lists().get(language, {}).items()
    )


@cache
def _lists() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(Path(__file__).with_name("jargon.toml").read_text(encoding="utf-8"))
