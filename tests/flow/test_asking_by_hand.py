"""Somebody on the team asks from an issue: sees before sending who would be asked and who not, and is held to the limits."""

from __future__ import annotations

import re

import pytest

from tests.devhost.demo_cast import GRETA
from tests.flow import cast
from tests.running import Rapport

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def path_of(rapport: Rapport, key: str = "DEMO-7") -> str:
    return f"/issues/{rapport.site.issue(key).id}/ask"


def look(rapport: Rapport, who: str = "Tom Team", more: str = "") -> str:
    return rapport.call("GET", path_of(rapport) + more, who).text


def ask(rapport: Rapport, shown: str, who: str = "Tom Team", **more: str) -> str:
    once = re.search(r'name="once" value="([\w-]+)"', shown)
    assert once
    answer = rapport.call("POST", path_of(rapport), who, **{"once": once[1], "template": "delivery", **more})
    assert answer.status_code == 200, answer.text
    return answer.text


@sqlite_only
def test_an_ask_by_hand_goes_through_the_limits_and_is_on_record(framed: Rapport) -> None:
    rapport = framed
    customer = cast.add_customer(rapport, "Nordlicht Handels GmbH")
    cast.add_contact(rapport, customer, "Greta Probe", GRETA, role="key_user")
    cast.add_contact(rapport, customer, "Jan Vorlage", "")
    shown = look(rapport)
    assert "A key user" in shown
    assert "Greta" not in shown  # names are for project admins
    assert "There is no e-mail address." in shown
    assert "Ask 1 person" in shown
    assert "Greta Probe" in look(rapport, "Pia Lead")

    assert "1 person is asked." in ask(rapport, shown)
    assert "Nobody was asked." in ask(rapport, shown)  # pressed twice
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1

    again = look(rapport, "Pia Lead")
    assert "Too soon after, or before, another survey. Next free date: " in again
    assert "Nobody can be asked now." in again
    assert "Ask 1 person" not in again
    refused = ask(rapport, again, "Pia Lead")
    assert "Nobody was asked." in refused
    assert "it would have been too soon after, or before, another survey. Next free date: " in refused
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1
    log = rapport.call("GET", f"/projects/{cast.project_id(rapport)}/log", "Pia Lead").text
    assert log.count("Asked by hand: Delivery") == 4


@sqlite_only
def test_there_may_be_nobody_to_ask_and_the_way_out_is_said(rapport: Rapport) -> None:
    assert "This project has no customer yet." in look(rapport)
    cast.add_customer(rapport, "Nordlicht Handels GmbH")
    assert "The customer has no contact yet." in look(rapport)
    cast.add_customer(rapport, "Ateliers Fictifs")
    assert "Choose the customer of this issue first." in look(rapport)
    ask(rapport, look(rapport))
    checkpoints = f"/projects/{cast.project_id(rapport)}/checkpoints"
    number = rapport.call("GET", checkpoints, "Pia Lead").text.split("/off")[0].rpartition("/")[2]
    assert rapport.call("POST", f"{checkpoints}/{number}/off", "Pia Lead").status_code == 200
    assert "A project admin has paused asking by hand with this survey." in look(rapport)
    assert "Nobody was asked." in ask(rapport, look(rapport, more="?template=review"))


@sqlite_only
def test_strangers_and_odd_input_ask_nobody(two_sites: Rapport) -> None:
    rapport, path = two_sites, path_of(two_sites)
    rival = rapport.jira.sites[1]
    cast.add_contact(rapport, cast.add_customer(rapport, "Nordlicht Handels GmbH"), "Greta Probe", GRETA)
    good = {"once": "a" * 22, "template": "delivery"}
    assert rapport.call("POST", path, "Sam Stranger", **good).status_code == 403
    assert rapport.call("POST", path.replace("ask", "nothing"), "Tom Team", **good).status_code == 404
    assert rapport.call("POST", "/issues/999999/ask", "Tom Team", **good).status_code in (403, 404)
    for odd in ({"once": ""}, {"once": "\0" * 20}, {"once": "a" * 65}):
        assert rapport.call("POST", path, "Tom Team", **{**good, **odd}).status_code == 400
    for template in ("", "recovery", "survey-1", "\0", "x" * 5000):
        assert rapport.call("POST", path, "Tom Team", **{**good, "template": template}).status_code in (400, 404)
        assert rapport.call("GET", path, "Tom Team").status_code == 200
    assert rapport.call("GET", f"{path}?template=%00", "Tom Team").status_code == 404
    rapport.call("POST", path, "Tom Team", rival, **good)
    rapport.settle()
    assert rapport.jira.mailbox.messages == []
