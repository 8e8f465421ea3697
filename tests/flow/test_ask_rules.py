"""A rule of the workflow asks the customer: within the same limits as a checkpoint, and once for one change."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.devhost.demo_cast import GRETA
from tests.flow import cast
from tests.running import Rapport

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def settings(rapport: Rapport, path: str) -> str:
    return rapport.call("GET", f"/projects/{cast.project_id(rapport)}/{path}", "Pia Lead").text


@sqlite_only
def test_a_rule_asks_once_beside_a_checkpoint_and_can_be_paused(framed: Rapport) -> None:
    rapport = framed
    rapport.ask_at_any_hour(quiet_days=0, asks_per_quarter=50)
    cast.add_contact(rapport, cast.add_customer(rapport, "Nordlicht Handels GmbH"), "Greta Probe", GRETA)
    cast.put_rule(rapport, "In review", template="review", roles=[], audience="")
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1
    checkpoint = settings(rapport, "checkpoints")
    assert "When a rule of the workflow says so," in checkpoint
    assert "From the workflow: " in checkpoint

    cast.add_checkpoint(rapport, "In review", name="Shown to the customer")
    cast.move(rapport, "DEMO-7", "In Progress")
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 2
    assert "another checkpoint asks them about this very change" in settings(rapport, "log")

    number = checkpoint.split("/off")[0].rpartition("/")[2]
    paused = rapport.call("POST", f"/projects/{cast.project_id(rapport)}/checkpoints/{number}/off", "Pia Lead")
    assert "The checkpoint is paused." in paused.text
    cast.move(rapport, "DEMO-7", "In Progress")
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 3  # by the checkpoint alone


@sqlite_only
def test_a_rule_asks_the_reporter_within_the_rules_for_people_of_jira(rapport: Rapport) -> None:
    cast.add_customer(rapport, "Nordlicht Handels GmbH")
    cast.put_rule(rapport, "In review", audience="reporter")
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert rapport.jira.mailbox.messages == []
    log = settings(rapport, "log")
    assert "Jira hides the address of" in log
    assert "From the workflow: " in log


@sqlite_only
def test_the_checkpoint_of_a_rule_is_tuned_like_any_other(rapport: Rapport) -> None:
    cast.put_rule(rapport, "In review", template="review")
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    number = settings(rapport, "checkpoints").split("/off")[0].rpartition("/")[2]
    path = f"checkpoints/{number}"
    assert "When a rule of the workflow, or somebody in an issue, says so." in settings(rapport, path)
    form = {"name": "Seen by the customer", "template": "review", "low_score": 3, "expires_after_days": 7}
    saved = rapport.call("POST", f"/projects/{cast.project_id(rapport)}/{path}", "Pia Lead", **form, audience_field="")
    assert saved.status_code == 200
    assert "7 days to answer · low from 3 downwards" in saved.text
    assert "When a rule of the workflow says so," in saved.text


@sqlite_only
def test_the_pages_of_the_rule_are_for_jira_admins_and_survive_any_configuration(rapport: Rapport) -> None:
    for config in ("", "{", json.dumps({"template": "<b>", "roles": ["sponsor", "<b>"], "audience": 7})):
        edit = rapport.page(f"/workflow/ask/edit?config={quote(config)}", "Ada Admin")
        view = rapport.page(f"/workflow/ask/view?config={quote(config)}", "Tom Team")
        assert (edit.status_code, view.status_code) == (200, 200)
        assert "<b>" not in edit.text + view.text
    assert rapport.page("/workflow/ask/edit", "Tom Team").status_code == 403
