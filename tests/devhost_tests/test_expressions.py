"""The stand-in's reading of Jira expressions: what it knows it evaluates, the rest it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.devhost.expressions import ExpressionError, Properties, Thing, evaluate

SCOPE = {"issue": Thing(key="DEMO-1", properties=Properties({"p": {"a": [1, 2], "b": "x"}})), "config": {"n": 3}}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 2 * 3 == 7 && !(2 > 3)", True),
        ("let p = issue.properties['p']; p.a.map(n => n * 2).includes(4) ? p.b + '!' : 'no'", "x!"),
        ("issue.properties['none']?.a", None),
        ("config.missing == null || false", True),
        ("[1, 2].filter(n => n > 1).length", 1),
        ("true == 1", False),
        ("'it\\'s'.includes('s')", True),
    ],
)
def test_what_it_knows_it_evaluates(source: str, value: Any) -> None:
    assert evaluate(source, SCOPE) == value


@pytest.mark.parametrize(
    "source",
    [
        "",
        "p = 1",
        "issue.nope",
        "issue.properties['none'].a",
        "1 && true",
        "'a' > 1",
        "unknown",
        "new Map()",
        "config.n.round()",
        "1 +",
        "@",
        "issue.properties['p'].a[0" + "]" * 0,
        " || ".join(["issue.properties['p'] == null"] * 11),
        "[1].map(n => " * 3 + "n" + ")" * 2,
    ],
)
def test_what_it_does_not_know_it_refuses(source: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(source, SCOPE)
