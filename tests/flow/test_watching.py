"""Jira tells us of status changes in the projects that matter and no others; where it refuses to, the sweep finds them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from tests.databases import fresh_database
from tests.devhost import hooks, lifecycle, tokens
from tests.devhost.records import WireEntry
from tests.flow.cast import add_checkpoint, add_contact, add_customer, move, project_id
from tests.running import Rapport, running

GRETA = "greta@nordlicht.example"


def told(rapport: Rapport) -> list[WireEntry]:
    """What Jira sent us of changed issues."""
    return [entry for entry in rapport.site.wire if entry.note.startswith("jira:issue_updated")]


def configure(rapport: Rapport) -> None:
    add_checkpoint(rapport, "In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    rapport.settle()


def test_from_the_first_checkpoint_to_the_last(rapport: Rapport) -> None:
    move(rapport, "DEMO-8", "In Progress")
    rapport.settle()
    assert told(rapport) == [], "nobody asks about anything yet"
    configure(rapport)
    (hook,) = rapport.site.hooks.values()
    assert (hook.jql_filter, hook.field_ids) == (f"project in ({project_id(rapport)})", ["status"])

    rapport.site.edit_issue("DEMO-7", rapport.account("Pia Lead"), summary="Another")
    rapport.site.transition("OPS-3", "Done", rapport.account("Tom Team"))
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert [entry.status for entry in told(rapport)] == [204]
    assert len(rapport.mails_to(GRETA)) == 1

    forged = tokens.hs256(rapport.site, "POST", hook.url, secret="0" * 40)
    body = {"webhookEvent": "jira:issue_updated", "matchedWebhookIds": [hook.id]}
    assert requests.post(hook.url, json=body, headers={"Authorization": f"JWT {forged}"}, timeout=60).status_code == 401

    rapport.clock.advance(days=21)
    rapport.settle()
    assert list(rapport.site.hooks) == [hook.id]
    assert hook.expires_at > rapport.clock() + timedelta(days=29)

    add_checkpoint(rapport, "Done")
    rapport.settle()
    assert list(rapport.site.hooks) == [hook.id], "one for the project, however many ask there"
    path = f"/projects/{project_id(rapport)}/checkpoints"
    for number in (1, 2):
        assert rapport.call("POST", f"{path}/{number}/remove", "Pia Lead").status_code == 200
    rapport.settle()
    assert rapport.site.hooks == {}
    assert rapport.call("POST", f"{path}/1/restore", "Pia Lead").status_code == 200
    rapport.settle()
    assert len(rapport.site.hooks) == 1


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Rapport]:
    """Without a project that asks. On one engine, as the story above knows all statements."""
    with fresh_database("sqlite", tmp_path) as url, running(url) as rapport:
        yield rapport


def health(rapport: Rapport) -> str:
    return rapport.call("GET", "/administration/health", "Ada Admin").text


@pytest.mark.parametrize("how", ["forbidden", "limit"])
def test_where_jira_refuses_the_sweep_finds_all_and_an_admin_is_told(
    alone: Rapport, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "MOST", 0 if how == "limit" else 100)
    alone.site.faults.jira_path, alone.site.faults.jira_status = "/webhook", 403 if how == "forbidden" else None
    configure(alone)
    assert "Jira refuses to tell us at once of status changes" in health(alone)
    assert "found once an hour" in health(alone)
    move(alone, "DEMO-7", "In review")
    alone.settle()
    assert alone.mails_to(GRETA) == []
    alone.clock.advance(hours=1, minutes=1)
    alone.settle()
    assert len(alone.mails_to(GRETA)) == 1

    monkeypatch.setattr(hooks, "MOST", 100)
    alone.site.faults.jira_status = None
    alone.clock.advance(days=1)
    alone.settle()
    assert len(alone.site.hooks) == 1, "it is tried again each day"
    assert "found once an hour" not in health(alone)


def test_while_jira_is_away_it_is_tried_again_and_what_happened_is_looked_for_at_once(alone: Rapport) -> None:
    alone.site.faults.jira_path, alone.site.faults.jira_status = "/webhook", 503
    configure(alone)
    move(alone, "DEMO-7", "In review")
    alone.site.faults.jira_status = None
    alone.clock.advance(minutes=10)
    alone.settle()
    assert len(alone.site.hooks) == 1
    assert len(alone.mails_to(GRETA)) == 1, "the sweep came along"


def test_a_project_that_is_gone_troubles_nobody(alone: Rapport) -> None:
    configure(alone)
    alone.site.hooks.clear()
    demo = alone.site.projects.pop(project_id(alone))
    alone.clock.advance(days=1)
    alone.settle()
    assert "found once an hour" not in health(alone)
    alone.site.projects[demo.id] = demo


def test_a_site_that_comes_back_tells_us_again(alone: Rapport) -> None:
    configure(alone)
    lifecycle.uninstall(alone.site, alone.jira.keys)
    assert alone.site.hooks == {}
    alone.clock.advance(minutes=1)
    alone.jira.install()
    alone.settle()
    assert len(alone.site.hooks) == 1
