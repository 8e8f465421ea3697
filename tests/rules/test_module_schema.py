"""What Jira is told fits Atlassian's own schema of Connect modules: the descriptor, what is written, what rules save."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from plugin.checkpoints import starters
from plugin.domain import Role, SatisfactionState
from plugin.fields import projection
from plugin.fields.project_value import PROPERTY_KEY as PROJECT_PROPERTY_KEY
from plugin.fields.project_value import project_value
from plugin.gates import rules
from plugin.metrics.csat import csat
from plugin.metrics.shares import informed
from tests.devhost.contract import find_document

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
DESCRIPTOR: Json = json.loads((ROOT / "atlassian-connect.json").read_text(encoding="utf-8"))
FILE = "connect-jira-modules-2023.schema.json"
# The document does not say what every module has, and knows no attributes that belong to the platform.
REQUIRED = {"name"}
NAMELESS = {"webhooks", "jiraBackgroundScripts"}
OF_ALL = {"key", "description"}
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?")  # with time only if with its zone
LONGEST_PROPERTY = 32_768  # characters of JSON
KINDS: dict[str, Callable[[Any], bool]] = {
    "number": lambda value: type(value) in (int, float),
    "string": lambda value: isinstance(value, str),
    "text": lambda value: isinstance(value, str),
    "date": lambda value: DATE.fullmatch(value) is not None,
}
# As the pages of a gate and of "Ask the customer" save them.
CONFIG = {"minimum": 4, "types": ["10001"], "text": "Ask first.", "waivable": True}
WISH = {"template": "review", "audience": "reporter", "roles": ["sponsor"]}


def find_schema() -> Path | None:
    """Beside the folder with Atlassian's OpenAPI documents; None where those are not."""
    document = find_document()
    path = None if document is None else document.parents[1] / FILE
    return path if path is not None and path.is_file() else None


needs_schema = pytest.mark.skipif(find_schema() is None, reason=f"{FILE} is not beside RAPPORT_OPENAPI_DIR")


@pytest.fixture(scope="module")
def schemas() -> Json:
    path = find_schema()
    assert path is not None
    kinds: Json = json.loads(path.read_text(encoding="utf-8"))["moduleTypes"]
    return {kind.removeprefix("connect-jira:"): found["schema"] for kind, found in kinds.items()}


def problems(schemas: Json, descriptor: Json) -> list[str]:
    """Everything in the modules of a descriptor that the schema does not allow."""
    found = []
    for kind, modules in descriptor["modules"].items():
        if kind not in schemas:
            found.append(f"{kind}: no such module")
            continue
        for module in modules if isinstance(modules, list) else [modules]:
            where = f"{kind} {module.get('key', '')}"
            found += [f"{where}: {problem}" for problem in _of_module(schemas[kind], kind, module)]
    return found


def _of_module(schema: Json, kind: str, module: Json) -> Iterator[str]:
    yield from (error.message for error in Draft7Validator(schema).iter_errors(module))
    yield from (f"{key} is unknown" for key in module.keys() - schema["properties"].keys() - OF_ALL)
    yield from (f"{key} is missing" for key in REQUIRED - module.keys() if kind not in NAMELESS)
    for page in ("create", "edit", "view"):
        told = set(re.findall(r"`([a-zA-Z]+\.\w+)`", schema["properties"].get(page, {}).get("fieldDescription", "")))
        used = set(re.findall(r"{([\w.]+)}", module.get(page, {}).get("url", "")))
        yield from (f"{page} gets no {{{name}}}" for name in used - told)


def _indexed() -> Iterator[tuple[str, str, str]]:
    """Key of the property, part of it, type: of every field and of every index."""
    for field in DESCRIPTOR["modules"]["jiraIssueFields"]:
        yield field["property"]["key"], field["property"]["path"], field["property"]["type"]
    for index in DESCRIPTOR["modules"]["jiraEntityProperties"]:
        for each in index["keyConfigurations"]:
            for part in each["extractions"]:
                yield each["propertyKey"], part["objectName"], part["type"]


