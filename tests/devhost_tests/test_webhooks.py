"""What the app is told, how it is signed, and what happens when it does not listen."""

from __future__ import annotations

import jwt as pyjwt
import pytest
from atlassian_jwt.url_utils import hash_url

from tests.devhost.host import Devhost
from tests.devhost.site import Site
from tests.devhost_tests.conftest import account
from tests.devhost_tests.toy_app import ToyApp


def test_a_transition_is_told_with_its_changelog(site: Site, app: ToyApp) -> None:
    site.transition("DEMO-7", "Ready for review", account(site, "Tom Team"))
    site.events.drain()
    body = app.events[0].json
    assert body["webhookEvent"] == "jira:issue_updated"
    assert body["issue_event_type_name"] == "issue_generic"
    assert body["user"]["accountId"] == account(site, "Tom Team")
    assert body["issue"]["key"] == "DEMO-7"
    assert body["issue"]["fields"]["status"]["id"] == "10001"
    assert body["changelog"]["id"] == site.issue("DEMO-7").changelog[-1].id
    assert body["changelog"]["items"] == [
        {
            "field": "status",
            "fieldtype": "jira",
            "fieldId": "status",
            "from": "3",
            "fromString": "In Progress",
            "to": "10001",
            "toString": "In review",
        }
    ]


def test_finishing_an_issue_tells_the_resolution_as_well(site: Site, app: ToyApp) -> None:
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    items = app.events[0].json["changelog"]["items"]
    assert [(each["fieldId"], each["toString"]) for each in items] == [("status", "Done"), ("resolution", "Done")]


def test_a_webhook_is_signed_for_exactly_its_request(site: Site, app: ToyApp) -> None:
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert site.app is not None
    claims = pyjwt.decode(app.events[0].token, site.app.shared_secret, algorithms=["HS256"])
    assert claims["iss"] == site.client_key
    assert claims["qsh"] == hash_url("POST", app.events[0].target)


def test_rich_text_comes_as_text(site: Site, app: ToyApp) -> None:
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert app.events[0].json["issue"]["fields"]["description"].startswith("A guest opens the link")


def test_a_deleted_issue_is_told_with_its_last_state(site: Site, app: ToyApp) -> None:
    issue_id = site.issue("DEMO-7").id
    site.delete_issue("DEMO-7", account(site, "Pia Lead"))
    site.events.drain()
    body = app.events[0].json
    assert body["webhookEvent"] == "jira:issue_deleted"
    assert body["issue"]["id"] == issue_id
    assert body["issue"]["fields"]["summary"]


def test_events_that_the_descriptor_does_not_name_are_not_told(site: Site, app: ToyApp) -> None:
    site.create_issue("DEMO", "Task", "New", account(site, "Pia Lead"))
    site.add_comment("DEMO-7", account(site, "Pia Lead"), "Hello")
    site.set_issue_property("DEMO-7", "anything", 1, account(site, "Pia Lead"))
    site.events.drain()
    assert app.events == []


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_a_webhook_is_tried_again_under_the_same_identifier(site: Site, app: ToyApp, status: int) -> None:
    app.statuses["/connect/events"] = [status, status, 204]
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert len(app.events) == 3
    assert len({each.headers["X-Atlassian-Webhook-Identifier"] for each in app.events}) == 1
    assert [each.headers.get("X-Atlassian-Webhook-Retry") for each in app.events] == [None, "1", "2"]
    assert len({each.body for each in app.events}) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_webhook_that_is_refused_for_good_is_not_tried_again(site: Site, app: ToyApp, status: int) -> None:
    app.statuses["/connect/events"] = [status]
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert len(app.events) == 1
    assert [each.event for each in site.events.failed] == ["jira:issue_updated"]


def test_a_webhook_is_given_up_in_the_end(site: Site, app: ToyApp) -> None:
    app.statuses["/connect/events"] = [503]
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert len(app.events) == 6
    assert len(site.events.failed) == 1


def test_a_dead_app_is_tried_until_the_end(site: Site, app: ToyApp) -> None:
    app.stop()
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    tries = [each for each in site.wire if each.note.startswith("jira:issue_updated")]
    assert [each.status for each in tries] == [None] * 6
    assert all("ConnectionError" in each.note for each in tries)
    app.start()


