"""Machines open every link and press every button: none of their answers counts, and no person's answer is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.databases import everything
from tests.plugin.asking import DESK, SCANNER, Asked, Place
from tests.plugin.surveys.robots import Robot

ROBOTS = {
    "looks": {},
    "presses at once": {"presses": True},
    "presses slowly": {"presses": True, "patience": 9},
    "fills in and presses": {"presses": True, "fills": True},
    "fills in and presses slowly": {"presses": True, "fills": True, "patience": 9},
}
PLACES = {
    "from its own network": SCANNER,
    "from the person's network": Place(DESK.address, SCANNER.browser),
    "with the person's browser": Place(SCANNER.address, DESK.browser),
}


@pytest.fixture(autouse=True)
def without_limits(app: Flask) -> None:
    """Machines are to be told apart by what they do, not by how much."""
    for limiter in app.extensions["limiter"]:
        limiter.enabled = False


def with_script(survey: Asked) -> None:
    assert survey.send(satisfaction="2", comment="Mine.").status_code == 303


def without_script(survey: Asked) -> None:
    page = survey.send(satisfaction="2", comment="Mine.", gesture="")
    survey.clock.advance(seconds=4)
    sent = survey.press(page, satisfaction="2", comment="Mine.", gesture="", person="yes")
    assert sent.status_code == 303


def counted(survey: Asked) -> list[tuple[int | None, str]]:
    return [(row["score"], row["comment"]) for row in survey.responses() if row["counted"]]


@pytest.mark.parametrize("robot", ROBOTS.values(), ids=ROBOTS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_machine_alone_leaves_no_answer(survey: Asked, robot: dict[str, float], place: Place) -> None:
    Robot(survey, place, **robot).visit()  # type: ignore[arg-type]
    assert counted(survey) == []
    assert "fields" not in survey.jobs()
    assert survey.open().status_code == 200


@pytest.mark.parametrize("person", [with_script, without_script])
@pytest.mark.parametrize("robot", ROBOTS.values(), ids=ROBOTS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_before_and_after_a_person_only_the_person_counts(
    survey: Asked, person: Callable[[Asked], None], robot: dict[str, float], place: Place
) -> None:
    Robot(survey, place, **robot).visit()  # type: ignore[arg-type]
    person(survey)
    Robot(survey, place, **robot).visit()  # type: ignore[arg-type]
    assert counted(survey) == [(2, "Mine.")]


@pytest.mark.parametrize("robot", ROBOTS.values(), ids=ROBOTS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_pages_opened_before_a_person_answers_and_pressed_afterwards_change_nothing(
    survey: Asked, robot: dict[str, float], place: Place
) -> None:
    machine = Robot(survey, place, **robot)  # type: ignore[arg-type]
    opened = machine.look()
    with_script(survey)
    machine.press(opened)
    assert counted(survey) == [(2, "Mine.")]


def test_a_machine_that_only_looks_writes_nothing_anywhere(survey: Asked) -> None:
    url = survey.ports.database.engine.url.render_as_string(hide_password=False)
    before = everything(url)
    Robot(survey, SCANNER).visit()
    assert everything(url) == before


def test_what_a_machine_presses_is_kept_in_sight(survey: Asked) -> None:
    Robot(survey, SCANNER, presses=True).visit()
    reasons = {row["held"] for row in survey.responses()}
    assert reasons == {"unconfirmed", "machine"}
    assert all(not row["counted"] for row in survey.responses())


def test_a_machine_that_posts_without_end_fills_no_disk(survey: Asked) -> None:
    with_script(survey)
    for score in "12345" * 20:
        survey.send(place=SCANNER, satisfaction=score)
    assert len(survey.responses()) <= 41
    assert counted(survey) == [(2, "Mine.")]


def test_of_where_an_answer_came_from_only_a_hash_and_a_kind_of_browser_are_kept(survey: Asked) -> None:
    with_script(survey)
    (row,) = survey.responses()
    assert (row["proof"], row["agent"]) == ("gesture", "firefox on windows")
    assert len(row["network"]) == 32
    assert not any(part in str(row) for part in (DESK.address, "192.0.2", "Mozilla", "132.0"))
