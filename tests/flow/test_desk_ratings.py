"""Ratings that reporters give in the service desk itself: found, shown apart from surveys, and followed when they change."""

from __future__ import annotations

import re

import pytest

from tests.flow import cast
from tests.running import Rapport


@pytest.fixture
def desk(rapport: Rapport) -> Rapport:
    """DEMO serves requests, and asks nobody by mail: it has a checkpoint and no customer."""
    rapport.site.project("DEMO").project_type = "service_desk"
    cast.add_checkpoint(rapport, "Done")
    return rapport


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page(rapport: Rapport) -> str:
    return words(rapport.page(f"/projects/{cast.project_id(rapport)}/satisfaction", "Tom Team").text)


def panel(rapport: Rapport, key: str) -> str:
    return words(rapport.page(f"/issues/{rapport.site.issue(key).id}/panel", "Tom Team").text)


def after(rapport: Rapport, **duration: float) -> None:
    rapport.clock.advance(**duration, minutes=1)
    rapport.settle()


def looks(rapport: Rapport) -> int:
    """How often the service desk was asked so far."""
    return sum("/servicedeskapi/" in entry.url for entry in rapport.site.wire)


def test_a_rating_is_found_followed_and_kept_apart_from_surveys(desk: Rapport) -> None:
    assert "Service desk rating" not in page(desk)
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
    assert "Gave 4 or 5 50 % n = 2" in shown
    assert "5/5: 1 2/5: 1" in shown
    assert "No answers in this period" in shown
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
    after(desk, hours=1)
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
