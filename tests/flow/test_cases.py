"""A low answer is followed up: in Jira by the team, and afterwards with the customer."""

from __future__ import annotations

from html import unescape

import pytest
import requests

from plugin.cases import service as cases
from plugin.cases.business_time import due_at
from tests.devhost import adf
from tests.devhost.records import Issue
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.flow.test_quarantine import decide, press_without_a_hand
from tests.running import Rapport

GRETA = "greta@nordlicht.example"
WORDS = "The order form loses my entries."


@pytest.fixture
def asked(rapport: Rapport) -> Rapport:
    """Greta has been asked about DEMO-7."""
    add_checkpoint(rapport, "In review", types=["Story"], name="Story → In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA, country="DE")
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return rapport


def say(rapport: Rapport, score: int, words: str = "") -> None:
    """Greta answers the newest mail."""
    assert answer(survey_link(rapport.mails_to(GRETA)[-1]), score, words).status_code == 200
    rapport.settle()


def case_issues(rapport: Rapport) -> list[Issue]:
    return [issue for issue in rapport.site.issues.values() if "customer-satisfaction" in issue.labels]


def cases_tab(rapport: Rapport, who: str = "Pia Lead") -> str:
    screen = rapport.call("GET", f"/projects/{project_id(rapport)}/cases", who)
    assert screen.status_code == 200
    return unescape(screen.text)


def state_of(rapport: Rapport, key: str = "DEMO-7") -> str:
    return str(rapport.site.issue(key).properties["rapport-satisfaction"]["state"])


def test_a_low_answer_becomes_an_issue_and_the_customer_says_whether_it_helped(asked: Rapport) -> None:
    say(asked, 2, WORDS)
    (issue,) = case_issues(asked)
    text = adf.plain(issue.description)
    assert "Nordlicht: 2 of 5 at the checkpoint “Story → In review” (DEMO-7)" in issue.summary
    assert issue.due_date is not None
    with asked.ports.database.reading(asked.tenant_id()) as tx:
        (case,) = cases.list_of_issue(tx, asked.site.issue("DEMO-7").id)
    assert case.due_at == due_at(case.opened_at, 16, "Europe/Berlin", "DE"), "on the days on which people work there"
    assert issue.assignee == asked.account("Pia Lead")
    assert asked.site.issue("DEMO-7").id in [
        link.outward for link in asked.site.links.values() if link.inward == issue.id
    ]
    assert WORDS not in text, "everybody in the project sees the issue"
    assert "Greta" not in text
    assert WORDS in cases_tab(asked)
    assert "To be contacted" in cases_tab(asked)
    assert WORDS not in cases_tab(asked, "Tom Team")

    asked.clock.advance(hours=2)
    move(asked, issue.key, "In Progress", "Pia Lead")
    asked.settle()
    assert "First contact" in cases_tab(asked)
    assert len(asked.mails_to(GRETA)) == 1

    move(asked, issue.key, "Done", "Pia Lead")
    asked.settle()
    again = asked.mails_to(GRETA)[-1]
    assert "how we have dealt with this since" in again.text
    assert len(asked.mails_to(GRETA)) == 2, "asked again although the quiet period runs, and once"
    page = requests.get(survey_link(again), timeout=60).text
    assert "<textarea" not in page, "one item and no more"

    say(asked, 4)
    assert state_of(asked) == "recovered"
    assert "Recovered" in cases_tab(asked)
    assert "answered 4 of 5, after 2. Recovered." in adf.plain(issue.comments[-1].body)
    overview = asked.call("GET", f"/projects/{project_id(asked)}/overview", "Pia Lead").text
    assert "n = 1" in overview, "the second word of the same person lifts no number"
    plan = unescape(asked.call("GET", f"/projects/{project_id(asked)}/plan", "Tom Team").text)
    assert "Recovered: 2, then 4" in plan

    move(asked, issue.key, "In Progress", "Pia Lead")
    move(asked, issue.key, "Done", "Pia Lead")
    asked.settle()
    assert len(asked.mails_to(GRETA)) == 2


def test_a_customer_who_is_still_unhappy_is_not_recovered_and_opens_no_second_case(asked: Rapport) -> None:
    say(asked, 1)
    (issue,) = case_issues(asked)
    move(asked, issue.key, "Done", "Pia Lead")
    asked.settle()
    say(asked, 2)
    assert state_of(asked) == "low"
    assert "Not recovered" in cases_tab(asked)
    assert len(case_issues(asked)) == 1


def test_an_answer_over_the_limit_opens_nothing(asked: Rapport) -> None:
    say(asked, 3, WORDS)
    assert case_issues(asked) == []
    assert "No case." in cases_tab(asked)


def test_what_is_in_quarantine_opens_nothing_and_going_back_there_takes_the_case_back(asked: Rapport) -> None:
    press_without_a_hand(survey_link(asked.mails_to(GRETA)[0]), 2)
    asked.settle()
    assert case_issues(asked) == []
    decide(asked, "accept")
    (issue,) = case_issues(asked)
    decide(asked, "take-back")
    assert "does not count any more" in adf.plain(issue.comments[-1].body)
    assert "Withdrawn" in cases_tab(asked)
    move(asked, issue.key, "Done", "Pia Lead")
    asked.settle()
    assert len(asked.mails_to(GRETA)) == 1, "nobody is asked about a case that is none"
    decide(asked, "accept")
    assert "Withdrawn" not in cases_tab(asked)
    assert case_issues(asked) == [issue]


def test_a_case_is_made_once_although_jira_is_away_and_the_word_gets_lost(asked: Rapport) -> None:
    asked.site.faults.jira_status = 503
    say(asked, 2)
    asked.site.faults.jira_status = None
    assert case_issues(asked) == []
    assert "To be contacted" in cases_tab(asked)
    asked.clock.advance(minutes=2)
    asked.settle()
    assert len(case_issues(asked)) == 1


def test_a_case_whose_issue_was_deleted_goes_on_by_hand(asked: Rapport) -> None:
    say(asked, 2)
    (issue,) = case_issues(asked)
    asked.site.delete_issue(issue.key, asked.account("Pia Lead"))
    asked.settle()
    assert "(deleted in Jira)" in cases_tab(asked)
    case_id = cases_tab(asked).split('id="case-')[1].split('"')[0]
    path = f"/projects/{project_id(asked)}/cases/{case_id}"
    assert asked.call("POST", f"{path}/contacted", "Tom Team").status_code == 200
    assert asked.call("POST", f"{path}/closed", "Tom Team").status_code == 200
    asked.settle()
    assert len(asked.mails_to(GRETA)) == 2


def test_with_the_admins_word_the_issue_tells_who_said_what(asked: Rapport) -> None:
    path = f"/projects/{project_id(asked)}/cases/policy"
    form = {"issue_type_id": "", "label": "unhappy", "contact_hours": 8, "with_words": "y", "mail_to": ""}
    assert asked.call("POST", path, "Tom Team", **form).status_code == 403
    assert asked.call("POST", path, "Pia Lead", **form | {"label": "two words"}).status_code == 422
    assert asked.call("POST", path, "Pia Lead", **form).status_code == 200
    say(asked, 2, WORDS)
    issue = next(issue for issue in asked.site.issues.values() if "unhappy" in issue.labels)
    assert WORDS in adf.plain(issue.description)
    assert "Greta Probe of Nordlicht" in adf.plain(issue.description)


def test_a_project_whose_screens_know_less_gets_a_plain_issue(asked: Rapport) -> None:
    asked.site.link_types.clear()
    say(asked, 2)
    found = [issue for issue in asked.site.issues.values() if "2 of 5 at" in issue.summary]
    assert [issue.labels for issue in found] == [[]]
