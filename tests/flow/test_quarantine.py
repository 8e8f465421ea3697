"""What does not count is seen by project admins, who decide, and can take every decision back."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests

from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport

GRETA = "greta@nordlicht.example"
ELSEWHERE = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36"}


@pytest.fixture
def asked(rapport: Rapport) -> str:
    """Greta's link."""
    add_checkpoint(rapport, "In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return survey_link(rapport.mails_to(GRETA)[0])


def screen(rapport: Rapport) -> str:
    return unescape(rapport.call("GET", f"/projects/{project_id(rapport)}/quarantine", "Pia Lead").text)


def decide(rapport: Rapport, what: str, who: str = "Pia Lead", number: int = 0) -> requests.Response:
    """Press one of the buttons; `number` of the response, else the first that offers it."""
    found = re.search(rf"/quarantine/(\d+)/{what}", screen(rapport))
    path = f"/projects/{project_id(rapport)}/quarantine/{number or (found and found[1])}/{what}"
    reply = rapport.call("POST", path, who)
    rapport.settle()
    return reply


def field(rapport: Rapport) -> tuple[object, object]:
    stored = rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]
    return stored["state"], stored.get("score")


def press_without_a_hand(link: str, score: int) -> None:
    page = requests.get(link, timeout=60, headers=ELSEWHERE)
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert nonce
    form = {"nonce": nonce[1], "satisfaction": str(score), "comment": "Left too early."}
    assert requests.post(link, data=form, timeout=60, headers=ELSEWHERE).status_code == 200


def test_an_empty_quarantine_says_what_would_be_there(rapport: Rapport) -> None:
    assert "Nothing is held." in screen(rapport)


def test_an_unconfirmed_answer_counts_once_accepted_and_no_more_once_taken_back(rapport: Rapport, asked: str) -> None:
    press_without_a_hand(asked, 2)
    rapport.settle()
    assert field(rapport) == ("asked", None)
    assert "Left too early." in screen(rapport)
    assert decide(rapport, "accept").status_code == 200
    assert field(rapport) == ("low", 2)
    assert "Accepted" in screen(rapport)
    decide(rapport, "take-back")
    assert field(rapport) == ("asked", None)
    assert "Waiting" in screen(rapport)


def test_an_accepted_answer_takes_the_place_of_another_until_it_is_taken_back(rapport: Rapport, asked: str) -> None:
    press_without_a_hand(asked, 2)
    answer(asked, 5, "Mine.")
    rapport.settle()
    assert field(rapport) == ("answered", 5)
    decide(rapport, "accept")
    assert field(rapport) == ("low", 2)
    decide(rapport, "take-back")
    assert field(rapport) == ("answered", 5)


def test_what_is_set_aside_stays_in_sight_and_out_of_the_numbers(rapport: Rapport, asked: str) -> None:
    press_without_a_hand(asked, 1)
    decide(rapport, "set-aside")
    assert field(rapport) == ("asked", None)
    assert "Set aside" in screen(rapport)
    decide(rapport, "take-back")
    assert "Waiting" in screen(rapport)


def test_pressing_the_hidden_button_leaves_nothing_to_accept(rapport: Rapport, asked: str) -> None:
    requests.post(f"{asked}/all", timeout=60, headers=ELSEWHERE)
    assert "Nothing was answered" in screen(rapport)
    assert "/accept" not in screen(rapport)
    number = re.search(r"/quarantine/(\d+)/set-aside", screen(rapport))
    assert number
    assert decide(rapport, "accept", number=int(number[1])).status_code == 409


@pytest.mark.parametrize("what", ["accept", "set-aside", "take-back"])
def test_members_and_other_projects_decide_nothing(rapport: Rapport, asked: str, what: str) -> None:
    press_without_a_hand(asked, 2)
    found = re.search(r"/quarantine/(\d+)/accept", screen(rapport))
    assert found
    assert decide(rapport, what, "Tom Team", int(found[1])).status_code == 403
    other = f"/projects/{project_id(rapport, 'OPS')}/quarantine/{found[1]}/{what}"
    assert rapport.call("POST", other, "Ada Admin").status_code == 404
    assert field(rapport) == ("asked", None)


def test_an_answer_that_counts_is_not_in_quarantine(rapport: Rapport, asked: str) -> None:
    answer(asked, 5)
    assert decide(rapport, "set-aside", number=1).status_code == 404
