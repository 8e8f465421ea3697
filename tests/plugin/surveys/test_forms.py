"""What a customer may send, and what is said beside a field that has to be mended."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from wtforms.form import BaseForm

from plugin.domain import LANGUAGES, Questionnaire
from plugin.surveys import forms
from plugin.surveys.service import Answers
from tests.plugin.asking import a_questionnaire

QUESTIONNAIRE = a_questionnaire()


def sent(*pairs: tuple[str, str]) -> BaseForm:
    return forms.survey_form(QUESTIONNAIRE, "en", sent=MultiDict(pairs))


def read(form: BaseForm, questionnaire: Questionnaire = QUESTIONNAIRE) -> Answers | None:
    return forms.read(form, questionnaire, "en")


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
def test_each_score_is_taken(score: int) -> None:
    assert read(sent(("satisfaction", str(score)))) == Answers(score, "", "en")


def test_words_without_a_score_are_taken_and_are_no_zero() -> None:
    assert read(sent(("comment", "Please call me."))) == Answers(None, "Please call me.", "en")


def test_nothing_at_all_is_refused_beside_the_question() -> None:
    form = sent(("comment", "  \r\n "))
    assert read(form) is None
    assert list(form.errors) == ["satisfaction"]


@pytest.mark.parametrize(
    "score", ["0", "6", "-1", "1e9", "5 OR 1=1", "NaN", "4.5", "", " 4", "04", "４", "4\x00", "[4]", "None", "true"]
)
def test_anything_but_the_five_scores_is_refused_even_with_words(score: str) -> None:
    form = sent(("satisfaction", score), ("comment", "Good."))
    assert read(form) is None
    assert list(form.errors) == ["satisfaction"]


@pytest.mark.parametrize("name", ["satisfaction", "comment"])
def test_a_field_sent_twice_is_refused(name: str) -> None:
    form = sent(("satisfaction", "4"), ("comment", "Good."), (name, "5"))
    assert read(form) is None
    assert list(form.errors) == [name]


def test_text_with_nul_is_refused_beside_the_text() -> None:
    form = sent(("satisfaction", "4"), ("comment", "Go\x00od"))
    assert read(form) is None
    assert list(form.errors) == ["comment"]


def test_text_may_have_4000_characters_and_not_one_more() -> None:
    longest = "語" * 4000
    taken = read(sent(("comment", longest)))
    assert taken is not None
    assert taken.comment == longest
    form = sent(("comment", longest + "x"))
    assert read(form) is None
    assert "4001" in str(form["comment"].errors[0])


def test_line_breaks_count_once_as_in_the_browser() -> None:
    taken = read(sent(("comment", "\r\n".join("x" * 2000))))
    assert taken is not None
    assert taken.comment == "\n".join("x" * 2000)


def test_unknown_fields_change_nothing() -> None:
    form = sent(("satisfaction", "4"), ("tenant_id", "2"), ("contact_id", "9"), ("score", "1"))
    assert read(form) == Answers(4, "", "en")


@pytest.mark.parametrize(("chosen", "kept"), [("4", "4"), ("9", None), ("4;drop", None), ("", None), (None, None)])
def test_a_tap_in_the_mail_pre_selects_only_a_score(chosen: str | None, kept: str | None) -> None:
    steps: Any = forms.survey_form(QUESTIONNAIRE, "en", chosen=chosen)["satisfaction"]
    assert [step.data for step in steps if step.checked] == ([kept] if kept else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_words_in_every_language(language: str) -> None:
    steps: Any = forms.survey_form(QUESTIONNAIRE, language)["satisfaction"]
    words = [step.label.text for step in steps]
    assert len(set(words)) == 5
    assert not set(words) & set("12345")
