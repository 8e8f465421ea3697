"""The form of some items of a questionnaire. What a field refuses, it says beside itself, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.form import BaseForm
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from plugin.domain import Item, ItemKind
from plugin.questionnaires import library
from plugin.surveys.parts import COMMENT, Answers
from plugin.web.limits import COMMENT_LENGTH

NUMBERS = (ItemKind.RATING, ItemKind.EFFORT, ItemKind.NPS)


class Checkboxes(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def survey_form(
    items: Sequence[Item], language: str, sent: Any = None, values: Mapping[str, Any] | None = None
) -> BaseForm:
    """A form whose fields are named after the items.

    `sent`: the posted MultiDict. Without it, `values` (as `values_of` gives them) are filled in where they fit.
    """
    form = BaseForm([(item.key, _field(item, language)) for item in items])
    form.process(sent, data={item.key: _fitting(item, (values or {}).get(item.key)) for item in items})
    return form


def values_of(items: Sequence[Item], answers: Answers) -> dict[str, Any]:
    """What a form shows of an answer."""
    given = {**answers.others, items[0].key: answers.score, COMMENT: answers.comment}
    return {key: str(value) if isinstance(value, int) else value for key, value in given.items() if value is not None}


def read(form: BaseForm, items: Sequence[Item], anchor: Item, language: str) -> Answers | None:
    """What was answered; None where the customer has to look again, and then fields carry errors."""
    if not form.validate():
        return None
    given = {item.key: value for item in items if (value := _value(item, form[item.key].data)) not in (None, "", [])}
    if anchor in items and not given.keys() & {anchor.key, COMMENT}:
        field = form[anchor.key]
        field.errors = [*field.errors, _l("Please choose one of the five answers, or write a few words.")]
        return None
    score, comment = given.pop(anchor.key, None), given.pop(COMMENT, "")
    return Answers(score, comment, language, given)


def in_words(item: Item, value: Any, language: str) -> str:
    """An answer as people read it: "4 Agree", "About right"."""
    words = dict(library.steps(item, language))
    if item.kind is ItemKind.CHOICE:
        return ", ".join(words[choice] for choice in value if choice in words)
    named = words.get(str(value), "")
    return f"{value} {named}".strip() if item.kind in NUMBERS else named


def _value(item: Item, data: Any) -> Any:
    return int(data) if data is not None and item.kind in NUMBERS else data


def _fitting(item: Item, value: Any) -> Any:
    """The value if it is one that the item has: an address or an older version may say anything."""
    if item.kind is ItemKind.TEXT:
        return value or ""
    known = [step for step, _words in library.steps(item, "en")]
    if item.kind is ItemKind.CHOICE:
        return [choice for choice in value or () if choice in known]
    return value if value in known else None


def _field(item: Item, language: str) -> Any:
    wording = item.wording(language)
    if item.kind is ItemKind.TEXT:
        return TextAreaField(wording, [_sent_once, _storable, _short_enough], filters=[_tidy])
    choices = [SelectChoice(step, words) for step, words in library.steps(item, language)]
    if item.kind is ItemKind.CHOICE:
        return Checkboxes(wording, [_on_the_list], choices=choices, validate_choice=False, filters=[_each_once])
    return RadioField(wording, [_sent_once, _on_the_scale], choices=choices, validate_choice=False)


def _tidy(text: str | None) -> str:
    """Line breaks as one character each, which is how browsers count them for `maxlength`."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _each_once(chosen: list[str] | None) -> list[str]:
    return list(dict.fromkeys(chosen or ()))


def _sent_once(_form: BaseForm, field: Any) -> None:
    if len(field.raw_data or ()) > 1:
        raise StopValidation(_l("Please give one answer only."))


def _on_the_scale(_form: BaseForm, field: Any) -> None:
    if field.data is not None and field.data not in _values(field):
        five = _l("Please choose one of the five answers.")
        raise StopValidation(five if len(field.choices) == 5 else _l("Please choose one of the answers shown."))


def _on_the_list(_form: BaseForm, field: Any) -> None:
    if not set(field.data) <= set(_values(field)):
        raise StopValidation(_l("Please choose from the answers shown."))


def _values(field: Any) -> list[str]:
    return [choice.value for choice in field.choices]


def _storable(_form: BaseForm, field: Any) -> None:
    if "\x00" in field.data:
        raise StopValidation(_l("Please type your text again: it contains an invisible character that we cannot keep."))


def _short_enough(_form: BaseForm, field: Any) -> None:
    if len(field.data) > COMMENT_LENGTH:
        words = _l(
            "Please shorten your text to %(limit)s characters. It has %(count)s now.",
            limit=COMMENT_LENGTH,
            count=len(field.data),
        )
        raise StopValidation(words)
