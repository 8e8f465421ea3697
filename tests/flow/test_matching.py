"""Which changes set a checkpoint off, and whom it asks: conditions in JQL, ways through the workflow, people in fields."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests

from plugin.privacy import service as privacy
from tests.flow.cast import add_checkpoint, add_contact, add_customer, move, project_id, status_id
from tests.running import Rapport

GRETA = "greta@nordlicht.example"
CARLA = "carla@nordlicht.example"


@pytest.fixture
def ready(rapport: Rapport) -> Rapport:
    """A project with one person to ask."""
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    return rapport


def log_of(rapport: Rapport) -> str:
    return plain(rapport.call("GET", f"/projects/{project_id(rapport)}/log", "Pia Lead"))


def plain(answer: requests.Response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def try_to_add(rapport: Rapport, **form: object) -> requests.Response:
    filled = {"to_status_id": status_id(rapport, "In review"), "template": "delivery", **form}
    return rapport.call("POST", f"/projects/{project_id(rapport)}/checkpoints/new", "Pia Lead", **filled)


# ── conditions ──


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("colour = red", "Jira says: Field 'colour' does not exist"),
        ("priority = High) OR (priority = Low", "Jira says: Error in the JQL Query"),
        ("priority =", "ends too early"),
        ("priority = High ORDER BY updated", "Leave out ORDER BY"),
        ("x" * 1001, "Field cannot be longer than 1000 characters"),
    ],
)
def test_a_condition_that_jira_cannot_read_is_refused_beside_the_field(
    rapport: Rapport, condition: str, words: str
) -> None:
    answer = try_to_add(rapport, condition=condition, name="Kept")
    assert answer.status_code == 422
    error = re.search(r'id="condition-error">([^<]*)<', answer.text)
    assert error is not None
    assert words in unescape(error[1])
    assert condition[:40] in unescape(answer.text)
    assert 'value="Kept"' in answer.text
    assert (
        rapport.call("GET", f"/projects/{project_id(rapport)}/checkpoints", "Pia Lead").text.count("checkpoint-") == 0
    )


def test_only_issues_that_meet_the_condition_are_asked_about(ready: Rapport) -> None:
    add_checkpoint(ready, "In review", condition="type = Bug OR priority = High")
    ready.site.edit_issue("DEMO-8", ready.account("Tom Team"), priority="High")
    for key in ("DEMO-7", "DEMO-8"):
        move(ready, key, "In review")
    ready.settle()
    (mail,) = ready.mails_to(GRETA)
    assert "Agree the texts of the order mails" in mail.text
    assert "did not meet the checkpoint’s condition" in log_of(ready)


def test_a_condition_that_cannot_be_read_any_more_is_a_gap_with_words(ready: Rapport) -> None:
    field = ready.site.add_people_field("Buyer", "com.atlassian.jira.plugin.system.customfieldtypes:userpicker")
    add_checkpoint(ready, "In review", condition="Buyer IS EMPTY")
    del ready.site.people_fields[field.id]
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert ready.mails_to(GRETA) == []
    assert "Jira cannot read the checkpoint’s condition any more" in log_of(ready)
    assert ready.site.issue("DEMO-7").properties["rapport-satisfaction"]["state"] == "skipped"


def test_many_changes_are_checked_together(ready: Rapport) -> None:
    add_checkpoint(ready, "Done", condition="type = Story")
    ready.settle()
    ready.site.wire.clear()
    for number in range(5, 13):
        move(ready, f"DEMO-{number}", "Done")
    ready.settle()
    asked = [entry for entry in ready.site.wire if "search/jql" in entry.url]
    assert len(asked) <= 2
    assert log_of(ready).count("did not meet the checkpoint’s condition") == 4


# ── ways ──


def test_forward_and_back_are_told_apart(ready: Rapport) -> None:
    add_checkpoint(ready, "In Progress", direction="back", name="Sent back")
    move(ready, "DEMO-9", "In Progress")
    ready.settle()
    assert ready.mails_to(GRETA) == []
    assert "No checkpoint is for this kind of issue or this way" in log_of(ready)
    move(ready, "DEMO-5", "In Progress")
    ready.settle()
    assert len(ready.mails_to(GRETA)) == 1


def test_a_workflow_that_changed_is_learned_anew(ready: Rapport) -> None:
    add_checkpoint(ready, "In Progress", direction="back")
    ready.site.add_status("10009", "With the customer", "indeterminate")
    project = ready.site.project("DEMO")
    project.transitions.append(type(project.transitions[0])("51", "To the customer", "10009"))
    for status in ("With the customer", "In Progress"):
        move(ready, "DEMO-7", status)
    ready.settle()
    assert len(ready.mails_to(GRETA)) == 1


# ── people in fields ──


def test_a_customer_in_jira_who_reports_an_issue_is_asked_and_is_a_contact_from_then_on(ready: Rapport) -> None:
    carla = ready.site.add_user("Carla Customer", CARLA, account_type="customer", email_visible=True)
    ready.site.edit_issue("DEMO-7", ready.account("Pia Lead"), reporter=carla.account_id)
    add_checkpoint(ready, "In review", audience_field="reporter")
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert len(ready.mails_to(CARLA)) == 1
    assert ready.mails_to(GRETA) == []
    register = ready.call("GET", f"/projects/{project_id(ready)}/customers", "Pia Lead").text
    assert "Carla Customer" in register


def test_who_hides_their_address_is_matched_by_account(ready: Rapport) -> None:
    carla = ready.site.add_user("Carla Customer", CARLA, account_type="customer")
    customer = add_customer(ready, "Nordlicht")
    add_contact(ready, customer, "Carla", "carla@private.example", account_id=carla.account_id)
    ready.site.edit_issue("DEMO-7", ready.account("Pia Lead"), reporter=carla.account_id)
    add_checkpoint(ready, "In review", audience_field="reporter")
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert len(ready.mails_to("carla@private.example")) == 1


def test_people_in_a_field_who_cannot_be_asked_are_named_with_the_reason(ready: Rapport) -> None:
    site = ready.site
    field = site.add_people_field(
        "Request participants", "com.atlassian.servicedesk:sd-request-participants", many=True
    )
    hidden = site.add_user("Hedda Hidden", "hedda@nordlicht.example", account_type="customer")
    gone = site.add_user(
        "Gerd Gone", "gerd@nordlicht.example", account_type="customer", email_visible=True, active=False
    )
    site.user_named("Pia Lead").email_visible = True
    people = [hidden.account_id, gone.account_id, ready.account("Pia Lead"), site.app.account_id]  # type: ignore[union-attr]
    site.set_people("DEMO-7", field.id, people, ready.account("Tom Team"))
    add_checkpoint(ready, "In review", audience_field=field.id)
    move(ready, "DEMO-7", "In review")
    ready.settle()
    log = log_of(ready)
    assert "Jira hides the address of Hedda Hidden: add them as a contact" in log
    assert "Gerd Gone was not asked: their account in Jira is closed" in log
    assert "Pia Lead was not asked: they have an account in your Jira and are no contact" in log
    assert "was not asked: this is an app, not a person" in log
    assert not [mail for mail in ready.jira.mailbox.messages if "nordlicht" in str(mail.recipients)]
    privacy.erase_account(ready.ports.database, ready.tenant_id(), hidden.account_id)
    assert "Hedda Hidden" not in log_of(ready)


def test_an_empty_field_is_a_gap(ready: Rapport) -> None:
    field = ready.site.add_people_field("Buyer", "com.atlassian.jira.plugin.system.customfieldtypes:userpicker")
    add_checkpoint(ready, "In review", audience_field=field.id)
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert "the field whose people this checkpoint asks is empty on this issue" in log_of(ready)


def test_a_checkpoint_for_roles_asks_no_others(ready: Rapport) -> None:
    add_contact(ready, add_customer(ready, "Nordlicht"), "Sven Sponsor", "sven@nordlicht.example", role="sponsor")
    add_checkpoint(ready, "In review", audience_roles=["sponsor"])
    add_checkpoint(ready, "Done", audience_roles=["key_user"])
    move(ready, "DEMO-7", "In review")
    move(ready, "DEMO-8", "Done")
    ready.settle()
    assert ready.mails_to(GRETA) == []
    assert len(ready.mails_to("sven@nordlicht.example")) == 1
    assert "no contact of the customer has one of the roles" in log_of(ready)


def test_a_field_of_another_site_cannot_be_chosen(rapport: Rapport) -> None:
    assert try_to_add(rapport, audience_field="customfield_99999").status_code == 422
    assert try_to_add(rapport, audience_field="assignee").status_code == 422
