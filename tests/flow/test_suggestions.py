"""Suggestions, from reading to asking: they ask from the moment in which somebody switches them on."""

from __future__ import annotations

import re
from html import unescape

from tests.flow.cast import add_contact, add_customer, move, project_id
from tests.running import Rapport

GRETA = "greta@nordlicht.example"


def set_up(rapport: Rapport, method: str, path: str = "") -> str:
    answer = rapport.call(method, f"/projects/{project_id(rapport)}/set-up{path}", "Pia Lead")
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_a_suggestion_asks_about_nothing_that_was_before_it_was_switched_on(rapport: Rapport) -> None:
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    set_up(rapport, "POST", "/begin")
    rapport.settle()
    rapport.clock.advance(hours=1)
    move(rapport, "DEMO-7", "In review")
    rapport.clock.advance(hours=1)
    assert "checkpoints are on" in set_up(rapport, "POST", "/switch-on")
    rapport.clock.advance(hours=2)
    rapport.settle()
    assert rapport.mails_to(GRETA) == []
    move(rapport, "DEMO-8", "In review")
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1


def test_what_was_left_out_stays_so_when_the_history_is_read_again(rapport: Rapport) -> None:
    set_up(rapport, "POST", "/begin")
    rapport.settle()
    drafts = re.findall(r"/set-up/(\d+)/leave_out", set_up(rapport, "GET"))
    assert len(drafts) == 4
    set_up(rapport, "POST", f"/{drafts[0]}/leave_out")
    set_up(rapport, "POST", "/begin")
    rapport.settle()
    shown = set_up(rapport, "GET")
    assert re.findall(r"/set-up/(\d+)/leave_out", shown) == drafts[1:]
    assert f"/set-up/{drafts[0]}/bring_back" in shown
