"""Ratings that reporters give in the service desk itself: found, shown apart from surveys, and followed when they change."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from connect import JiraSite, JiraUnreachable
from tests.devhost.demo_cast import GRETA
from tests.flow import cast
from tests.flow.test_quarantine import decide, press_without_a_hand
from tests.running import Rapport


@pytest.fixture
def desk(rapport: Rapport) -> Rapport:
    """DEMO serves requests, and asks nobody by mail: it has a checkpoint and no customer."""
    rapport.site.project("DEMO").project_type = "service_desk"
    cast.add_checkpoint(rapport, "Done")
    rapport.settle()
    return rapport


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page(rapport: Rapport) -> str:
    return words(rapport.page(f"/projects/{cast.project_id(rapport)}/satisfaction", "Tom Team").text)


def panel(rapport: Rapport, key: str) -> str:
    return words(rapport.page(f"/issues/{rapport.site.issue(key).id}/panel", "Tom Team").text)


def after(rapport: Rapport, **duration: float) -> None:
    """Later, for Jira as well: its issues are older then."""
    for issue in rapport.site.issues.values():
        issue.updated -= timedelta(**duration, minutes=1)
    rapport.clock.advance(**duration, minutes=1)
    rapport.settle()


def looks(rapport: Rapport) -> int:
    """How often the service desk was asked so far."""
    return sum("/servicedeskapi/" in entry.url for entry in rapport.site.wire)


def test_a_rating_is_found_followed_and_kept_apart_from_surveys(desk: Rapport) -> None:
    assert "Service desk rating" not in page(desk)
    assert "service desk" not in desk.call("GET", f"/gadget/projects/{cast.project_id(desk)}", "Tom Team").text
    for key in ("DEMO-7", "DEMO-8"):
        cast.move(desk, key, "Done")
    desk.settle()
    assert "No rating yet in these 90 days." in page(desk)
    assert "Service desk rating: no rating yet" in panel(desk, "DEMO-7")

    desk.site.issue("DEMO-7").rating, desk.site.issue("DEMO-8").rating = 2, 5
    assert "no rating yet" in panel(desk, "DEMO-7")
    after(desk, days=1)
    assert "Service desk rating: 2/5 · found" in panel(desk, "DEMO-7")
    assert "Not asked: skipped" in panel(desk, "DEMO-7")  # the score of surveys is still none
    shown = page(desk)
    assert "Mean of service desk ratings 3.5 /5 n = 2 · newest found" in shown
    assert "Gave 4 or 5 50% n = 2" in shown
    assert "5/5: 1 2/5: 1" in shown
    assert "No answers in this period" in shown
    gadget = words(desk.call("GET", f"/gadget/projects/{cast.project_id(desk)}", "Tom Team").text)
    assert "Mean of service desk ratings 3.5/5 · n = 2" in gadget
    draft = words(desk.call("POST", f"/projects/{cast.project_id(desk)}/draft", "Pia Lead").text)
    assert "Ratings in Jira’s service desk, in no number of surveys: 1 of 2 satisfied" in draft
    assert "mean 3.5 of 5." in draft
    told = desk.site.project("DEMO").properties.get("rapport-project", {})
    assert told.get("n", 0) == 0
    assert "score" not in desk.site.issue("DEMO-7").properties["rapport-satisfaction"]

    desk.site.issue("DEMO-7").rating, desk.site.issue("DEMO-8").rating = 4, None
    after(desk, days=2)
    assert "Mean of service desk ratings 4.0 /5 n = 1" in page(desk)
    assert "no rating yet" in panel(desk, "DEMO-8")
    after(desk, days=4)
    after(desk, days=7)
    asked = looks(desk)
    after(desk, days=60)
    assert looks(desk) == asked == 2 * 5
    cast.move(desk, "DEMO-8", "To Do")  # reopened: when it is done again, it is looked at again
    desk.site.issue("DEMO-8").rating = 5
    cast.move(desk, "DEMO-8", "Done")
    desk.settle()
    assert "Service desk rating: 5/5" in panel(desk, "DEMO-8")
    desk.site.assert_no_contract_problems()


def test_where_no_webhook_came_the_sweep_finds_requests_that_are_done(desk: Rapport) -> None:
    desk.site.faults.lose_webhooks = True
    cast.move(desk, "DEMO-7", "Done")
    desk.site.issue("DEMO-7").rating = 3
    desk.clock.advance(hours=1, minutes=1)
    desk.settle()
    assert "Service desk rating: 3/5" in panel(desk, "DEMO-7")


@pytest.mark.parametrize("status", [403, 400])
def test_a_service_desk_that_refuses_is_left_alone(desk: Rapport, status: int) -> None:
    desk.site.faults.jira_path, desk.site.faults.jira_status = "/servicedeskapi/", status
    cast.move(desk, "DEMO-7", "Done")
    desk.settle()
    after(desk, days=30)
    assert looks(desk) == 1
    assert "Service desk rating" not in page(desk)


def test_while_jira_is_away_the_look_waits(desk: Rapport) -> None:
    desk.site.issue("DEMO-7").rating = 4
    desk.site.faults.jira_path, desk.site.faults.jira_status = "/servicedeskapi/", 503
    cast.move(desk, "DEMO-7", "Done")
    desk.settle()
    assert "Service desk rating" not in page(desk)
    desk.site.faults.jira_status = None
    after(desk, hours=1)
    assert "Service desk rating: 4/5" in panel(desk, "DEMO-7")


def test_a_project_that_serves_no_requests_is_not_looked_at(rapport: Rapport) -> None:
    cast.add_checkpoint(rapport, "Done")
    rapport.site.issue("DEMO-7").rating = 4
    cast.move(rapport, "DEMO-7", "Done")
    rapport.settle()
    assert looks(rapport) == 0
    assert "Service desk rating" not in page(rapport)


@pytest.fixture
def asked(desk: Rapport) -> str:
    """Greta's link: DEMO-7 is done, and she has not answered."""
    cast.add_contact(desk, cast.add_customer(desk, "Nordlicht"), "Greta Probe", GRETA)
    assert "Off" in switch(desk, "off")
    cast.move(desk, "DEMO-7", "Done")
    desk.settle()
    return cast.survey_link(desk.mails_to(GRETA)[-1])


