"""Holds every REST call to Atlassian's OpenAPI documents: what the app asks and what the stand-in answers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.devhost.deviations import is_deviation
from tests.devhost.records import Json

DOCUMENT = "jira-platform.v3.json"
SERVICE_DESK_DOCUMENT = "jira-service-management.v3.json"
ENVIRONMENT = "RAPPORT_OPENAPI_DIR"
DEFAULT_FOLDER = Path(__file__).parents[3] / "shared" / "data" / "openapi"
# The document requires next to nothing; without these an error body would pass as an issue.
REQUIRED: dict[str, tuple[str, ...]] = {
    "IssueBean": ("id",),  # a search without fields shows nothing else
    "Project": ("id", "key", "name", "self"),
    "User": ("accountId", "displayName", "active"),
    "UserDetails": ("accountId", "displayName", "active"),
    "StatusDetails": ("id", "name", "statusCategory"),
    "StatusCategory": ("id", "key", "name"),
    "IssueTypeDetails": ("id", "name", "subtask"),
    "Comment": ("id", "author", "body", "created"),
    "Changelog": ("id", "created", "items"),
    "ChangeDetails": ("field", "fieldtype", "from", "to"),
    "FieldDetails": ("id", "key", "name", "custom"),
    "EntityProperty": ("key", "value"),
    "Transitions": ("transitions",),
    "IssueTransition": ("id", "name", "to"),
    "SearchAndReconcileResults": ("issues",),
    "PageOfComments": ("comments", "startAt", "total"),
    "PageBeanProject": ("values", "startAt", "total", "isLast"),
    "PageBeanChangelog": ("values", "startAt", "total", "isLast"),
    "ServerInformation": ("baseUrl", "deploymentType", "versionNumbers"),
    "JQLCountResultsBean": ("count",),
    "CreatedIssue": ("id", "key", "self"),
    "PageBeanWebhook": ("values", "startAt", "total", "isLast"),
    "Webhook": ("id", "url", "events", "jqlFilter", "expirationDate"),
    "ContainerForRegisteredWebhooks": ("webhookRegistrationResult",),
    "WebhooksExpirationDate": ("expirationDate",),
}
# Issue fields are "anything" in the document, though their shapes are described elsewhere in it.
FIELD_SCHEMAS = {
    "status": "StatusDetails",
    "issuetype": "IssueTypeDetails",
    "assignee": "UserDetails",
    "reporter": "UserDetails",
    "creator": "UserDetails",
    "priority": "Priority",
    "resolution": "Resolution",
    "comment": "PageOfComments",
}


@dataclass(frozen=True)
class Operation:
    """One operation of a document, which is known by its file's name."""

    document: str
    method: str
    template: str
    definition: Json
    path_values: dict[str, str]

    @property
    def name(self) -> str:
        """``GET /rest/api/3/issue/{issueIdOrKey}``."""
        return f"{self.method} {self.template}"

    @property
    def scope(self) -> str:
        """Scope that a Connect app needs: NONE, READ, WRITE, DELETE, PROJECT_ADMIN, ADMIN, … or INACCESSIBLE."""
        return str(self.definition.get("x-atlassian-connect-scope", "INACCESSIBLE"))

    @property
    def forge_scopes(self) -> list[frozenset[str]]:
        """Sets of scopes of which a Forge app needs one whole: the classic ones or the granular ones."""
        states: list[Json] = self.definition.get("x-atlassian-oauth2-scopes", [])
        return [frozenset(each.get("scopes", [])) for each in states] or [frozenset()]

    def pointer(self, *steps: str) -> str:
        """Reference to a part of the operation inside the document."""
        return _pointer(self.document, "paths", self.template, self.method.lower(), *steps)


