"""Webhooks that the app registers by REST: taken or refused, filtered, kept for thirty days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.devhost import hooks, lifecycle
from tests.devhost.host import Devhost
from tests.devhost.site import Site
from tests.devhost_tests.conftest import Call, account
from tests.devhost_tests.toy_app import ToyApp

WEBHOOK = "/rest/api/3/webhook"


@pytest.fixture
def app(app: ToyApp) -> ToyApp:
    app.descriptor["modules"]["webhooks"] = []
    return app


def register(call: Call, app: ToyApp, *filters: str, url: str = "/connect/events", **more: Any) -> Any:
    """The word about each filter, or Jira's refusal of all."""
    wanted = [{"events": ["jira:issue_updated"], "jqlFilter": each, **more} for each in filters]
    return call("POST", WEBHOOK, json={"url": app.url + url, "webhooks": wanted}).json()


def test_only_what_passes_the_filters_is_told(site: Site, app: ToyApp, call: Call) -> None:
    project = site.project("DEMO").id
    register(call, app, f"project in ({project})", "project = OPS", fieldIdsFilter=["status"])
    for key in ("DEMO-7", "OPS-3"):
        site.edit_issue(key, account(site, "Pia Lead"), summary="Another")
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    (told,) = app.events
    assert told.json["issue"]["key"] == "DEMO-7"
    assert told.json["matchedWebhookIds"] == [10000]


def test_one_address_is_told_once_of_one_change(site: Site, app: ToyApp, call: Call) -> None:
    register(call, app, "project = DEMO", "status = Done")
    site.transition("DEMO-7", "Done", account(site, "Tom Team"))
    site.events.drain()
    assert [each.json["matchedWebhookIds"] for each in app.events] == [[10000, 10001]]


def test_they_end_after_thirty_days_unless_they_are_refreshed(site: Site, app: ToyApp, call: Call) -> None:
    register(call, app, "project = DEMO", "project = OPS")
    start, clock = site.clock(), site.clock
    site.clock = lambda: clock() + timedelta(days=29)
    until = call("PUT", f"{WEBHOOK}/refresh", json={"webhookIds": [10000, 777]}).json()["expirationDate"]
    assert until / 1000 >= (start + timedelta(days=59)).timestamp()
    site.clock = lambda: clock() + timedelta(days=31)
    shown = call("GET", WEBHOOK).json()
    assert [each["id"] for each in shown["values"]] == [10000]
    for key in ("DEMO-7", "OPS-3"):
        site.transition(key, "Done", account(site, "Tom Team"))
    site.events.drain()
    assert [each.json["issue"]["key"] for each in app.events] == ["DEMO-7"]


def test_they_can_be_removed_and_end_with_the_app(site: Site, jira: Devhost, app: ToyApp, call: Call) -> None:
    register(call, app, "project = DEMO", "project = OPS")
    assert call("DELETE", WEBHOOK, json={"webhookIds": [10000, 777]}).status_code == 202
    assert [each["id"] for each in call("GET", WEBHOOK).json()["values"]] == [10001]
    lifecycle.uninstall(site, jira.keys)
    jira.install()
    assert site.hooks == {}


@pytest.mark.parametrize(
    "wrong", ["", "project = NOWHERE", "summary ~ x", "project = DEMO ORDER BY key", "project IS EMPTY", "project ="]
)
def test_a_filter_that_jira_does_not_take_is_refused_alone(site: Site, app: ToyApp, call: Call, wrong: str) -> None:
    refused, taken = register(call, app, wrong, "project = DEMO")["webhookRegistrationResult"]
    assert refused["errors"]
    assert taken == {"createdWebhookId": 10000}


def test_there_is_a_limit_and_one_address(site: Site, app: ToyApp, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "MOST", 1)
    taken, refused = register(call, app, "project = DEMO", "project = OPS")["webhookRegistrationResult"]
    assert "createdWebhookId" in taken
    assert "limit" in refused["errors"][0]
    assert "single URL" in register(call, app, "project = OPS", url="/elsewhere")["errorMessages"][0]


def test_nobody_but_an_app_may_and_nowhere_but_to_itself(site: Site, app: ToyApp, call: Call, browse: Call) -> None:
    assert browse("Ada Admin", "GET", WEBHOOK).status_code == 403
    body = {"url": "https://elsewhere.example/events", "webhooks": []}
    assert call("POST", WEBHOOK, json=body).status_code == 400
