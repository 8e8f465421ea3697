"""The table of cases as Python sees it, and the mark by which a test claims one."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TABLE = Path(__file__).with_name("cases.toml")
TESTS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Case:
    """One row. `pending` names the feature that it waits for, "" where it can be tested today."""

    id: str
    release_blocking: bool
    title: str
    expected: str
    pending: str = ""


@cache
def all_cases() -> dict[str, Case]:
    """By id, in the order of the table."""
    rows = [Case(**row) for row in tomllib.loads(TABLE.read_text("utf-8"))["case"]]
    return {row.id: row for row in rows}


@cache
def signs() -> dict[str, list[str]]:
    """Of each feature that does not exist yet: how one could tell that it does (`route:…`, `guard:…`, `command:…`,
    `module:…`, `source:…`, each followed by a part of the name or text to look for)."""
    found: dict[str, list[str]] = tomllib.loads(TABLE.read_text("utf-8"))["signs"]
    return found


def case(case_id: str) -> pytest.MarkDecorator:
    """Says that a test is the one of this row: `@case("X01")`, or `pytest.param(…, marks=case("X01"))`.

    One test function (or class) per row; its parameters are samples of the row. ValueError for an id that the table does not have.
    """
    if case_id not in all_cases():
        raise ValueError(f"{case_id} is not in {TABLE.name}")
    return pytest.mark.case(case_id)


def claimed_ids(folder: Path = TESTS) -> list[str]:
    """Ids of all rows that a test under `folder` claims, once for each claim; read from the sources, so that it does
    not depend on which tests were asked for."""
    return [
        node.args[0].value
        for path in sorted(folder.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "case"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]