def _pointer(document: str, *steps: str) -> str:
    escaped = (step.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D") for step in steps)
    return f"urn:{document}#/{'/'.join(escaped)}"


class Contract:
    """The documents, by name, with their validators; nothing is compiled before it is needed."""

    def __init__(self, documents: Mapping[str, Json]) -> None:
        self.documents = documents
        self._tighten()
        self._validators: dict[tuple[str, bool], Any] = {}
        self._problems_of = lru_cache(maxsize=2000)(self._look_for_problems)  # the same few bodies come over and over

    def _tighten(self) -> None:
        """Require what Jira always sends."""
        for name, required in REQUIRED.items():
            schema = self.documents[DOCUMENT]["components"]["schemas"][name]
            schema["required"] = sorted({*schema.get("required", []), *required})

    @cached_property
    def _routes(self) -> dict[int, list[tuple[list[str], str, str]]]:
        """Templates as steps, with the document's name, by number of steps; those with fewer placeholders first."""
        by_length: dict[int, list[tuple[list[str], str, str]]] = {}
        known = [(template, name) for name, document in self.documents.items() for template in document["paths"]]
        for template, name in sorted(known, key=lambda each: each[0].count("{")):
            steps = template.strip("/").split("/")
            by_length.setdefault(len(steps), []).append((steps, template, name))
        return by_length

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation behind a raw path; version 2 and "latest" of the API are looked up as version 3."""
        given = re.sub(r"^/rest/api/(2|latest)/", "/rest/api/3/", path).strip("/").split("/")
        for steps, template, name in self._routes.get(len(given), []):
            values, methods = _match(steps, given), self.documents[name]["paths"][template]
            if values is not None and method.lower() in methods:
                return Operation(name, method, template, methods[method.lower()], values)
        return None

    def request_problems(self, operation: Operation, query: str, body: bytes, content_type: str) -> list[str]:
        """How a request breaks the document: path, query and body."""
        found = [*self._parameter_problems(operation, query), *self._body_problems(operation, body, content_type)]
        return _without_deviations(operation, "request", found)

    def response_problems(self, operation: Operation, status: int, body: bytes, content_type: str) -> list[str]:
        """How an answer breaks the document: status, content type and body."""
        responses = operation.definition["responses"]
        if str(status) not in responses and "default" not in responses:
            found = [f"status {status} is not documented"]
        else:
            found = self._answer_problems(operation, status, body, content_type)
        return _without_deviations(operation, "response", found)

    def _parameter_problems(self, operation: Operation, query: str) -> Iterator[str]:
        parameters = operation.definition.get("parameters", [])
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            given.setdefault(name, []).append(value)
        known = {each["name"] for each in parameters if each["in"] == "query"}
        yield from (f"query: unknown parameter '{name}'" for name in given if name not in known)
        for parameter in parameters:
            place, name = parameter["in"], parameter["name"]
            values = given.get(name, []) if place == "query" else [operation.path_values.get(name, "")]
            if place == "query" and not values and parameter.get("required"):
                yield f"query: '{name}' is missing"
            if place in ("query", "path") and values:
                yield from _value_problems(f"{place}/{name}", values, parameter.get("schema", {}))

    def _body_problems(self, operation: Operation, body: bytes, content_type: str) -> Iterator[str]:
        described = operation.definition.get("requestBody")
        if described is None:
            yield from ["body: none is expected"] if body else []
        elif not body:
            yield from ["body: is missing"] if described.get("required") else []
        elif "application/json" not in content_type:
            yield f"body: the content type is {content_type or 'missing'}, not application/json"
        else:
            pointer = operation.pointer("requestBody", "content", "application/json", "schema")
            yield from self._problems_of(pointer, body, write=True)

    def _answer_problems(self, operation: Operation, status: int, body: bytes, content_type: str) -> list[str]:
        content = operation.definition["responses"].get(str(status), {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None or not (body or schema):
            return []
        if content_type != "application/json;charset=UTF-8":
            return [f"content type is {content_type}, not application/json;charset=UTF-8"]
        if not schema:
            return []
        pointer = operation.pointer("responses", str(status), "content", "application/json", "schema")
        return self._problems_of(pointer, body, write=False)

    def _look_for_problems(self, pointer: str, body: bytes, *, write: bool) -> list[str]:
        found = list(self._json_problems(pointer, body, write=write))
        return found if write else [*found, *self._field_problems(body)]

    def _json_problems(self, pointer: str, body: bytes, *, write: bool) -> Iterator[str]:
        try:
            value = read_json(body)
        except ValueError:
            yield "body: is not JSON"
            return
        yield from _schema_problems(self._validator(pointer, write=write), value)

    def _field_problems(self, body: bytes) -> Iterator[str]:
        """Check the fields of an issue, or of each issue in a list, against the shapes described elsewhere."""
        value = json.loads(body)
        for issue in value.get("issues", [value]) if isinstance(value, dict) else []:
            shown = issue.get("fields") if isinstance(issue, dict) else None
            for name, schema in FIELD_SCHEMAS.items():
                if isinstance(shown, dict) and shown.get(name) is not None:
                    validator = self._validator(_pointer(DOCUMENT, "components", "schemas", schema), write=False)
                    yield from _schema_problems(validator, shown[name], f"body/fields/{name}")

    def _validator(self, pointer: str, *, write: bool) -> Any:
        if (pointer, write) not in self._validators:
            self._validators[pointer, write] = _make_validator(self._registry, pointer, write=write)
        return self._validators[pointer, write]

    @cached_property
    def _registry(self) -> Any:
        from referencing import Registry, Resource  # noqa: PLC0415  (start-up time: only needed once calls arrive)
        from referencing.jsonschema import DRAFT4  # noqa: PLC0415

        found = {f"urn:{name}": Resource(each, DRAFT4) for name, each in self.documents.items()}
        return Registry().with_resources(found.items())


def read_json(data: bytes) -> Any:
    """The value of a JSON text; `ValueError` also for what is nested too deeply to be read."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _make_validator(registry: Any, pointer: str, *, write: bool) -> Any:
    from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator  # noqa: PLC0415  (as above)

    kind = OAS30WriteValidator if write else OAS30ReadValidator
    return kind({"$ref": pointer}, registry=registry)


def _match(steps: list[str], given: list[str]) -> dict[str, str] | None:
    values = {}
    for step, value in zip(steps, given, strict=True):
        if step.startswith("{"):
            values[step.strip("{}")] = unquote(value)
        elif step != value:
            return None
    return values


def _value_problems(place: str, values: list[str], schema: Json) -> Iterator[str]:
    if schema.get("type") == "array":
        values = [part for value in values for part in value.split(",")]
        schema = schema.get("items", {})
    kind, allowed = schema.get("type"), schema.get("enum")
    for value in values:
        if kind == "integer" and not re.fullmatch(r"-?\d+", value):
            yield f"{place}: '{value}' is not an integer"
        elif kind == "boolean" and value not in ("true", "false"):
            yield f"{place}: '{value}' is not true or false"
        elif allowed and value not in allowed:
            yield f"{place}: '{value}' is not one of {', '.join(map(str, allowed))}"


def _schema_problems(validator: Any, value: Any, root: str = "body") -> Iterator[str]:
    for error in validator.iter_errors(value):
        place = "/".join([root, *map(str, error.absolute_path)])
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = error.schema.get("properties", {})
            yield from (f"{place}: unknown property '{name}'" for name in error.instance if name not in known)
        else:
            yield f"{place}: {error.message[:300]}"


def _without_deviations(operation: Operation, direction: str, problems: list[str]) -> list[str]:
    named = (f"{direction}: {problem}" for problem in problems)
    return [problem for problem in named if not is_deviation(f"{operation.name}: {problem}")]


def find_document(name: str = DOCUMENT) -> Path | None:
    """Where the document is: ``RAPPORT_OPENAPI_DIR``, else ``../shared/data/openapi`` beside the checkout; or None.

    Raises `FileNotFoundError` when the variable names a folder without it.
    """
    named = os.environ.get(ENVIRONMENT)
    path = (Path(named) if named else DEFAULT_FOLDER) / name
    if path.is_file():
        return path
    if named:
        raise FileNotFoundError(f"{ENVIRONMENT} is set, but there is no {path}")
    return None


@cache
def load_contract() -> Contract | None:
    """The contract, read once per process; None when a document is not there: then nothing is checked."""
    found = {name: find_document(name) for name in (DOCUMENT, SERVICE_DESK_DOCUMENT)}
    documents = {name: json.loads(path.read_bytes()) for name, path in found.items() if path is not None}
    return Contract(documents) if len(documents) == len(found) else None
