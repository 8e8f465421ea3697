"""What goes wrong is said in words, loses nothing, and is tried again where that can help."""

from __future__ import annotations

from html import unescape

import pytest
import requests

from tests.devhost import lifecycle
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport

GRETA = "greta@nordlicht.example"


def log_of(rapport: Rapport) -> str:
    return unescape(rapport.call("GET", f"/projects/{project_id(rapport)}/log", "Pia Lead").text)


@pytest.fixture
def ready(rapport: Rapport) -> Rapport:
    """A project that asks Greta when a story goes to review."""
    add_checkpoint(rapport, "In review", types=["Story"])
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    rapport.settle()
    return rapport


def test_a_project_without_a_customer_notes_a_gap(rapport: Rapport) -> None:
    add_checkpoint(rapport, "In review")
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert "this project has no customer yet" in log_of(rapport)
    assert rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]["state"] == "skipped"


def test_a_customer_without_people_notes_a_gap(rapport: Rapport) -> None:
    add_checkpoint(rapport, "In review")
    add_customer(rapport, "Nordlicht")
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert "the customer has no contact yet" in log_of(rapport)


def test_a_contact_without_an_address_is_named(rapport: Rapport) -> None:
    add_checkpoint(rapport, "In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", "")
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert "Greta Probe was not asked: there is no e-mail address" in log_of(rapport)


def test_with_several_customers_somebody_must_choose(rapport: Rapport) -> None:
    add_checkpoint(rapport, "In review")
    for name in ("Nordlicht", "Südwind"):
        add_contact(
            rapport,
            add_customer(rapport, name),
            f"Somebody of {name}",
            f"somebody@{name[:4].lower()}.example".replace("ü", "ue"),
        )
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert "several customers and none is chosen" in log_of(rapport)


def test_an_issue_type_that_no_checkpoint_wants_asks_nobody(ready: Rapport) -> None:
    move(ready, "DEMO-8", "In review")  # a task
    ready.settle()
    assert ready.mails_to(GRETA) == []
    assert "No checkpoint is for this kind of issue" in log_of(ready)


def test_a_mailbox_that_does_not_exist_is_refused_once_and_not_asked_again(ready: Rapport) -> None:
    ready.jira.mailbox.refuse[GRETA] = 550
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert "The mail to Greta Probe was refused: 550" in log_of(ready)
    ready.jira.mailbox.refuse.clear()
    move(ready, "DEMO-7", "In Progress")
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert ready.mails_to(GRETA) == []
    assert "the mail server refused the address before" in log_of(ready)


def test_a_mail_server_that_says_later_is_tried_again(ready: Rapport) -> None:
    ready.jira.mailbox.refuse[GRETA] = 451
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert "The mail to Greta Probe waits: 451" in log_of(ready)
    ready.jira.mailbox.refuse.clear()
    ready.clock.advance(minutes=1)
    ready.settle()
    (mail,) = ready.mails_to(GRETA)
    assert answer(survey_link(mail), 5).status_code == 200


def test_while_jira_is_away_nothing_is_lost_and_the_log_says_so(ready: Rapport) -> None:
    move(ready, "DEMO-7", "In review")
    ready.jira.drain()
    ready.site.faults.jira_status = 503
    ready.settle()
    ready.site.faults.jira_status = None
    assert "Jira cannot be reached or is busy" in log_of(ready)
    ready.clock.advance(minutes=1)
    ready.settle()
    assert len(ready.mails_to(GRETA)) == 1


def test_an_issue_that_is_gone_asks_nobody(ready: Rapport) -> None:
    ready.site.faults.withhold_webhooks = True
    move(ready, "DEMO-7", "In review")
    ready.site.delete_issue("DEMO-7", ready.account("Pia Lead"))
    ready.site.faults.withhold_webhooks = False
    ready.settle()
    assert ready.mails_to(GRETA) == []
    assert "The issue is not there any more" in log_of(ready)


def test_the_same_webhook_twice_asks_once(ready: Rapport) -> None:
    ready.site.faults.duplicate_webhooks = True
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert len(ready.mails_to(GRETA)) == 1


def test_a_later_answer_changes_nothing(ready: Rapport) -> None:
    move(ready, "DEMO-7", "In review")
    ready.settle()
    link = survey_link(ready.mails_to(GRETA)[0])
    page = requests.get(link, timeout=60)
    answer(link, 4)
    nonce = page.text.split('name="nonce" value="')[1].split('"')[0]
    again = requests.post(link, data={"nonce": nonce, "satisfaction": "1"}, timeout=60)
    assert again.status_code == 200
    ready.settle()
    assert ready.site.issue("DEMO-7").properties["rapport-satisfaction"]["score"] == 4


def test_looking_at_a_survey_writes_nothing(ready: Rapport) -> None:
    move(ready, "DEMO-7", "In review")
    ready.settle()
    (mail,) = ready.mails_to(GRETA)
    for link in [link for link in mail.links if "/s/" in link] * 3:
        assert requests.get(link, timeout=60).status_code == 200
        assert requests.head(link, timeout=60).status_code == 200
    ready.settle()
    assert ready.site.issue("DEMO-7").properties["rapport-satisfaction"]["state"] == "asked"


def test_no_answer_in_time_is_silence(ready: Rapport) -> None:
    move(ready, "DEMO-7", "In review")
    ready.settle()
    link = survey_link(ready.mails_to(GRETA)[0])
    ready.clock.advance(days=14, minutes=1)
    ready.settle()
    assert requests.get(link, timeout=60).status_code == 410
    assert ready.site.issue("DEMO-7").properties["rapport-satisfaction"]["state"] == "silent"


def test_after_an_uninstall_links_are_dead_and_data_is_purged_a_month_later(ready: Rapport) -> None:
    move(ready, "DEMO-7", "In review")
    ready.settle()
    link = survey_link(ready.mails_to(GRETA)[0])
    lifecycle.uninstall(ready.site, ready.jira.keys)
    assert requests.get(link, timeout=60).status_code == 410
    ready.clock.advance(days=31)
    ready.settle()
    assert ready.ports.tenants.find_tenant(ready.site.client_key) is None  # type: ignore[attr-defined]


def test_a_site_that_comes_back_within_the_month_finds_its_data(ready: Rapport) -> None:
    lifecycle.uninstall(ready.site, ready.jira.keys)
    ready.clock.advance(days=5)
    ready.jira.install()
    ready.clock.advance(days=40)
    ready.settle()
    assert "In review" in ready.call("GET", f"/projects/{project_id(ready)}/checkpoints", "Pia Lead").text
