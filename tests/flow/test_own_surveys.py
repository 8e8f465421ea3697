"""A project words its own survey: checkpoints ask it, its versions stay apart, and nobody else touches it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import requests

from plugin.questionnaires import library
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport

GRETA = "greta@nordlicht.example"
FORM: dict[str, Any] = {
    "name": "After each visit",
    "anchor-en": "How was our visit for you?",
    "anchor-de": "Wie war unser Besuch für Sie?",
    "reason": "y",
    **{f"turn-{key}": "" for key in library.keys_beside_the_anchor()},
    "turn-informed": "in_turn",
    "edit_minutes": "30",
    "own_kind": "",
    "own_turn": "in_turn",
}


def send(rapport: Rapport, path: str, who: str = "Pia Lead", method: str = "POST", **form: Any) -> requests.Response:
    return rapport.call(method, f"/projects/{project_id(rapport)}/surveys{path}", who, **form)


def read(reply: requests.Response) -> str:
    return " ".join(unescape(reply.text).split())


@pytest.fixture
def own(rapport: Rapport) -> str:
    """The survey's number; Greta would be asked it."""
    made = send(rapport, "/new/delivery", **FORM)
    assert made.status_code == 200, made.text
    number = re.search(r"/surveys/(\d+)/remove", made.text)
    assert number
    rapport.ask_at_any_hour(quiet_days=0)
    add_checkpoint(rapport, "In review", template=f"survey-{number[1]}")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA, language="de")
    return number[1]


def asked(rapport: Rapport, key: str) -> str:
    """The page that Greta sees."""
    move(rapport, key, "In review")
    rapport.settle()
    return requests.get(survey_link(rapport.mails_to(GRETA)[-1]), timeout=60).text


def test_each_ask_keeps_the_version_of_its_day(rapport: Rapport, own: str) -> None:
    assert "Wie war unser Besuch für Sie?" in asked(rapport, "DEMO-7")
    more = {"anchor-de": "", "anchor-en": "How useful was our visit?", "edit_minutes": "60"}
    saved = read(send(rapport, f"/{own}", **{**FORM, **more}))
    assert "After each visit was saved as version 2. A new series of numbers begins." in saved
    assert "How useful was our visit?" in asked(rapport, "DEMO-8"), "all in English where German is not whole"
    first = survey_link(rapport.mails_to(GRETA)[0])
    assert "Wie war unser Besuch für Sie?" in requests.get(first, timeout=60).text
    saved = read(send(rapport, f"/{own}", **{**FORM, **more, "turn-informed": ""}))
    assert "saved as version 3. Its numbers go on." in saved
    assert "version" not in read(send(rapport, f"/{own}", **{**FORM, **more, "turn-informed": ""})).split("Of this")[0]
    history = read(send(rapport, f"/{own}", method="GET"))
    assert re.findall(r"Version (\d)</strong>.*?(New series|</li>)", history) == [
        ("3", "</li>"),
        ("2", "New series"),
        ("1", "</li>"),
    ]


def test_the_overview_keeps_one_checkpoints_wordings_apart(rapport: Rapport, own: str) -> None:
    asked(rapport, "DEMO-7")
    send(rapport, f"/{own}", **{**FORM, "anchor-de": "", "anchor-en": "How useful was our visit?"})
    asked(rapport, "DEMO-8")
    for mail, score in zip(rapport.mails_to(GRETA), (2, 5), strict=True):
        answer(survey_link(mail), score)
    rapport.settle()
    page = read(rapport.page(f"/projects/{project_id(rapport)}/post-mortem", "Pia Lead"))
    apart = page.split("do not read these as a trend:")[1].split("</ol>")[0]
    assert re.findall(r"<li>(\d+%) · n = 1", apart) == ["0%", "100%"]


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(rapport: Rapport) -> None:
    many = {"turn-effort": "always", "turn-heard": "always", "anchor-en": "", "edit_minutes": "5000"}
    reply = send(rapport, "/new/delivery", **{**FORM, **many})
    assert reply.status_code == 422
    text = read(reply)
    for words in (
        "A person would be asked 6 items; at most 4 are good.",
        "Enter the question in English",
        "Enter a number from 0 to 1440",
        "Wie war unser Besuch für Sie?",
    ):
        assert words in text
    assert "None yet." in read(send(rapport, "", method="GET"))


def test_advice_names_jargon_with_better_words_languages_that_miss_something_and_a_break(
    rapport: Rapport, own: str
) -> None:
    advice = read(send(rapport, "/advice", survey_id=own, **{**FORM, "anchor-en": "How was the sprint?"}))
    assert 'English: <q lang="en">sprint</q> – a word of the trade.' in advice
    assert '<q lang="en">the last two weeks</q>' in advice
    assert "Français still lacks the first question." in advice
    assert "A new series begins" in advice


def test_a_removed_survey_is_offered_no_more_and_comes_back(rapport: Rapport, own: str) -> None:
    checkpoint = f"/projects/{project_id(rapport)}/checkpoints/new"
    assert "After each visit" in rapport.call("GET", checkpoint, "Pia Lead").text
    send(rapport, f"/{own}/remove")
    assert "After each visit" not in rapport.call("GET", checkpoint, "Pia Lead").text
    assert "Wie war unser Besuch für Sie?" in asked(rapport, "DEMO-7"), "checkpoints that ask it go on"
    send(rapport, f"/{own}/restore")
    assert "After each visit" in rapport.call("GET", checkpoint, "Pia Lead").text


def test_members_and_other_projects_reach_none_of_it(rapport: Rapport, own: str) -> None:
    for path in (f"/{own}", f"/{own}/remove", "/new/delivery", "/advice"):
        assert send(rapport, path, "Tom Team", survey_id=own).status_code == 403
    ops = project_id(rapport, "OPS")
    for path in (f"/{own}", f"/{own}/remove", f"/{own}/restore", "/advice"):
        reply = rapport.call("POST", f"/projects/{ops}/surveys{path}", "Ada Admin", survey_id=own, **FORM)
        assert reply.status_code == 404
    assert "After each visit" not in rapport.call("GET", f"/projects/{ops}/checkpoints/new", "Ada Admin").text
