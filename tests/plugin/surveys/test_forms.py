"""What a customer may send, and what is said beside a field that has to be mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from wtforms.form import BaseForm

from plugin.domain import LANGUAGES, Item, Turn
from plugin.questionnaires import library
from plugin.surveys import forms, parts
from plugin.surveys.parts import Answers
from tests.plugin.asking import a_questionnaire

QUESTIONNAIRE = a_questionnaire()
FIRST = parts.first(QUESTIONNAIRE.items)
REASON = library.item("reason", Turn.AFTER_LOW)


def sent(*pairs: tuple[str, str], items: Sequence[Item] = FIRST) -> BaseForm:
    return forms.survey_form(items, "en", sent=MultiDict(pairs))


def read(form: BaseForm, items: Sequence[Item] = FIRST) -> Answers | None:
    return forms.read(form, items, QUESTIONNAIRE.anchor, "en")


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
    steps: Any = forms.survey_form(FIRST, "en", values={"satisfaction": chosen})["satisfaction"]
    assert [step.data for step in steps if step.checked] == ([kept] if kept else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_words_in_every_language(language: str) -> None:
    steps: Any = forms.survey_form(FIRST, language)["satisfaction"]
    words = [step.label.text for step in steps]
    assert len(set(words)) == 5
    assert not set(words) & set("12345")


@pytest.mark.parametrize(
    ("key", "good", "stored", "bad"),
    [
        ("informed", "too_little", "too_little", "little"),
        ("effort", "7", 7, "8"),
        ("recommend", "0", 0, "11"),
        ("recommend", "10", 10, "-1"),
        ("as_expected", "3", 3, "0"),
    ],
)
def test_each_scale_takes_its_own_steps_only(key: str, good: str, stored: object, bad: str) -> None:
    items = [library.item(key, Turn.IN_TURN)]
    assert read(sent((key, good), items=items), items) == Answers(None, "", "en", {key: stored})
    form = sent((key, bad), items=items)
    assert read(form, items) is None
    assert "answers shown" in str(form[key].errors[0]) or "five answers" in str(form[key].errors[0])


def test_several_reasons_are_taken_each_once() -> None:
    form = sent(("reason", "time"), ("reason", "news"), ("reason", "time"), items=[REASON])
    assert read(form, [REASON]) == Answers(None, "", "en", {"reason": ["time", "news"]})


def test_a_reason_that_was_not_offered_is_refused() -> None:
    form = sent(("reason", "time"), ("reason", "<script>"), items=[REASON])
    assert read(form, [REASON]) is None
    assert list(form.errors) == ["reason"]


def test_a_second_page_may_be_sent_empty() -> None:
    assert read(sent(items=[REASON]), [REASON]) == Answers(None, "", "en", {})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", library.keys_beside_the_anchor())
def test_what_was_answered_is_shown_again_and_told_in_words(key: str, language: str) -> None:
    item = library.item(key, Turn.IN_TURN)
    step, words = library.steps(item, language)[0]
    answers = Answers(None, "", language, {key: [step] if item.kind == "choice" else step})
    form: Any = forms.survey_form([item], language, values=forms.values_of([QUESTIONNAIRE.anchor, item], answers))
    assert [choice.data for choice in form[key] if choice.checked] == [step]
    assert words in forms.in_words(item, answers.others[key], language)
