"""A warning reaches the lead with its reason: on the project's page, in Jira's project property, and by mail."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests

from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, days_pass, move, project_id, survey_link
from tests.running import Rapport

GRETA, LEAD = "greta@nordlicht.example", "lead@firm.example"


@pytest.fixture
def watched(rapport: Rapport) -> Rapport:
    rapport.ask_at_any_hour(quiet_days=0, asks_per_quarter=90)
    add_checkpoint(rapport, "In review", types=["Story"], reminders=0)
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA, role="sponsor")
    form = {"issue_type_id": "", "label": "care", "contact_hours": 8, "mail_to": LEAD}
    rapport.call("POST", f"/projects/{project_id(rapport)}/cases/policy", "Pia Lead", **form)
    return rapport


def ask(rapport: Rapport) -> None:
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    move(rapport, "DEMO-7", "In Progress")


def say_more(link: str, **more: str) -> None:
    """Answer what the page asks in turn, after the score has arrived."""
    nonce = re.search(r'name="nonce"[^>]*value="([^"]+)"', requests.get(link, timeout=60).text)
    assert nonce
    requests.post(link, data={"nonce": nonce[1], "gesture": "touch 0 85 1500", **more}, timeout=60)


def attention(rapport: Rapport, who: str = "Pia Lead") -> str:
    return unescape(rapport.call("GET", f"/projects/{project_id(rapport)}/warnings", who).text)


def told_jira(rapport: Rapport) -> str:
    return str(rapport.site.project("DEMO").properties["rapport-warnings"])


def test_a_key_person_who_is_silent_twice_is_a_warning_until_they_speak(watched: Rapport) -> None:
    ask(watched)
    days_pass(watched, 16)
    ask(watched)
    assert "did not answer" not in attention(watched)
    days_pass(watched, 16)
    assert "Greta Probe did not answer the last two surveys" in attention(watched)
    assert "A sponsor did not answer the last two surveys" in attention(watched, "Tom Team")
    assert "A sponsor did not answer" in told_jira(watched)
    assert "Greta" not in told_jira(watched)
    days_pass(watched, 8)
    digests = [mail for mail in watched.mails_to(LEAD) if "did not answer" in mail.text]
    assert len(digests) in (1, 2), "one for each Monday that has passed"
    assert "Greta" not in digests[0].text

    ask(watched)
    answer(survey_link(watched.mails_to(GRETA)[-1]), 5)
    watched.settle()
    assert "Earlier warnings" in attention(watched)
    assert "did not answer" not in told_jira(watched)
    number = re.search(r"/warnings/(\d+)/right", attention(watched))
    assert number
    path = f"/projects/{project_id(watched)}/warnings/{number[1]}"
    assert "Was right" in watched.call("POST", f"{path}/right", "Tom Team").text
    assert "False alarm" in watched.call("POST", f"{path}/wrong", "Tom Team").text
    assert watched.call("POST", f"/projects/{project_id(watched)}/warnings/999/right", "Tom Team").status_code == 404


def test_a_low_answer_is_told_at_once_and_a_warning_when_nobody_speaks_with_the_customer(watched: Rapport) -> None:
    ask(watched)
    answer(survey_link(watched.mails_to(GRETA)[-1]), 1, "Not what we agreed.")
    watched.settle()
    (mail,) = watched.mails_to(LEAD)
    assert "1 of 5 about DEMO-7" in mail.subject
    assert "Not what we agreed." not in mail.text
    assert "waits for somebody" not in attention(watched)
    days_pass(watched, 5)
    assert "A low answer about DEMO-7 waits for somebody" in attention(watched)


def test_what_is_overdue_shows_by_itself(watched: Rapport) -> None:
    days_pass(watched, 9)
    assert "“Talk about what to expect" in attention(watched)


def test_the_same_people_becoming_less_satisfied_ring_with_their_numbers(watched: Rapport) -> None:
    for score in (5, 5, 3):
        ask(watched)
        answer(survey_link(watched.mails_to(GRETA)[-1]), score)
        if score == 3:
            say_more(survey_link(watched.mails_to(GRETA)[-1]), as_expected="2")
        days_pass(watched, 7)
    assert "Satisfaction may be falling" in attention(watched)
    assert "Greta Probe says that it turned out worse than expected." in attention(watched)
    assert "A sponsor says that it turned out worse than expected." in attention(watched, "Tom Team")
    assert "Greta" not in told_jira(watched)
    watched.clock.advance(days=91)
    watched.settle()
    assert "Earlier warnings" in attention(watched).split("worse than expected")[0], (
        "a word of three months ago stands no more"
    )
    assert "1 people who had answered before gave -2 points" in attention(watched)
    assert "falsely in about 5 of 100 quiet weeks" in attention(watched)
    page = watched.page(f"/projects/{project_id(watched)}/post-mortem", "Tom Team")
    assert "Satisfaction may be falling" in unescape(page.text)
