"""Whatever is sent, a parser gives a value or one of its own refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.fernet import Fernet
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connect.errors import BadRequest, Unauthorized
from connect.json_body import parse_json
from connect.query_hash import canonical_request, query_hash, raw_target
from connect.tokens import find_token, read_token
from connect.webhooks import delivery_key, parse_event
from plugin.invitations.service import Opened
from plugin.sealing import Seal
from plugin.surveys import nonce
from plugin.surveys.intake import Stage
from tests.conformance.target import b64
from tests.connect.world import NOW
from tests.fuzz.result import Result

_OPENED = Opened(1, 1)
_SEAL = Seal([Fernet.generate_key().decode()])
_GOOD_NONCE = nonce.new(_SEAL, _OPENED, Stage.FIRST, NOW)
_KEY = re.compile(r"[ -~]{1,255}")

pieces = st.sampled_from(
    ["a", "b", "=", "&", "+", "%20", "%2F", "%", "%zz", "/", "//", "..", ";", "?", "#", "jwt", "~", "é"]
)
queries = st.lists(pieces, max_size=20).map("".join) | st.text(max_size=60)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
bodies = st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
ids: st.SearchStrategy[Any] = st.sampled_from(["10007", "SHOP-7", 5, "0", "", "x" * 300, None, [], {}, 10**30, -1, 1.5])


def _event(issue: Any, key: Any, change: Any, status: Any, at: Any) -> bytes:
    log = {"id": change, "items": [{"fieldId": "status", "from": "1", "to": status}]}
    about = {"id": issue, "key": key, "fields": {"project": {"id": "10000"}}}
    return json.dumps(
        {"webhookEvent": "jira:issue_updated", "timestamp": at, "issue": about, "changelog": log}
    ).encode()


events = st.builds(_event, ids, ids, ids, ids, ids | scalars) | bodies
parts = st.binary(max_size=60).map(b64) | values.map(b64) | st.text(max_size=20)
tokens = st.lists(parts, max_size=5).map(".".join) | st.text(max_size=200)
texts = st.text(max_size=60)
nonces = st.lists(
    st.text(max_size=200) | st.integers(0, len(_GOOD_NONCE) - 1).map(lambda cut: _GOOD_NONCE[:cut]), max_size=3
)


def canonicaliser(method: str, path: str, query: str) -> None:
    found = canonical_request(method, path, query)
    assert re.fullmatch("[0-9a-f]{64}", query_hash(method, path, query))
    assert canonical_request(method, path, f"{query}&jwt=x") == found


def target(path: str, query: str) -> None:
    try:
        found = raw_target({"REQUEST_URI": path, "QUERY_STRING": query})
    except BadRequest:
        return
    assert found[0].startswith("/")
    assert "".join(found).isascii()


def token(text: str, query: str) -> None:
    for where in (f"JWT {text}", text):
        try:
            found = read_token(find_token(where, query, in_query=False))
        except Unauthorized:
            continue
        assert isinstance(found.header, dict)
        assert isinstance(found.claims, dict)


def json_body(body: bytes) -> None:
    try:
        found = parse_json(body)
    except BadRequest:
        return
    assert parse_json(json.dumps(found).encode()) == found


def event(body: bytes, identifier: str) -> None:
    try:
        found = parse_event(body, NOW)
    except BadRequest:
        return
    assert found is None or _KEY.fullmatch(delivery_key(identifier, found))


def form_nonce(sent: list[str]) -> None:
    assert nonce.read(_SEAL, _OPENED, sent, NOW) is None


PARSERS: dict[Callable[..., None], tuple[st.SearchStrategy[Any], ...]] = {
    canonicaliser: (st.sampled_from(["GET", "post", "x"]), queries, queries),
    target: (queries.map(lambda it: f"/{it}") | queries, queries),
    token: (tokens, queries),
    json_body: (bodies,),
    event: (events, texts),
    form_nonce: (nonces,),
}


def run(cases: int) -> Iterator[Result]:
    """`cases` for each parser; the first that fails is told in the shortest form that fails."""
    for parser, strategies in PARSERS.items():
        result = Result(f"parser: {parser.__name__}")
        _run(parser, strategies, cases, result)
        yield result


def _run(parser: Callable[..., None], strategies: Any, cases: int, result: Result) -> None:
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(st.tuples(*strategies))
    def attempt(arguments: tuple[Any, ...]) -> None:
        result.cases += 1
        parser(*arguments)

    try:
        attempt()
    except Exception as error:  # whatever it is, nobody foresaw it
        result.trouble = f"{error!r} {getattr(error, '__notes__', '')}"[:800]
