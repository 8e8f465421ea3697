"""The ledger of a project: the plan from day one, what people did, and what the app did by itself."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport


@pytest.fixture
def set_up(rapport: Rapport) -> Rapport:
    add_checkpoint(rapport, "In review", types=["Story"], name="Story → In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", "greta@nordlicht.example")
    return rapport


def plan(rapport: Rapport, who: str = "Tom Team") -> str:
    return unescape(rapport.call("GET", f"/projects/{project_id(rapport)}/plan", who).text)


def send(rapport: Rapport, path: str, who: str = "Tom Team", status: int = 200, **form: object) -> str:
    answer = rapport.call("POST", f"/projects/{project_id(rapport)}/plan/{path}", who, **form)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def activity_id(screen: str, title: str) -> str:
    found = re.search(rf'/plan/(\d+)"[^>]*aria-label="Edit {re.escape(title)}"', screen)
    assert found, screen
    return found[1]


def test_the_plan_is_there_from_the_first_day_and_only_once(set_up: Rapport) -> None:
    screen = plan(set_up)
    assert screen.count("<strong>Routine update: done, next, risks") == 1
    for kind in ("Talk about expectations", "Service point", "Routine update", "Review with the customer"):
        assert kind in screen


def test_every_kind_is_planned_done_and_judged(set_up: Rapport) -> None:
    today = set_up.clock().date()
    for kind in ("update", "review", "expectation", "recovery", "service_point", "checkpoint", "other"):
        form = {"kind": kind, "title": f"A {kind} of ours", "planned_on": today - timedelta(days=1), "repeat_days": 0}
        screen = send(set_up, "new", **form)
        number = activity_id(screen, f"A {kind} of ours")
        assert "Overdue" in screen
        done = form | {"done_on": today, "result": f"The {kind} helped", "more_needed": "y", "more": "With sales too"}
        screen = send(set_up, number, **done)
        assert f"The {kind} helped" in screen
        assert "Overdue" not in screen
    assert screen.count("With sales too") == 7


def test_what_is_repeated_is_planned_again_when_it_is_done(set_up: Rapport) -> None:
    screen, today = plan(set_up), set_up.clock().date()
    title = "Routine update: done, next, risks, in the customer’s words"
    form = {"kind": "update", "title": title, "repeat_days": 14, "done_on": today}
    number = activity_id(screen, title)
    screen = send(set_up, number, **form)
    assert screen.count(f"<strong>{title}</strong>") == 2
    assert send(set_up, number, **form).count(f"<strong>{title}</strong>") == 2, "saving it again plans nothing"
    screen = send(set_up, f"{number}/remove")
    assert screen.count(f"<strong>{title}</strong>") == 1
    assert send(set_up, f"{number}/restore").count(f"<strong>{title}</strong>") == 2


def test_asks_answers_and_silence_enter_themselves_and_take_a_judgement(set_up: Rapport) -> None:
    move(set_up, "DEMO-7", "In review")
    set_up.settle()
    assert "1 asked, 0 answered, 0 silent" in plan(set_up)
    answer(survey_link(set_up.mails_to("greta@nordlicht.example")[0]), 4)
    set_up.settle()
    screen = plan(set_up)
    assert "1 asked, 1 answered, 0 silent; 1 of 1 satisfied" in screen
    found = re.search(r"/plan/checkpoint/(\d+)", screen)
    assert found
    assert "Ask the buyers too" in send(set_up, f"checkpoint/{found[1]}", more="Ask the buyers too")
    assert "Ask the buyers too" not in send(set_up, f"checkpoint/{found[1]}", more="")
    send(set_up, "case/999", status=404, more="x")


def test_one_line_from_the_issue_panel_is_in_the_ledger(set_up: Rapport) -> None:
    issue = set_up.site.issue("DEMO-7")
    panel = set_up.page(f"/issues/{issue.id}/panel", "Tom Team").text
    assert "Note what you did for the customer" in panel
    form = {"kind": "expectation", "title": "Told Greta that the date moves"}
    done = set_up.call("POST", f"/issues/{issue.id}/activities", "Tom Team", **form)
    assert "Noted in the plan" in done.text
    assert "Told Greta that the date moves" in plan(set_up)
    assert "DEMO-7" in plan(set_up)
    assert set_up.call("POST", f"/issues/{issue.id}/activities", "Tom Team", title="").status_code == 422


def test_bad_input_comes_back_with_a_word_beside_the_field(set_up: Rapport) -> None:
    for form in ({}, {"kind": "party", "title": "x"}, {"title": "x" * 201}, {"title": "x", "planned_on": "tomorrow"}):
        assert 'class="error"' in send(set_up, "new", status=422, **{"kind": "update", **form})
    send(set_up, "999", status=404, kind="update", title="x")
    assert set_up.call("POST", f"/projects/{project_id(set_up)}/plan/new", "Sam Stranger").status_code == 403
