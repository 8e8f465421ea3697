"""A survey of a project's own before it is saved: pure rules about what it may be, and what to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plugin.domain import LANGUAGES, Item, ItemKind, Questionnaire, Turn
from plugin.questionnaires import items as shapes
from plugin.questionnaires import jargon, library, series, translations
from plugin.questionnaires.jargon import Finding

OWN = "own"  # key of the one question that the team words itself
OWN_SCALES = {ItemKind.RATING: "agreement", ItemKind.EFFORT: "effort", ItemKind.NPS: "nps", ItemKind.TEXT: ""}


@dataclass(frozen=True, slots=True)
class Draft:
    """What a project admin entered. Wordings map a language to text; `beside` maps keys of the library to a turn."""

    name: str
    anchor: Mapping[str, str]
    beside: Mapping[str, Turn]
    reason: bool
    edit_minutes: int
    own: Mapping[str, str] = field(default_factory=dict)
    own_kind: ItemKind | None = None
    own_turn: Turn = Turn.IN_TURN


def from_questionnaire(name: str, questionnaire: Questionnaire) -> Draft:
    """The draft that would be saved as this version."""
    own = next((item for item in questionnaire.items if item.key == OWN), None)
    known = library.keys_beside_the_anchor()
    return Draft(
        name=name,
        anchor=questionnaire.anchor.text,
        beside={item.key: item.turn for item in questionnaire.items if item.key in known},
        reason=any(item.key == library.REASON for item in questionnaire.items),
        edit_minutes=questionnaire.edit_minutes,
        own={} if own is None else own.text,
        own_kind=None if own is None else own.kind,
        own_turn=Turn.IN_TURN if own is None else own.turn,
    )


def items_of(draft: Draft) -> tuple[Item, ...]:
    """Anchor, comment, the reason after a low score, and what stands beside them, in the order of the library."""
    anchor = Item(library.ANCHOR, ItemKind.RATING, _written(draft.anchor), scale="satisfaction")
    reason = (library.item(library.REASON, Turn.AFTER_LOW),) if draft.reason else ()
    keys = [key for key in library.keys_beside_the_anchor() if key in draft.beside]
    beside = (library.item(key, draft.beside[key]) for key in keys)
    return anchor, library.comment(), *reason, *beside, *_own(draft)


def _own(draft: Draft) -> Iterator[Item]:
    if draft.own_kind is not None:
        yield Item(OWN, draft.own_kind, _written(draft.own), draft.own_turn, OWN_SCALES[draft.own_kind])


def _written(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: texts[language] for language in LANGUAGES if texts.get(language)}


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that a customer may stumble over, in one language of one item."""

    key: str
    language: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Advice:
    """What to know before saving. `gaps`: language → keys of the items without a wording in it, where there are any."""

    asked: int
    hints: tuple[Hint, ...]
    gaps: Mapping[str, Sequence[str]]
    new_series: bool

    @property
    def too_many(self) -> bool:
        return self.asked > shapes.MOST_ITEMS


def advise(draft: Draft, before: Questionnaire | None) -> Advice:
    """`before` is the version that is asked now, None for a new survey."""
    items = items_of(draft)
    return Advice(
        asked=shapes.most_asked(items),
        hints=tuple(_hints(draft)),
        gaps={language: keys for language, keys in translations.gaps(items).items() if keys and language != "en"},
        new_series=before is not None and not series.comparable(before.anchor, items[0]),
    )


def _hints(draft: Draft) -> Iterator[Hint]:
    worded = ((library.ANCHOR, draft.anchor), *(((OWN, draft.own),) if draft.own_kind else ()))
    for key, texts in worded:
        for language, text in _written(texts).items():
            yield from (Hint(key, language, finding) for finding in jargon.findings(text, language))
