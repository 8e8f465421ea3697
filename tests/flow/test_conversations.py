"""What a customer says by phone or in a meeting: kept, marked, apart from surveys, and not for every eye."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import requests

from plugin.privacy import service as privacy
from tests.devhost import adf
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.flow.test_cases import case_issues, cases_tab
from tests.running import Rapport

GRETA = "greta@nordlicht.example"


@pytest.fixture
def asked(rapport: Rapport) -> Rapport:
    add_checkpoint(rapport, "In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA, role="sponsor")
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return rapport


def issue_id(rapport: Rapport, key: str = "DEMO-7") -> str:
    return rapport.site.issue(key).id


def record(rapport: Rapport, who: str = "Pia Lead", **form: Any) -> requests.Response:
    fields = {"speaker": "1", "channel": "phone", "score": "2", "words": "She waits for the invoice.", **form}
    return rapport.call("POST", f"/issues/{issue_id(rapport)}/conversations", who, **fields)


def read(reply: requests.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(reply.text)).split())


def panel(rapport: Rapport, who: str) -> str:
    return read(rapport.page(f"/issues/{issue_id(rapport)}/panel", who))


def overview(rapport: Rapport) -> str:
    return read(rapport.page(f"/projects/{project_id(rapport)}/post-mortem", "Pia Lead"))


def test_it_is_marked_and_in_no_number_of_surveys(asked: Rapport) -> None:
    answer(survey_link(asked.mails_to(GRETA)[0]), 5)
    asked.settle()
    before = asked.site.issue("DEMO-7").properties["rapport-satisfaction"]
    assert record(asked).status_code == 200
    record(asked, channel="meeting", score="4", words="")
    asked.settle()
    assert asked.site.issue("DEMO-7").properties["rapport-satisfaction"] == before
    shown = panel(asked, "Pia Lead")
    assert "She waits for the invoice. Heard by phone Greta Probe · 2/5" in shown
    assert "Heard in a meeting Greta Probe · 4/5" in shown
    assert "by phone or in a meeting: 2 conversations, 1 of 2 satisfied. In no number above" in overview(asked)
    assert "n = 1" in overview(asked)


def test_members_record_by_role_and_see_neither_names_nor_words(asked: Rapport) -> None:
    record(asked)
    assert record(asked, "Tom Team", speaker="1").status_code == 422, (
        "a contact is no choice without the right to see names"
    )
    noted = record(asked, "Tom Team", speaker="key_user", score="", words="All is well.")
    assert "A key user" in read(noted)
    for shown in (read(noted), panel(asked, "Tom Team")):
        assert "Heard by phone A sponsor · 2/5" in shown
        for hidden in ("Greta", "invoice", "All is well"):
            assert hidden not in shown
    assert "All is well." in panel(asked, "Pia Lead")
    assert record(asked, "Sam Stranger").status_code in (403, 404)


def test_the_form_offers_whom_the_customers_have_now(asked: Rapport) -> None:
    add_contact(asked, 1, "Anna Probe", "anna@nordlicht.example")

    def offered() -> list[str]:
        page = asked.page(f"/issues/{issue_id(asked)}/panel", "Pia Lead").text
        return re.findall(r">(\w+ Probe)</option>", page)

    assert offered() == ["Anna Probe", "Greta Probe"]
    removed = asked.call("POST", f"/projects/{project_id(asked)}/contacts/1/remove", "Pia Lead")
    assert removed.status_code == 200
    assert offered() == ["Anna Probe"], "Greta was asked about this issue, and is told of, but is no contact any more"
    assert "Greta Probe" in panel(asked, "Pia Lead")


def test_nothing_said_is_refused_beside_the_field(asked: Rapport) -> None:
    refused = record(asked, score="", words=" ")
    assert refused.status_code == 422
    assert "Enter what was said, or choose a score." in read(refused)
    assert record(asked, speaker="99").status_code == 422
    assert "Heard by phone" not in panel(asked, "Pia Lead")


def test_it_is_taken_out_and_put_back(asked: Rapport) -> None:
    record(asked)
    gone = asked.call("POST", f"/issues/{issue_id(asked)}/conversations/1/remove", "Pia Lead")
    assert "2/5" not in read(gone)
    assert "conversation" not in overview(asked)
    elsewhere = f"/issues/{issue_id(asked, 'DEMO-8')}/conversations/1/restore"
    assert asked.call("POST", elsewhere, "Pia Lead").status_code == 404
    assert "2/5" in read(asked.call("POST", f"/issues/{issue_id(asked)}/conversations/1/restore", "Pia Lead"))


def test_an_erased_contact_leaves_a_score_and_no_words(asked: Rapport) -> None:
    record(asked)
    privacy.erase_contact(asked.ports.database, asked.tenant_id(), GRETA, asked.clock())
    shown = panel(asked, "Pia Lead")
    assert "2/5" in shown
    assert "invoice" not in shown
    assert "Greta" not in shown


def test_a_low_word_on_the_phone_is_followed_up_as_a_low_answer_is(asked: Rapport) -> None:
    record(asked, score="3")
    asked.settle()
    assert case_issues(asked) == [], "over the limit"
    record(asked, "Tom Team", speaker="key_user", score="1", channel="meeting", words="Nobody calls back.")
    record(asked)
    record(asked, score="1", words="Still no invoice.")
    asked.settle()
    unnamed, greta = case_issues(asked)
    assert unnamed.summary == "A key user: 1 of 5 in a meeting (DEMO-7)"
    assert greta.summary == "Nordlicht: 2 of 5 by phone (DEMO-7)", "one case a person, however often they say it"
    assert "A contact of Nordlicht gave 2 of 5 by phone, about DEMO-7" in adf.plain(greta.description)
    assert greta.due_date is not None
    assert greta.assignee == asked.account("Pia Lead")
    shown = cases_tab(asked)
    assert "Heard by phone" in shown
    assert "She waits for the invoice." in shown
    assert "Nobody calls back." not in cases_tab(asked, "Tom Team")

    for issue in (unnamed, greta):
        move(asked, issue.key, "Done", "Pia Lead")
    asked.settle()
    again = asked.mails_to(GRETA)[-1]
    assert "how we have dealt with this since" in again.text
    assert len(asked.mails_to(GRETA)) == 2, "the invitation, and one question afterwards"
    answer(survey_link(again), 5)
    asked.settle()
    assert "answered 5 of 5, after 2. Recovered." in adf.plain(greta.comments[-1].body)
    draft = asked.call("POST", f"/projects/{project_id(asked)}/draft", "Pia Lead")
    assert "told to the team; afterwards 5" in read(draft)
    assert "Low answer: 2 of 5, told to the team" in read(draft)
    asked.site.assert_no_contract_problems()


def test_whoever_answered_low_already_has_a_case_and_what_is_taken_out_gives_its_case_back(asked: Rapport) -> None:
    said = f"/issues/{issue_id(asked)}/conversations/1"
    record(asked)
    answer(survey_link(asked.mails_to(GRETA)[0]), 1)
    asked.settle()
    (first,) = case_issues(asked)
    asked.call("POST", f"{said}/remove", "Pia Lead")
    asked.settle()
    assert "does not count any more" in adf.plain(first.comments[-1].body)
    assert len(case_issues(asked)) == 2, "now the answer has a case of its own"
    assert "Withdrawn" in cases_tab(asked)
    asked.call("POST", f"{said}/restore", "Pia Lead")
    asked.settle()
    assert "Withdrawn" in cases_tab(asked), "the other case took its place"
    assert len(case_issues(asked)) == 2
