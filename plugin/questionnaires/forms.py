"""What a project admin may enter about a survey: one form whose fields follow the library and the languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import BooleanField, Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, NumberRange, StopValidation

from plugin.domain import LANGUAGES, ItemKind, Turn
from plugin.questionnaires import drafts, library
from plugin.questionnaires import items as shapes
from plugin.questionnaires.drafts import Draft
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.limits import NAME_LENGTH
from plugin.web.lines import no_control_characters, one_clean_line

WORDING_LENGTH = 200
LONGEST_EDIT_MINUTES = 24 * 60

TURNS = [
    SelectChoice("", _l("Not asked")),
    SelectChoice(Turn.IN_TURN, _l("In turn")),
    SelectChoice(Turn.ALWAYS, _l("Always")),
]
OWN_KINDS = [
    SelectChoice("", _l("No question of our own")),
    SelectChoice(ItemKind.RATING, _l("Agreement, 1 to 5")),
    SelectChoice(ItemKind.EFFORT, _l("How easy it was, 1 to 7")),
    SelectChoice(ItemKind.NPS, _l("Likelihood, 0 to 10")),
    SelectChoice(ItemKind.TEXT, _l("Their own words")),
]


class SurveyForm(BaseForm):
    """`anchor-de`, `own-de` … are wordings; `turn-informed` … say when an item of the library is asked."""

    def __init__(self, sent: Any = None, draft: Draft | None = None) -> None:
        super().__init__(_fields())
        self.process(sent, data={} if draft is None else _data(draft))

    def draft(self) -> Draft:
        """What was entered, whether it is valid or not."""
        turns = {key: self[f"turn-{key}"].data for key in library.keys_beside_the_anchor()}
        kind = self["own_kind"].data
        minutes = self["edit_minutes"].data
        return Draft(
            name=self["name"].data or "",
            anchor=self._wordings("anchor"),
            beside={key: Turn(turn) for key, turn in turns.items() if turn in set(Turn)},
            reason=bool(self["reason"].data),
            edit_minutes=minutes if minutes is not None else 0,
            own=self._wordings("own"),
            own_kind=ItemKind(kind) if kind in set(ItemKind) else None,
            own_turn=Turn(self["own_turn"].data) if self["own_turn"].data in set(Turn) else Turn.IN_TURN,
        )

    def is_fit(self) -> bool:
        """Whether it can be saved; else fields carry errors, also about the items as a whole."""
        fit = self.validate()
        asked = shapes.most_asked(drafts.items_of(self.draft()))
        if asked > shapes.MOST_ITEMS:
            words = _("A person would be asked %(asked)s items; at most 4 are good. Ask fewer always.", asked=asked)
            _complain(self["reason"], words)
            return False
        return fit

    def wordings_of(self, key: str) -> Sequence[Field]:
        return [self[f"{key}-{language}"] for language in LANGUAGES]

    def turns(self) -> Sequence[Field]:
        return [self[f"turn-{key}"] for key in library.keys_beside_the_anchor()]

    def _wordings(self, key: str) -> dict[str, str]:
        return {language: self[f"{key}-{language}"].data or "" for language in LANGUAGES}


def _complain(field: Field, words: str) -> None:
    field.errors = [*field.errors, words]


def _fields() -> list[tuple[str, Any]]:
    return [
        ("name", _line(_l("Name"), [InputRequired(_l("Give the survey a name.")), Length(max=NAME_LENGTH)])),
        *((f"anchor-{language}", _wording(language, required=language == "en")) for language in LANGUAGES),
        ("reason", BooleanField(_l("After a low score, ask for the main reason"))),
        *((f"turn-{key}", _turn(key)) for key in library.keys_beside_the_anchor()),
        ("own_kind", SelectField(_l("Question of our own"), choices=OWN_KINDS)),
        ("own_turn", SelectField(_l("When it is asked"), choices=TURNS[1:], default=Turn.IN_TURN)),
        *((f"own-{language}", _own_wording(language)) for language in LANGUAGES),
        ("edit_minutes", IntegerField(_l("Minutes in which an answer can be changed"), [_minutes()])),
    ]


def _line(label: Any, validators: Sequence[Any]) -> Any:
    return StringField(label, [*validators, no_control_characters], [one_clean_line])


def _wording(language: str, *, required: bool) -> Any:
    first = [InputRequired(_l("Enter the question in English: it is asked where a translation is missing."))]
    return _text(language, first if required else [])


def _own_wording(language: str) -> Any:
    return _text(language, [_required_for_own] if language == "en" else [])


def _text(language: str, validators: Sequence[Any]) -> Any:
    return TextAreaField(
        LANGUAGES[language], [*validators, Length(max=WORDING_LENGTH), no_control_characters], [one_clean_line]
    )


def _required_for_own(form: Any, field: Field) -> None:
    if form["own_kind"].data and not field.data:
        raise StopValidation(_("Enter the question in English: it is asked where a translation is missing."))


def _minutes() -> NumberRange:
    return NumberRange(0, LONGEST_EDIT_MINUTES, _l("Enter a number from 0 to 1440, which is one day."))


def _question(key: str) -> str:
    return library.item(key, Turn.IN_TURN).wording(page_language())


def _turn(key: str) -> Any:
    return SelectField(LazyString(_question, key), choices=TURNS)


def _data(draft: Draft) -> Mapping[str, Any]:
    return {
        "name": draft.name,
        "reason": draft.reason,
        "edit_minutes": draft.edit_minutes,
        "own_kind": draft.own_kind or "",
        "own_turn": draft.own_turn,
        **{f"anchor-{language}": draft.anchor.get(language, "") for language in LANGUAGES},
        **{f"own-{language}": draft.own.get(language, "") for language in LANGUAGES},
        **{f"turn-{key}": draft.beside.get(key, "") for key in library.keys_beside_the_anchor()},
    }
