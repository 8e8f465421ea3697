"""The form of one questionnaire. What a field refuses, it says beside itself, in the language of the page."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from plugin.domain import Item, ItemKind, Questionnaire
from plugin.questionnaires import library
from plugin.surveys.service import Answers
from plugin.web.limits import COMMENT_LENGTH

SCORES = ("1", "2", "3", "4", "5")


def survey_form(questionnaire: Questionnaire, language: str, sent: Any = None, chosen: str | None = None) -> BaseForm:
    """A form whose fields are named after the questionnaire's items.

    `sent`: the posted MultiDict. Without it, `chosen` is pre-selected if it is a score, and ignored if not.
    """
    form = BaseForm([(item.key, _field(item, language)) for item in questionnaire.items])
    form.process(sent, data={questionnaire.anchor.key: chosen if chosen in SCORES else None})
    return form


def read(form: BaseForm, questionnaire: Questionnaire, language: str) -> Answers | None:
    """What was answered; None where the customer has to look again, and then fields carry errors."""
    anchor = form[questionnaire.anchor.key]
    if not form.validate():
        return None
    comment = next((form[item.key].data for item in questionnaire.items if item.kind is ItemKind.TEXT), "")
    if anchor.data is None and not comment:
        anchor.errors = [*anchor.errors, _l("Please choose one of the five answers, or write a few words.")]
        return None
    return Answers(None if anchor.data is None else int(anchor.data), comment, language)


def _field(item: Item, language: str) -> Any:
    wording = item.wording(language)
    if item.kind is ItemKind.TEXT:
        return TextAreaField(wording, [_sent_once, _storable, _short_enough], filters=[_tidy])
    words = zip(SCORES, library.scale_words(language), strict=True)
    choices = [SelectChoice(score, word) for score, word in words]
    return RadioField(wording, [_sent_once, _on_the_scale], choices=choices, validate_choice=False)


def _tidy(text: str | None) -> str:
    """Line breaks as one character each, which is how browsers count them for `maxlength`."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _sent_once(_form: BaseForm, field: Any) -> None:
    if len(field.raw_data or ()) > 1:
        raise StopValidation(_l("Please give one answer only."))


def _on_the_scale(_form: BaseForm, field: Any) -> None:
    if field.data is not None and field.data not in SCORES:
        raise StopValidation(_l("Please choose one of the five answers."))


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
