"""An issue moves, a customer answers, Jira shows it."""

from __future__ import annotations

import re

import requests

from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, survey_link
from tests.running import Rapport


def test_an_issue_moves_a_customer_answers_and_jira_shows_it(framed: Rapport) -> None:
    rapport = framed
    add_checkpoint(rapport, "In review", types=["Story"])
    customer = add_customer(rapport, "Nordlicht Handels GmbH")
    add_contact(rapport, customer, "Greta Probe", "greta@nordlicht.example", language="de")

    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    (mail,) = rapport.mails_to("greta@nordlicht.example")
    assert "Wie zufrieden sind Sie mit dieser Lieferung?" in mail.text
    assert rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]["state"] == "asked"

    link = survey_link(mail, score=4)
    page = requests.get(link, timeout=60)
    assert re.search(r'<input[^>]*value="4"[^>]*checked|<input[^>]*checked[^>]*value="4"', page.text)
    assert answer(link, 4, "Sieht gut aus.").status_code == 200
    rapport.settle()

    stored = rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]
    assert (stored["score"], stored["state"], stored["customer"]) == (4, "answered", "Nordlicht Handels GmbH")
    found = rapport.site.search('"Satisfaction score" >= 4', rapport.account("Tom Team"))
    assert [issue.key for issue in found] == ["DEMO-7"]

    page = rapport.page(f"/projects/{rapport.site.project('DEMO').id}/post-mortem", "Pia Lead")
    assert "Sieht gut aus." in page.text
    assert "100%" in page.text
    assert "n = 1" in page.text
