"""An answer grows and changes for two hours, from where it came; every version is kept."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from plugin.domain import LANGUAGES
from tests.plugin.asking import PHONE, Asked, Clock, asked


def counted(survey: Asked) -> dict[str, Any]:
    (row,) = [row for row in survey.responses() if row["counted"]]
    return row


def versions(survey: Asked) -> list[tuple[int, int | None, bool]]:
    return [(row["version"], row["score"], row["counted"]) for row in survey.responses()]


def test_the_anchor_counts_before_the_rest_is_answered(survey: Asked) -> None:
    survey.send(satisfaction="4")
    assert counted(survey)["score"] == 4
    assert survey.jobs().count("fields") == 1
    page = survey.open()
    assert "Have another moment?" in page.text
    assert survey.press(page, informed="too_little").status_code == 303
    assert (counted(survey)["score"], counted(survey)["answers"]) == (4, {"informed": "too_little"})
    page = survey.open()
    assert "Have another moment?" not in page.text
    assert "<dd>Too little</dd>" in page.text


def test_after_a_low_score_the_page_asks_for_reasons_and_after_a_good_one_not(survey: Asked) -> None:
    survey.send(satisfaction="2")
    page = survey.open()
    assert "What was the main reason?" in page.text
    survey.press(page, reason=["time", "news"], informed="about_right")
    assert counted(survey)["answers"] == {"reason": ["time", "news"], "informed": "about_right"}
    survey.press(survey.open("?change=1"), satisfaction="5", reason=["time"], informed="about_right")
    assert (counted(survey)["score"], counted(survey)["answers"]) == (5, {"informed": "about_right"})


def test_what_would_have_made_it_a_five_is_asked_in_place_of_telling_more(survey: Asked) -> None:
    page = survey.open("?score=2").text
    assert re.search(r'class="if-low">What would have made it a 5\?', page)
    assert page.count('class="low"') == 2


def test_an_answer_is_changed_within_the_window_and_earlier_versions_stay(survey: Asked, clock: Clock) -> None:
    survey.send(satisfaction="2", comment="Slow.")
    clock.advance(minutes=119)
    page = survey.open("?change=1")
    assert 'checked id="satisfaction-1"' in page.text
    assert ">\r\nSlow.</textarea>" in page.text
    assert survey.press(page, satisfaction="4", comment="Faster now.").status_code == 303
    assert versions(survey) == [(1, 2, False), (2, 4, True)]
    first, second = survey.responses()
    assert first["replaced_by"] == second["id"]
    assert first["comment"] == "Slow."


def test_sending_the_same_again_makes_no_version(survey: Asked) -> None:
    survey.send(satisfaction="4", comment="Good.")
    survey.press(survey.open("?change=1"), satisfaction="4", comment="Good.")
    survey.press(survey.open())
    assert versions(survey) == [(1, 4, True)]


def test_after_the_window_nothing_is_shown_or_changed_and_what_comes_is_kept_aside(survey: Asked, clock: Clock) -> None:
    survey.send(satisfaction="2", comment="Between us.")
    page = survey.open("?change=1")
    clock.advance(minutes=121)
    late = survey.press(page, satisfaction="5")
    assert "Your first answer counts" in late.text
    assert "Between us." not in survey.open("?change=1").text
    assert "change=1" not in survey.open().text
    assert (counted(survey)["score"], survey.responses()[1]["held"]) == (2, "late")


def test_somebody_else_with_the_link_neither_sees_nor_changes_the_answer(survey: Asked) -> None:
    survey.send(satisfaction="2", comment="Between us.")
    page = survey.open("?change=1")
    for query in ("", "?change=1"):
        assert not re.search("Between us|<form|change=1", survey.open(query, PHONE).text)
    assert survey.press(page, PHONE, satisfaction="5").status_code == 200
    assert (counted(survey)["score"], survey.responses()[1]["held"]) == (2, "elsewhere")


def test_a_second_page_from_elsewhere_is_kept_whole(survey: Asked) -> None:
    survey.send(satisfaction="4", comment="Good.")
    page = survey.open()
    survey.press(page, PHONE, informed="too_much")
    held = survey.responses()[1]
    assert (held["score"], held["comment"], held["answers"]) == (4, "Good.", {"informed": "too_much"})
    assert held["held"] == "elsewhere"


def test_a_wrong_second_page_is_explained_and_loses_nothing(survey: Asked) -> None:
    survey.send(satisfaction="2")
    page = survey.press(survey.open(), informed="<script>", reason=["time", "bogus"])
    assert page.status_code == 400
    assert 'id="informed-wrong"' in page.text
    assert 'id="reason-wrong"' in page.text
    assert counted(survey)["answers"] == {}


def test_without_script_a_person_confirms_and_a_hasty_one_presses_twice(survey: Asked, clock: Clock) -> None:
    confirm = survey.send(satisfaction="4", comment="Good.", gesture="")
    assert "One more step" in confirm.text
    same = {"satisfaction": "4", "comment": "Good.", "gesture": ""}
    assert "tick the box" in survey.press(confirm, **same).text
    hasty = survey.press(confirm, person="yes", **same)
    assert hasty.status_code == 400
    assert "very quick" in hasty.text
    assert 'checked> <span class="word">I am a person' in hasty.text
    clock.advance(seconds=3)
    assert survey.press(hasty, person="yes", **same).status_code == 303
    assert (counted(survey)["score"], counted(survey)["proof"]) == (4, "confirmed")
    assert len([row for row in survey.responses() if row["held"] and not row["replaced_by"]]) == 0


def test_a_confirmation_that_comes_too_late_is_asked_once_more(survey: Asked, clock: Clock) -> None:
    confirm = survey.send(satisfaction="4", gesture="")
    clock.advance(minutes=61)
    late = survey.press(confirm, satisfaction="4", gesture="", person="yes")
    assert late.status_code == 400
    clock.advance(seconds=3)
    assert survey.press(late, satisfaction="4", gesture="", person="yes").status_code == 303


def test_whoever_leaves_before_the_last_step_is_not_lost(survey: Asked) -> None:
    survey.send(satisfaction="2", comment="I closed the page too early.", gesture="")
    (row,) = survey.responses()
    assert (row["held"], row["comment"], row["counted"]) == ("unconfirmed", "I closed the page too early.", False)


def test_the_pages_are_whole_in_every_language(app: Flask, clock: Clock) -> None:
    for language in LANGUAGES:
        survey = asked(app, clock, site=f"in-{language}", language=language)
        confirm = survey.send(satisfaction="2", gesture="").text
        held = survey.send(more="x", satisfaction="2").text
        survey.send(satisfaction="2")
        pages = [confirm, held, survey.open().text, survey.open("?change=1").text, survey.open("/all").text]
        for page in pages:
            assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
            english = re.search("One more step|Somebody looks|Have another|Leave it as|for machines|Change my", page)
            assert bool(english) == (language == "en")
