"""Every route, described as OpenAPI from the map of routes and from what a long story sent there; schemathesis makes the
requests, such as fit the description and such as break it. They come with a good token wherever there is one to have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flask
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from connect.guards import guard_of
from tests.conformance.story import Told, living, words_of
from tests.conformance.target import Request, bearer
from tests.devhost import tokens
from tests.fuzz.result import Result
from tests.fuzz.sending import send

ROOT = Path(__file__).parents[2]
WHO = "Ada Admin"  # may do anything on her site, so that nothing hides behind a refusal
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
_PARAMETER = re.compile(r"<(?:([a-z]+)(?:\([^)]*\))?:)?(\w+)>")
_TEXT: dict[str, Any] = {"type": "string"}
_JSON_BODIES = {
    "connect.installed": ("key", "clientKey", "sharedSecret", "baseUrl", "displayUrl", "productType", "eventType"),
    "connect.uninstalled": ("key", "clientKey", "eventType"),
    "connect.events": ("webhookEvent", "timestamp", "issue", "changelog", "user"),
    "connect.post_function": ("issue", "transition", "configuration"),
    "forge.screens": ("method", "path", "form", "headers"),
    "forge.events": ("eventType", "issue", "changelog"),
}


@dataclass
class Seen:
    """What the story sent to each view: examples of the parts of addresses, and of the fields of forms."""

    arguments: dict[str, set[str]] = field(default_factory=dict)
    fields: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def note(self, app: flask.Flask, **_more: Any) -> None:
        if app.name != "plugin":
            return
        for name, value in (flask.request.view_args or {}).items():
            self.arguments.setdefault(name, set()).add(str(value))
        if flask.request.mimetype == "application/x-www-form-urlencoded":
            fields = self.fields.setdefault(flask.request.endpoint or "", {})
            for name, value in flask.request.form.items():
                fields.setdefault(name, set()).add(value)


def described(app: flask.Flask, seen: Seen) -> dict[str, Any]:
    """The OpenAPI document of all routes."""
    sources = [path.read_text("utf-8") for folder in ("plugin", "connect") for path in (ROOT / folder).rglob("*.py")]
    queries = sorted({name for text in sources for name in re.findall(r'args\.get\("(\w+)"', text)})
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        for method in sorted(_METHODS & (rule.methods or set())):
            path = _PARAMETER.sub(lambda found: f"{{{found[2]}}}", rule.rule)
            paths.setdefault(path, {})[method.lower()] = _operation(rule, method, queries, seen)
    return {"openapi": "3.1.0", "info": {"title": "Rapport", "version": "1"}, "paths": paths}


def _operation(rule: Rule, method: str, queries: list[str], seen: Seen) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _step(seen.arguments.get(name, set()), kind)}
        for kind, name in _PARAMETER.findall(rule.rule)
    ]
    parameters += [{"name": name, "in": "query", "schema": _TEXT} for name in queries]
    operation: dict[str, Any] = {"operationId": f"{method} {rule.endpoint}", "parameters": parameters}
    fields = {name: _like(values) for name, values in seen.fields.get(rule.endpoint, {}).items()}
    kind = "application/x-www-form-urlencoded"
    if rule.endpoint in _JSON_BODIES:
        kind, fields = "application/json", {name: {} for name in _JSON_BODIES[rule.endpoint]}
    if method != "GET":
        body = {"type": "object", "properties": fields}
        operation["requestBody"] = {"required": bool(fields), "content": {kind: {"schema": body}}}
    return {**operation, "responses": {"default": {"description": "anything"}}}


def _step(examples: set[str], kind: str) -> dict[str, Any]:
    """A part of an address: what was there before, so that the way goes deep. What breaks the description goes elsewhere."""
    if examples:
        return {"enum": sorted(examples)}
    return {"type": "integer", "minimum": 0} if kind == "int" else _TEXT


def _like(examples: set[str]) -> dict[str, Any]:
    """A field of a form: what was sent there before, or anything."""
    return {"anyOf": [{"enum": sorted(examples)}, _TEXT]}


class Sender:
    """Sends cases to the app of the story, and looks at what comes back."""

    def __init__(self, told: Told) -> None:
        self._told, self._base_url = told, told.settings.base_url

    def send(self, case: Case, guard: str, result: Result) -> None:
        with suppress(requests.RequestException, UnicodeError):  # what no client can send
            made = requests.Request(**case.as_transport_kwargs(base_url=self._base_url)).prepare()
            request = self._signed(made, guard)
            answer = send(self._told, request, result)
            if answer is not None:
                result.count(answer.status_code, answer.headers.get("Retry-After"), request, may_pass=True)
                if not right_shape(answer) and not result.trouble:
                    result.trouble = f"odd error {answer.status_code} {answer.data[:200]!r}: {request!r}"[:800]

    def _signed(self, made: requests.PreparedRequest, guard: str) -> Request:
        """As it goes over the wire, with the token that this kind of route takes."""
        url, site = made.url or "", self._told.site
        account = self._told.account(WHO)
        headers = {**made.headers, "Host": self._base_url.partition("//")[2]}
        if guard == "page":
            url = tokens.signed_url(site, url, account)
        elif guard == "page_script":
            headers |= bearer(tokens.context_token(site, account))
        elif guard == "webhook":
            headers |= bearer(tokens.hs256(site, made.method or "", url))
        body = made.body.encode() if isinstance(made.body, str) else made.body or b""
        return Request(made.method or "", url.removeprefix(self._base_url), headers, body)


def right_shape(answer: Response) -> bool:
    """A refusal is `{"error": code}` and nothing else, or a page for a person. tests/conformance/test_error_shape.py says more."""
    if answer.status_code < 400:
        return True
    text = answer.get_data(as_text=True)
    if answer.mimetype == "application/json":
        told = json.loads(text)
        return list(told) == ["error"] and bool(re.fullmatch("[a-z_]+", told["error"]))
    return answer.mimetype == "text/html" and "Traceback" not in text


def run(url: str, each: int) -> Iterator[Result]:
    """`each` requests of either kind for each route and method. `rows` of the result: tables in which a row of the other
    site changed."""
    seen = Seen()
    with flask.request_started.connected_to(seen.note), living(url) as told:
        rival, sender = told.jira.sites[1], Sender(told)
        seen.arguments["token"] -= _survey_tokens(told, words_of(rival)["email"])
        schema = schemathesis.openapi.from_dict(described(told.app, seen))
        guards = {rule.endpoint: guard_of(told.app, rule.endpoint) for rule in told.app.url_map.iter_rules()}
        kinds: dict[str, list[Any]] = {}
        for found in schema.get_all_operations():
            operation = found.ok()
            guard = guards[operation.definition.raw["operationId"].partition(" ")[2]]
            kinds.setdefault(guard.name if guard else "none", []).append(operation)
        for kind, operations in sorted(kinds.items()):
            result, before = Result(f"schemathesis: {kind} ({len(operations)})"), told.rows_of(rival)
            for operation in operations:
                for mode in GenerationMode:
                    _attack(sender, operation, mode, kind, result, each)
            result.rows = sum(rows != before[name] for name, rows in told.rows_of(rival).items())
            yield result


def _survey_tokens(told: Told, address: str) -> set[str]:
    """Who holds one may answer with it, so that the other site's are not for us to try."""
    links = " ".join(link for mail in told.mails_to(address) for link in mail.links)
    return set(re.findall(r"/s/([\w-]{43})", links))


def _attack(sender: Sender, operation: Any, mode: GenerationMode, kind: str, result: Result, each: int) -> None:
    @seed(5)
    @settings(
        max_examples=each,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def attempt(case: Case) -> None:
        sender.send(case, kind, result)

    attempt()
