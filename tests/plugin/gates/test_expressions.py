"""The expressions that Jira evaluates for a gate, as shipped, against everything that an issue's property may hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plugin.fields.projection import PROPERTY_KEY
from tests.devhost.expressions import ExpressionError, Properties, Thing, evaluate

DESCRIPTOR = json.loads((Path(__file__).parents[3] / "atlassian-connect.json").read_text(encoding="utf-8"))
GATES = [
    pytest.param(module["expression"], id=module["key"])
    for kind in ("jiraWorkflowConditions", "jiraWorkflowValidators")
    for module in DESCRIPTOR["modules"][kind]
]
ANSWERED = {"state": "answered", "score": 4.5, "answeredAt": "2026-05-04T12:00:00+00:00"}
NOTHING: Any = object()


def passes(expression: str, value: Any, **config: Any) -> bool:
    """As in Jira: an error, or anything but true, is a no."""
    properties = {} if value is NOTHING else {PROPERTY_KEY: value}
    issue = Thing(issueType=Thing(id="10001", name="Story"), properties=Properties(properties))
    gate = {"minimum": 0, "types": [], "text": "Ask first.", "waivable": True, **config}
    try:
        return evaluate(expression, {"issue": issue, "config": gate}) is True
    except ExpressionError:
        return False


@pytest.mark.parametrize("expression", GATES)
@pytest.mark.parametrize(
    ("value", "heard", "satisfied"),
    [
        pytest.param(NOTHING, False, False, id="no property"),
        pytest.param(None, False, False, id="null"),
        pytest.param({"state": "not asked"}, False, False, id="not asked"),
        pytest.param({"state": "asked", "customer": "Acme"}, False, False, id="asked"),
        pytest.param(ANSWERED, True, True, id="answered"),
        pytest.param({**ANSWERED, "score": 4}, True, True, id="exactly the minimum"),
        pytest.param({**ANSWERED, "state": "low", "score": 1.0}, True, False, id="low"),
        pytest.param({**ANSWERED, "score": 0}, True, False, id="score 0"),
        pytest.param({"state": "answered", "answeredAt": "2026-05-04T12:00:00+00:00"}, True, False, id="without score"),
        pytest.param({**ANSWERED, "score": "5"}, True, False, id="score of the wrong type"),
        pytest.param("answered", False, False, id="property of the wrong type"),
        pytest.param([5], False, False, id="list"),
    ],
)
def test_a_gate_opens_for_the_heard_and_the_satisfied(
    expression: str, value: Any, heard: bool, satisfied: bool
) -> None:
    assert passes(expression, value) is heard
    assert passes(expression, value, minimum=4) is satisfied


@pytest.mark.parametrize("expression", GATES)
def test_a_gate_holds_only_the_issue_types_that_it_names(expression: str) -> None:
    assert passes(expression, NOTHING, types=["10002"])
    assert not passes(expression, NOTHING, types=["10002", "10001"])


@pytest.mark.parametrize("expression", GATES)
def test_a_waived_gate_opens_unless_it_may_not_be_waived(expression: str) -> None:
    waived = {"state": "silent", "waived": True}
    assert passes(expression, waived, minimum=5)
    assert not passes(expression, waived, minimum=5, waivable=False)
    assert not passes(expression, {"state": "silent", "waived": "yes"}, minimum=5)


@pytest.mark.parametrize("expression", GATES)
def test_an_expression_fits_into_what_jira_reads(expression: str) -> None:
    assert len(expression) <= 1000
