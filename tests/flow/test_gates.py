"""A gate in a workflow: it holds the issue until the customer was heard, or until somebody says why not."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.devhost import workflow
from tests.devhost.errors import BadRequest
from tests.flow import cast
from tests.running import Rapport

TEXT = "Ask the customer first."


def put_gate(rapport: Rapport, module: str = "satisfaction-validator", **config: object) -> None:
    """On the way to In review of DEMO."""
    saved = {"minimum": 0, "types": [], "text": TEXT, "waivable": True, **config}
    project = rapport.site.project("DEMO")
    target = cast.status_id(rapport, "In review")
    step = next(step for step in project.transitions if step.to_id == target)
    workflow.add_rule(rapport.site, project.id, step.id, module, json.dumps(saved))


def panel(rapport: Rapport, who: str = "Pia Lead") -> str:
    issue = rapport.site.issue("DEMO-7")
    return rapport.page(f"/issues/{issue.id}/panel", who).text


def test_a_gate_opens_when_it_is_waived_and_closes_when_that_is_taken_back(rapport: Rapport) -> None:
    put_gate(rapport)
    with pytest.raises(BadRequest, match=TEXT):
        cast.move(rapport, "DEMO-7", "In review")

    path = f"/issues/{rapport.site.issue('DEMO-7').id}/waiver"
    waived = rapport.call("POST", path, "Pia Lead", reason="The customer is on leave until May.")
    assert waived.status_code == 200
    assert "on leave until May" in waived.text
    rapport.settle()
    withdrawn = rapport.call("POST", f"{path}/withdraw", "Pia Lead")
    assert "on leave until May" not in withdrawn.text
    rapport.settle()
    with pytest.raises(BadRequest, match=TEXT):
        cast.move(rapport, "DEMO-7", "In review")

    rapport.call("POST", path, "Pia Lead", reason="The customer is on leave until May.")
    rapport.settle()
    cast.move(rapport, "DEMO-7", "In review")


def test_a_condition_hides_the_transition(rapport: Rapport) -> None:
    put_gate(rapport, "satisfaction-condition", waivable=False)
    offered = rapport.site.transitions_for(rapport.site.issue("DEMO-7"))
    assert cast.status_id(rapport, "In review") not in [step.to_id for step in offered]


def test_only_project_admins_waive_and_only_with_a_reason(rapport: Rapport) -> None:
    path = f"/issues/{rapport.site.issue('DEMO-7').id}/waiver"
    assert rapport.call("POST", path, "Tom Team", reason="because").status_code == 403
    assert rapport.call("POST", path, "Pia Lead", reason="  ").status_code == 400
    assert rapport.call("POST", path, "Pia Lead", reason="x" * 501).status_code == 400
    assert "because" not in panel(rapport)


def test_an_admin_finds_every_gate_before_uninstalling(rapport: Rapport) -> None:
    put_gate(rapport, minimum=4)
    found = rapport.call("GET", "/administration/gates", "Ada Admin")
    assert "at least 4 of 5" in found.text
    assert "Demo" in found.text
    assert rapport.call("GET", "/administration/gates", "Pia Lead").status_code == 403


def test_the_pages_of_a_gate_are_for_jira_admins_and_survive_any_configuration(rapport: Rapport) -> None:
    for config in ("", "{", json.dumps({"minimum": 3, "types": ["nope"], "text": "<b>"})):
        edit = rapport.page(f"/workflow/gates/validator/edit?config={quote(config)}", "Ada Admin")
        view = rapport.page(f"/workflow/gates/condition/view?config={quote(config)}", "Tom Team")
        assert (edit.status_code, view.status_code) == (200, 200)
        assert "<b>" not in edit.text + view.text
    assert rapport.page("/workflow/gates/validator/edit", "Tom Team").status_code == 403