def switch(rapport: Rapport, state: str, status: int = 200) -> str:
    path = f"/projects/{cast.project_id(rapport)}/desk-ratings"
    told = rapport.call("POST", f"{path}/{state}", "Pia Lead")
    assert told.status_code == status
    return words(rapport.call("GET", path, "Pia Lead").text)


def look_over(rapport: Rapport) -> None:
    """As whenever something of the issue counts anew, here a waiver."""
    path = f"/issues/{rapport.site.issue('DEMO-7').id}/waiver"
    assert rapport.call("POST", path, "Pia Lead", reason="On the phone").status_code == 200
    rapport.settle()


def given(rapport: Rapport) -> list[str]:
    """What the service desk was sent."""
    return [each.request_body for each in rapport.site.wire if each.method == "POST" and "/servicedeskapi/" in each.url]


def test_a_score_becomes_the_rating_of_a_request_that_has_none(desk: Rapport, asked: str) -> None:
    assert "On" in switch(desk, "on")
    cast.answer(asked, 4, "The words stay with us.")
    desk.settle()
    assert given(desk) == ['{"type": "csat", "rating": 4}']
    assert desk.site.issue("DEMO-7").rating == 4
    assert "Service desk rating: 4/5 · given by Rapport from an answer" in panel(desk, "DEMO-7")
    after(desk, days=1)
    assert "No rating yet in these 90 days." in page(desk)  # our own is no news
    desk.site.issue("DEMO-7").rating = 2
    after(desk, days=3)
    assert "Mean of service desk ratings 2.0 /5 n = 1" in page(desk)
    look_over(desk)
    assert len(given(desk)) == 1
    desk.site.assert_no_contract_problems()


