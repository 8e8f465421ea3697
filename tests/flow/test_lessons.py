"""What one project learns is laid before the next one's plan."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.flow.cast import add_checkpoint, add_contact, add_customer, move, project_id, status_id
from tests.running import Rapport

LESSON = {
    "situation": "The customer sees the form only at the end",
    "advice": "Show a clickable form before it is built",
    "phase": "delivery",
    "checkpoint": "In review",
    "customer_id": "",
    "shared": "y",
}


def ask(rapport: Rapport, method: str, path: str, who: str, status: int = 200, key: str = "OPS", **form: object) -> str:
    reply = rapport.call(method, f"/projects/{project_id(rapport, key)}/{path}", who, **form)
    assert reply.status_code == status, f"{reply.status_code} {reply.text}"
    return unescape(reply.text)


def start_ops(rapport: Rapport, customer: str = "Südwind") -> None:
    """The second project begins."""
    ask(rapport, "POST", "customers", "Olga Ops", name=customer)


def offer_ids(screen: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"/offers/(\d+)/decline", screen)))


@pytest.fixture
def learned(rapport: Rapport) -> Rapport:
    ask(rapport, "POST", "lessons/new", "Tom Team", key="DEMO", **LESSON)
    return rapport


def test_a_lesson_is_offered_accepted_and_becomes_a_planned_activity(learned: Rapport) -> None:
    assert "Offered to this project" not in ask(learned, "GET", "lessons", "Olga Ops")
    start_ops(learned)
    screen = ask(learned, "GET", "lessons", "Olga Ops")
    assert LESSON["advice"] in screen
    (offer,) = offer_ids(screen)
    form = {"kind": "review", "planned_on": "2027-01-04"}
    assert "1 of 1 taken into the plan" in ask(learned, "POST", f"lessons/offers/{offer}/activity", "Tom Team", **form)
    plan = ask(learned, "GET", "plan", "Olga Ops")
    assert LESSON["advice"] in plan
    assert "from a lesson" in plan
    ask(learned, "POST", f"lessons/offers/{offer}/decline", "Tom Team", 409, reason="Too late")
    ask(learned, "POST", "lessons/offers/999/activity", "Tom Team", 404, **form)


def test_a_lesson_becomes_a_checkpoint_that_asks(learned: Rapport) -> None:
    start_ops(learned)
    (offer,) = offer_ids(ask(learned, "GET", "lessons", "Olga Ops"))
    form = {"to_status_id": status_id(learned, "In Progress"), "template": "review"}
    ask(learned, "POST", f"lessons/offers/{offer}/checkpoint", "Tom Team", 403, **form)
    ask(learned, "POST", f"lessons/offers/{offer}/checkpoint", "Olga Ops", 422, to_status_id="999", template="review")
    ask(learned, "POST", f"lessons/offers/{offer}/checkpoint", "Olga Ops", **form)
    screen = ask(learned, "GET", "customers", "Olga Ops")
    found = re.search(r'id="customer-(\d+)">Südwind<', screen)
    assert found
    contact = {
        "name": "Ida Beispiel",
        "email": "ida@suedwind.example",
        "role": "user",
        "language": "en",
        "time_zone": "UTC",
    }
    ask(learned, "POST", f"customers/{found[1]}/contacts/new", "Olga Ops", **contact)
    key = next(issue.key for issue in learned.site.issues.values() if issue.key.startswith("OPS") and issue.status_id != form["to_status_id"])  # fmt: skip
    move(learned, key, "In Progress", "Olga Ops")
    learned.settle()
    assert len(learned.mails_to("ida@suedwind.example")) == 1


def test_declining_needs_a_reason_and_is_not_asked_again(learned: Rapport) -> None:
    start_ops(learned)
    (offer,) = offer_ids(ask(learned, "GET", "lessons", "Olga Ops"))
    assert "Say why it does not fit" in ask(learned, "POST", f"lessons/offers/{offer}/decline", "Tom Team", 422)
    screen = ask(learned, "POST", f"lessons/offers/{offer}/decline", "Tom Team", reason="We build no forms")
    assert "We build no forms" in screen
    start_ops(learned, "Ostwind")
    assert offer_ids(ask(learned, "GET", "lessons", "Olga Ops")) == []


def test_a_lesson_about_a_customer_is_offered_where_that_customer_is(rapport: Rapport) -> None:
    customer = add_customer(rapport, "Nordlicht")
    ask(rapport, "POST", "lessons/new", "Tom Team", key="DEMO", **LESSON | {"customer_id": customer})
    ask(rapport, "POST", "lessons/new", "Tom Team", key="DEMO", **LESSON | {"shared": "", "advice": "Only for us"})
    start_ops(rapport, "Südwind")
    assert offer_ids(ask(rapport, "GET", "lessons", "Olga Ops")) == []
    start_ops(rapport, "Nordlicht")
    screen = ask(rapport, "GET", "lessons", "Olga Ops")
    assert len(offer_ids(screen)) == 1
    assert "Only for us" not in screen


def test_the_library_is_searched_over_the_projects_that_the_reader_may_see(learned: Rapport) -> None:
    assert LESSON["advice"] in ask(learned, "GET", "lessons?q=clickable FORM", "Tom Team", key="OPS")
    assert LESSON["advice"] not in ask(learned, "GET", "lessons?q=clickable", "Sam Stranger", key="OPS")
    assert "Nothing found" in ask(learned, "GET", "lessons?q=100%25", "Tom Team", key="OPS")
    screen = ask(learned, "GET", "lessons", "Tom Team", key="DEMO")
    found = re.search(r"/lessons/(\d+)/remove", screen)
    assert found
    assert LESSON["advice"] not in ask(learned, "POST", f"lessons/{found[1]}/remove", "Tom Team", key="DEMO")
    assert LESSON["advice"] in ask(learned, "POST", f"lessons/{found[1]}/restore", "Tom Team", key="DEMO")
    ask(learned, "POST", f"lessons/{found[1]}/remove", "Tom Team", 404, key="OPS")
    ask(learned, "POST", "lessons/new", "Tom Team", 422, key="DEMO", situation="", advice="")


def test_setting_up_more_checkpoints_offers_nothing_twice(learned: Rapport) -> None:
    add_checkpoint(learned, "In review")
    add_contact(learned, add_customer(learned, "Nordlicht"), "Greta Probe", "greta@nordlicht.example")
    assert "Offered to this project" not in ask(learned, "GET", "lessons", "Tom Team", key="DEMO")
