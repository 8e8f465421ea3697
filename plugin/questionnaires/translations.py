"""In which languages a survey is whole: pure rules. A page is never half in one language and half in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from plugin.domain import LANGUAGES, Item


def gaps(items: Sequence[Item]) -> Mapping[str, tuple[str, ...]]:
    """Language → keys of the items that have no wording in it. Whole languages map to ()."""
    return {
        language: tuple(item.key for item in items if not all(text.get(language) for text in _texts(item)))
        for language in LANGUAGES
    }


def whole(items: Sequence[Item]) -> tuple[str, ...]:
    """The languages without a gap. English is always one of them."""
    return tuple(language for language, missing in gaps(items).items() if not missing or language == "en")


def spoken(items: Sequence[Item], *wanted: str) -> str:
    """The first wanted language in which everything is there, else English."""
    return next((language for language in wanted if language in whole(items)), "en")


def _texts(item: Item) -> Iterator[Mapping[str, str]]:
    yield item.text
    if item.after_low:
        yield item.after_low
    yield from (option.text for option in item.options)