def test_the_rating_follows_when_the_answer_is_changed_until_the_reporter_rates(
    desk: Rapport, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(desk, "on")
    cast.answer(asked, 4)
    desk.settle()
    honest = JiraSite.rate_request

    def never_arrives(site: JiraSite, issue_id: str, rating: int) -> None:
        monkeypatch.setattr(JiraSite, "rate_request", honest)
        raise JiraUnreachable("timeout")

    monkeypatch.setattr(JiraSite, "rate_request", never_arrives)
    cast.answer(f"{asked}?change=1", 2)
    desk.settle()
    assert desk.site.issue("DEMO-7").rating == 4
    assert "given by Rapport" in panel(desk, "DEMO-7"), "whatever became of the call, the old one is ours"
    after(desk, hours=1)
    assert desk.site.issue("DEMO-7").rating == 2
    assert "Service desk rating: 2/5 · given by Rapport from an answer" in panel(desk, "DEMO-7")
    assert "No rating yet in these 90 days." in page(desk)
    desk.site.issue("DEMO-7").rating = 5
    cast.answer(f"{asked}?change=1", 3)
    desk.settle()
    assert desk.site.issue("DEMO-7").rating == 5
    assert "Service desk rating: 5/5 · found" in panel(desk, "DEMO-7")


def test_a_rating_whose_answer_counts_no_more_is_taken_back_where_jira_lets_us(desk: Rapport, asked: str) -> None:
    switch(desk, "on")
    press_without_a_hand(asked, 4)
    decide(desk, "accept")
    assert desk.site.issue("DEMO-7").rating == 4
    decide(desk, "take-back")
    assert desk.site.issue("DEMO-7").rating == 4, "the app may write, and delete nothing"
    assert "Service desk rating: 4/5 · given by Rapport" in panel(desk, "DEMO-7")
    assert "On" in switch(desk, "on")
    assert desk.site.app is not None
    desk.site.app.descriptor["scopes"] = ["READ", "WRITE", "DELETE"]
    look_over(desk)
    assert desk.site.issue("DEMO-7").rating is None
    assert "Service desk rating: no rating yet" in panel(desk, "DEMO-7")
    decide(desk, "accept")
    assert desk.site.issue("DEMO-7").rating == 4
    desk.site.assert_no_contract_problems()


def test_nothing_is_given_where_it_is_off_or_the_reporter_was_first(desk: Rapport, asked: str) -> None:
    cast.answer(asked, 4)
    desk.settle()
    assert given(desk) == []
    switch(desk, "on")
    desk.site.issue("DEMO-7").rating = 1
    look_over(desk)
    assert given(desk) == []
    assert "Service desk rating: 1/5 · found" in panel(desk, "DEMO-7")


@pytest.mark.parametrize("status", [403, 401])
def test_a_refusal_switches_it_off_and_is_said_where_it_was_switched_on(desk: Rapport, asked: str, status: int) -> None:
    switch(desk, "on")
    desk.site.faults.jira_path, desk.site.faults.jira_status = "/servicedeskapi/", status
    cast.answer(asked, 4)
    desk.settle()
    shown = switch(desk, "nowhere", status=404)
    assert "Off" in shown
    assert "Jira did not let Rapport give a rating" in shown
    desk.site.faults.jira_status = None
    look_over(desk)
    assert given(desk) == []
    assert "Jira did not let" not in switch(desk, "on")


def test_while_jira_is_away_the_score_waits(desk: Rapport, asked: str) -> None:
    switch(desk, "on")
    desk.site.faults.jira_path, desk.site.faults.jira_status = "/servicedeskapi/", 503
    cast.answer(asked, 4)
    desk.settle()
    assert given(desk) == []
    desk.site.faults.jira_status = None
    after(desk, hours=1)
    assert given(desk) == ['{"type": "csat", "rating": 4}']


def test_a_rating_whose_answer_was_lost_is_given_once_and_known_as_ours(
    desk: Rapport, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = JiraSite.rate_request

    def lose(site: JiraSite, issue_id: str, rating: int) -> None:
        monkeypatch.setattr(JiraSite, "rate_request", honest)
        honest(site, issue_id, rating)
        raise JiraUnreachable("timeout")

    switch(desk, "on")
    monkeypatch.setattr(JiraSite, "rate_request", lose)
    cast.answer(asked, 4)
    desk.settle()
    after(desk, hours=1)
    assert len(given(desk)) == 1
    assert "given by Rapport" in panel(desk, "DEMO-7")
    assert "No rating yet" in page(desk)


def test_only_a_service_project_can_switch_it_on_and_only_its_admin(rapport: Rapport) -> None:
    path = f"/projects/{cast.project_id(rapport)}/desk-ratings"
    switch(rapport, "on", status=400)
    for who in ("Tom Team", "Sam Stranger"):
        assert rapport.call("POST", f"{path}/on", who).status_code == 403
        assert rapport.call("GET", path, who).status_code == 403
    settings = rapport.page(f"/projects/{cast.project_id(rapport)}/settings", "Pia Lead").text
    assert "desk-ratings" not in settings
