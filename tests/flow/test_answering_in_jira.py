"""A contact with an account in Jira answers in the panel of the issue: as on the public page, without a link."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.devhost.demo_cast import GRETA
from tests.flow import cast
from tests.running import Rapport

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORDS = "The new form saves me an hour."


def ask_pia(rapport: Rapport) -> str:
    """Where she answers: Pia Lead is a contact of the customer too."""
    customer = cast.add_customer(rapport, "Nordlicht Handels GmbH")
    cast.add_contact(rapport, customer, "Pia Lead", GRETA, account_id=rapport.account("Pia Lead"))
    cast.add_checkpoint(rapport, "In review")
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return f"/issues/{rapport.site.issue('DEMO-7').id}/answer"


@sqlite_only
def test_who_was_asked_answers_there_and_can_change_it_for_a_while(framed: Rapport) -> None:
    rapport, path = framed, ask_pia(framed)
    panel = rapport.page(path.replace("answer", "panel"), "Pia Lead").text
    assert f'hx-get="{path}"' in panel
    assert f'hx-get="{path}"' not in rapport.page(path.replace("answer", "panel"), "Tom Team").text
    assert "Send answer" in rapport.call("GET", path, "Pia Lead").text

    empty = rapport.call("POST", path, "Pia Lead", stage="first")
    assert empty.status_code == 422
    assert "Please choose one of the five answers, or write a few words." in empty.text
    sent = rapport.call("POST", path, "Pia Lead", stage="first", satisfaction="4", comment=WORDS)
    assert "Thank you, your answer has arrived" in sent.text
    rapport.settle()
    assert rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]["score"] == 4

    again = rapport.call("POST", path, "Pia Lead", stage="first", satisfaction="1")
    assert "<details open>" in again.text  # offered, not taken
    changed = rapport.call("POST", path, "Pia Lead", stage="change", satisfaction="5", comment=WORDS)
    assert "Thank you, your answer has arrived" in changed.text
    rapport.settle()
    assert rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]["score"] == 5
    rapport.clock.advance(hours=3)
    late = rapport.call("POST", path, "Pia Lead", stage="change", satisfaction="1")
    assert "Your first answer counts and has not been changed." in late.text
    assert "Send answer" not in rapport.call("GET", path, "Pia Lead").text


@sqlite_only
def test_an_answer_by_mail_is_not_overwritten_in_jira(rapport: Rapport) -> None:
    path = ask_pia(rapport)
    assert cast.answer(cast.survey_link(rapport.mails_to(GRETA)[0]), 2).status_code == 200
    assert "You have already answered" in rapport.call("GET", path, "Pia Lead").text
    held = rapport.call("POST", path, "Pia Lead", stage="first", satisfaction="5")
    assert "Your first answer counts and has not been changed." in held.text
    rapport.settle()
    assert rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]["score"] == 2
    quarantine = rapport.call("GET", f"/projects/{cast.project_id(rapport)}/quarantine", "Pia Lead").text
    assert "signed in to Jira" in quarantine


@sqlite_only
def test_nobody_else_answers_and_nobody_after_the_time(two_sites: Rapport) -> None:
    rapport, path = two_sites, ask_pia(two_sites)
    rival = rapport.jira.sites[1]
    good = {"stage": "first", "satisfaction": "5"}
    for method in ("GET", "POST"):
        assert rapport.call(method, path, "Tom Team", **good).status_code == 404
        assert rapport.call(method, path, "Ada Admin", **good).status_code == 404
        assert rapport.call(method, path, "Sam Stranger", **good).status_code == 403
        assert rapport.call(method, path, "Pia Lead", rival, **good).status_code == 404
    for odd in (
        {"satisfaction": "6"},
        {"satisfaction": "\0"},
        {"comment": "\0", "satisfaction": "5"},
        {"comment": "x" * 4001},
    ):
        assert rapport.call("POST", path, "Pia Lead", stage="nonsense", **odd).status_code == 422
    rapport.clock.ahead += timedelta(days=15)
    assert rapport.call("GET", path, "Pia Lead").status_code == 404
    assert rapport.call("POST", path, "Pia Lead", **good).status_code == 404