def written() -> dict[str, list[Json]]:
    """What is written under each key, in full and nearly empty."""
    at = datetime.fromisoformat("2026-05-04T12:00:00+00:00")
    full = projection.property_value(SatisfactionState.LOW, 1.5, at, "Acme", informed="too little", waived=True)
    least = projection.property_value(SatisfactionState.ASKED, None, None, None)
    of_project = project_value(csat([(5, 3)]), informed([("too_little", 1)]), 3, 8, 1, at.date())
    empty = project_value(csat([]), informed([]), 0, 0, 0, at.date())
    return {projection.PROPERTY_KEY: [full, least], PROJECT_PROPERTY_KEY: [of_project, empty]}


@needs_schema
def test_every_module_is_as_the_schema_says(schemas: Json) -> None:
    assert problems(schemas, DESCRIPTOR) == []


@needs_schema
@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        ("jiraIssueFields", lambda module: module.update(type="readonly"), "'readonly' is not one of"),
        ("jiraIssueFields", lambda module: module["property"].pop("path"), "'path' is a required property"),
        ("jiraIssueFields", lambda module: module.update(propertyy={}), "propertyy is unknown"),
        ("jiraEntityProperties", lambda module: module.update(entityType="board"), "'board' is not one of"),
        ("jiraProjectPages", lambda module: module.pop("name"), "name is missing"),
        ("jiraProjectPages", lambda module: module["name"].update(value="a" * 1501), "is too long"),
        ("webhooks", lambda module: module.update(excludeBody="no"), "is not of type 'boolean'"),
        ("jiraWorkflowValidators", lambda module: module.update(errorMessage={}), "is not valid under any"),
        ("jiraWorkflowValidators", lambda module: module["edit"].update(url="/x?c={validator.conf}"), "edit gets no"),
    ],
)
def test_a_planted_error_is_found(schemas: Json, kind: str, change: Callable[[Json], object], told: str) -> None:
    descriptor = deepcopy(DESCRIPTOR)
    change(descriptor["modules"][kind][0])
    (found,) = problems(schemas, descriptor)
    assert told in found


@needs_schema
def test_a_module_that_jira_does_not_know_is_found(schemas: Json) -> None:
    assert problems(schemas, {"modules": {"jiraProjectPage": []}}) == ["jiraProjectPage: no such module"]


def test_what_is_written_has_the_parts_and_types_that_jira_shows_and_indexes() -> None:
    values = written()
    assert {key for key, *_ in _indexed()} == values.keys()
    for key, (full, _least) in values.items():
        assert len(json.dumps(full)) < LONGEST_PROPERTY
        for part, kind in {(part, kind) for of, part, kind in _indexed() if of == key}:
            assert KINDS[kind](full[part]), f"{key}.{part}"
    for key, part, kind in _indexed():
        assert all(KINDS[kind](value[part]) for value in values[key] if part in value), f"{key}.{part}"


def names_in(form: str) -> set[str]:
    return set(re.findall(r'name="(\w+)"', (ROOT / form).read_text(encoding="utf-8")))


def test_rules_of_a_workflow_read_what_their_page_saves() -> None:
    assert rules.read(json.dumps(CONFIG)) == rules.Gate(4, ("10001",), "Ask first.", waivable=True)
    assert names_in("plugin/gates/templates/gates_edit.html") == CONFIG.keys()
    for kind in ("jiraWorkflowConditions", "jiraWorkflowValidators"):
        for module in DESCRIPTOR["modules"][kind]:
            texts = module["expression"], module.get("errorMessage", {}).get("expression", "")
            assert set(re.findall(r"config\.(\w+)", " ".join(texts))) <= CONFIG.keys()


def test_a_post_function_reads_what_its_page_saves() -> None:
    assert starters.read(json.dumps(WISH)) == starters.Wish("review", (Role.SPONSOR,), "reporter")
    assert names_in("plugin/checkpoints/templates/checkpoints_rule_edit.html") == WISH.keys()