def test_withheld_webhooks_come_when_the_switch_is_off(site: Site, app: ToyApp) -> None:
    site.faults.withhold_webhooks = True
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert app.events == []
    assert len(site.events.waiting()) == 1
    site.faults.withhold_webhooks = False
    site.events.drain()
    assert len(app.events) == 1


def test_webhooks_can_arrive_twice(site: Site, app: ToyApp) -> None:
    site.faults.duplicate_webhooks = True
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    first, second = app.events
    assert first.body == second.body
    assert first.headers["X-Atlassian-Webhook-Identifier"] == second.headers["X-Atlassian-Webhook-Identifier"]


def test_webhooks_can_arrive_in_the_wrong_order(site: Site, app: ToyApp) -> None:
    site.faults.withhold_webhooks = site.faults.reorder_webhooks = True
    site.transition("DEMO-7", "Ready for review", account(site, "Tom Team"))
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.faults.withhold_webhooks = False
    site.events.drain()
    assert [each.json["issue"]["fields"]["status"]["name"] for each in app.events] == ["Done", "In review"]


def test_webhooks_can_get_lost(site: Site, app: ToyApp) -> None:
    site.faults.lose_webhooks = True
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert app.events == []


def test_the_fallout_of_a_bulk_edit_says_so(site: Site, app: ToyApp) -> None:
    site.transition("DEMO-7", "Done", account(site, "Tom Team"), bulk=True)
    site.transition("DEMO-8", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert [each.headers["X-Atlassian-Webhook-Flow"] for each in app.events] == ["Secondary", "Primary"]


def test_a_filter_keeps_other_issues_away(jira: Devhost, app: ToyApp) -> None:
    app.descriptor["modules"]["webhooks"][0]["filter"] = 'project = OPS AND status = "Done"'
    jira.install()
    for key in ("DEMO-7", "OPS-3"):
        jira.site.transition(key, "Done", account(jira.site, "Tom Team"))
    jira.site.transition("OPS-2", "To Do", account(jira.site, "Tom Team"))
    jira.drain()
    assert [each.json["issue"]["key"] for each in app.events] == ["OPS-3"]


def test_a_webhook_carries_the_properties_it_asks_for(jira: Devhost, app: ToyApp) -> None:
    app.descriptor["modules"]["webhooks"][0]["propertyKeys"] = ["wanted"]
    jira.install()
    jira.site.set_issue_property("DEMO-7", "wanted", {"a": 1}, account(jira.site, "Pia Lead"))
    jira.site.set_issue_property("DEMO-7", "other", {"b": 1}, account(jira.site, "Pia Lead"))
    jira.site.transition("DEMO-7", "Done", account(jira.site, "Tom Team"))
    jira.drain()
    assert app.events[0].json["issue"]["properties"] == {"wanted": {"a": 1}}


def test_a_webhook_without_a_body_still_names_its_issue(jira: Devhost, app: ToyApp) -> None:
    module = app.descriptor["modules"]["webhooks"][0]
    module["excludeBody"], module["url"] = True, "/connect/events?issue={issue.id}"
    jira.install()
    jira.site.transition("DEMO-7", "Done", account(jira.site, "Tom Team"))
    jira.drain()
    assert app.events[0].body == b""
    assert app.events[0].target == f"/connect/events?issue={jira.site.issue('DEMO-7').id}"


def test_each_site_tells_only_its_own_events(pair: Devhost, app: ToyApp) -> None:
    rival = pair.sites[1]
    rival.transition("DEMO-7", "Done", account(rival, "Tom Team"))
    pair.drain()
    claims = [pyjwt.decode(each.token, options={"verify_signature": False}) for each in app.events]
    assert [each["iss"] for each in claims] == [rival.client_key]


def test_a_comment_is_told_to_who_asks_for_it(jira: Devhost, app: ToyApp) -> None:
    app.descriptor["modules"]["webhooks"][0]["event"] = "comment_created"
    jira.install()
    jira.site.add_comment("DEMO-7", account(jira.site, "Pia Lead"), "Two\nlines")
    jira.drain()
    assert app.events[0].json["comment"]["body"] == "Two\nlines"
