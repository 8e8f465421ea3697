"""When something stands in the way, customers read it in their language and with the look that they know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from connect import Unavailable
from plugin.domain import LANGUAGES
from plugin.errors import Conflict
from tests.plugin.asking import BASE_URL, Asked

LOOK = '<link rel="stylesheet" href="/static/public.css">'


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_long_a_text_is_refused_in_the_language_of_the_page(survey: Asked, language: str) -> None:
    answer = survey.send(f"?lang={language}", satisfaction="4", comment="x" * 70_000)
    assert answer.status_code == 413
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in answer.text
    assert LOOK in answer.text
    assert ("too much text" in answer.text) == (language == "en")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Unavailable("database_unavailable"), 503, "We cannot take your answer right now"),
        (Conflict("too much at once"), 409, "One moment, please"),
        (RuntimeError("a mistake of ours"), 500, "That was our mistake"),
    ],
)
def test_trouble_of_ours_is_told_without_our_words_for_it(
    app: Flask, survey: Asked, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: str
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr("plugin.surveys.service.take", fail)
    answer = survey.send(satisfaction="4", comment="Mine.")
    assert answer.status_code == status
    assert words in answer.text
    assert LOOK in answer.text
    assert str(error) not in answer.text


def test_a_wrong_method_and_a_wrong_path_look_the_same_way(survey: Asked) -> None:
    browser = {"Accept": "text/html", "Accept-Language": "ja-JP"}
    path = f"/s/{survey.token}?lang=de"
    wrong_method = survey.app.test_client().delete(path, base_url=BASE_URL, headers=browser)
    assert wrong_method.status_code == 405
    assert "Das hat nicht geklappt" in wrong_method.text
    wrong_path = replace(survey, token="a/b").open(headers=browser)
    assert wrong_path.status_code == 404
    assert '<html lang="ja"' in wrong_path.text
    assert LOOK in wrong_path.text


def test_pages_in_jira_keep_their_own_look(survey: Asked) -> None:
    page = survey.app.test_client().get("/projects/1/settings", base_url=BASE_URL)
    assert page.status_code == 401
    assert LOOK not in page.text


@pytest.mark.parametrize(
    ("spoken", "language"),
    [("ja-JP", "ja"), ("pt-BR,pt;q=0.9", "pt"), ("tlh,de-AT;q=0.5", "de"), ("zh-TW", "en"), ("", "en"), ("*", "en")],
)
def test_a_browser_with_a_region_gets_its_language(survey: Asked, spoken: str, language: str) -> None:
    page = replace(survey, token="A" * 43).open(headers={"Accept-Language": spoken})
    assert f'<html lang="{language}"' in page.text
