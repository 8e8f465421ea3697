"""Webhooks: typed events from what Jira sends, tolerance for what it leaves out, and nothing acknowledged too early."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from connect import BadRequest, Connect, IssueDeleted, StatusChanged, Unavailable
from connect.webhooks import delivery_key, parse_event
from tests.connect.world import ACME, NOW, MemoryStore, bearer, plain_app, request_token

EVENTS = "/connect/events"


def body(**changes: Any) -> dict[str, Any]:
    return {
        "timestamp": 1_795_175_000_123,
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": "issue_generic",
        "user": {"accountId": "712020:tom-team", "displayName": "Tom"},
        "issue": {
            "id": "10007",
            "key": "DEMO-7",
            "self": "http://169.254.169.254/latest/meta-data",
            "fields": {"summary": "x", "project": {"id": "10000", "key": "DEMO"}, "customfield_1": None},
        },
        "changelog": {
            "id": "10120",
            "items": [
                {"field": "resolution", "fieldId": "resolution", "from": None, "to": "10000"},
                {
                    "field": "status",
                    "fieldId": "status",
                    "fieldtype": "jira",
                    "from": "3",
                    "fromString": "In Progress",
                    "to": "10001",
                },
            ],
        },
        **changes,
    }


CHANGED = StatusChanged(
    "10007",
    "DEMO-7",
    "10000",
    "10120",
    "3",
    "10001",
    "712020:tom-team",
    datetime(2026, 11, 20, 11, 43, 20, 123_000, UTC),
)


def parse(content: Any) -> Any:
    return parse_event(json.dumps(content).encode(), NOW)


def changed_with(path: str, value: Any) -> dict[str, Any]:
    """The body with one part replaced, named like issue.fields.project."""
    content: Any = json.loads(json.dumps(body()))
    *parents, last = path.split(".")
    part = content
    for name in parents:
        part = part[int(name)] if name.isdigit() else part[name]
    part[int(last) if last.isdigit() else last] = value
    return content


def test_a_change_of_status_is_an_event() -> None:
    assert parse(body()) == CHANGED


def test_ids_may_come_as_numbers() -> None:
    assert parse(changed_with("issue.id", 10007)) == parse(changed_with("changelog.id", 10120)) == CHANGED


def test_a_deleted_issue_is_an_event() -> None:
    assert parse(body(webhookEvent="jira:issue_deleted", changelog=None)) == IssueDeleted("10007", "10000")


@pytest.mark.parametrize("timestamp", [None, "now", -1, 1e20, 10**30, True])
def test_without_a_sane_time_the_time_of_arrival_counts(timestamp: Any) -> None:
    assert parse(body(timestamp=timestamp)).happened_at == NOW


@pytest.mark.parametrize(
    "user", [None, {}, {"accoundId": "712020:tom-team"}, {"accountId": None}, {"accountId": "<x>"}]
)
def test_without_a_sane_user_nobody_did_it(user: Any) -> None:
    assert parse(body(user=user)) == replace(CHANGED, actor_account_id=None)


NOT_FOLLOWED = [
    changed_with("webhookEvent", "comment_created"),
    changed_with("webhookEvent", "jira:issue_created"),
    changed_with("webhookEvent", None),
    changed_with("webhookEvent", 5),
    *(changed_with(path, value) for path in ("issue", "changelog", "issue.fields", "issue.fields.project", "changelog.items") for value in (None, {}, [], "x", 5)),
    *(changed_with(path, value) for path in ("issue.id", "issue.key", "changelog.id", "issue.fields.project.id") for value in (None, "", "x", [], {}, -1, True, "1; drop")),
    changed_with("changelog.items.1.fieldId", "customfield_10001"),
    changed_with("changelog.items.1.to", None),
    changed_with("changelog.items.1", None),
    {},
]  # fmt: skip


@pytest.mark.parametrize("content", NOT_FOLLOWED, ids=range(len(NOT_FOLLOWED)))
def test_everything_else_is_no_event_and_no_error(content: Any) -> None:
    assert parse(content) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"issue":' + b"[" * 100_000,
        b'{"x":' * 100_000,
        b'{"x":NaN}',
    ],
)
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(BadRequest, match="bad_json"):
        parse_event(content, NOW)


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "key", "fields", "project", "items", "fieldId", "from", "to", "accountId"]), inner, max_size=3), max_leaves=8)  # fmt: skip


@given(
    st.sampled_from(
        [
            "issue",
            "changelog",
            "user",
            "timestamp",
            "webhookEvent",
            "issue.fields",
            "changelog.items",
            "changelog.items.1",
        ]
    ),
    json_values,
)
def test_no_value_anywhere_makes_the_reader_fail(path: str, value: Any) -> None:
    parse(changed_with(path, value))


def test_atlassians_identifier_is_the_key_of_a_delivery() -> None:
    assert delivery_key("w1/abc-123", CHANGED) == "w1/abc-123"


@pytest.mark.parametrize("identifier", ["", "a b", "x" * 10_000, "a\tb", "é", "a\x00"])
def test_without_a_sane_identifier_the_key_comes_from_the_event(identifier: str) -> None:
    assert delivery_key(identifier, CHANGED) == "issue 10007 change 10120"
    assert delivery_key(identifier, IssueDeleted("10007", "10000")) == "issue 10007 deleted"


# ── the route ──


@pytest.fixture
def client(connect: Connect) -> FlaskClient:
    return plain_app(connect).test_client()


def send(client: FlaskClient, content: Any, url: str = EVENTS, **headers: str) -> Any:
    signed = bearer(request_token("POST", url, sub="712020:tom-team"))
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    data = content if isinstance(content, bytes) else json.dumps(content)
    return client.post(url, data=data, headers={"Content-Type": "application/json", **signed, **names})


def test_a_verified_event_reaches_the_product_before_the_answer(client: FlaskClient, events: list[Any]) -> None:
    answer = send(
        client,
        body(),
        X_Atlassian_Webhook_Identifier="w1",
        X_Atlassian_Webhook_Retry="9" * 40,
        X_Atlassian_Webhook_Flow="?",
    )
    assert (answer.status_code, answer.data) == (204, b"")
    assert events == [(ACME, "w1", CHANGED)]


def test_deprecated_user_parameters_in_the_address_are_part_of_the_signature(
    client: FlaskClient, events: list[Any]
) -> None:
    assert send(client, body(), f"{EVENTS}?user_id=admin&user_key=admin").status_code == 204
    assert len(events) == 1


def test_an_event_that_we_do_not_follow_is_answered_and_counted(
    client: FlaskClient, connect: Connect, events: list[Any]
) -> None:
    for content in NOT_FOLLOWED[:4]:
        assert send(client, content).status_code == 204
    assert (connect.ignored_events, events) == (4, [])


def test_a_product_that_cannot_store_answers_503_so_that_jira_comes_back(client: FlaskClient, connect: Connect) -> None:
    def refuse(*_: Any) -> None:
        raise Unavailable("database_locked")

    connect._on_events = refuse
    answer = send(client, body())
    assert (answer.status_code, answer.json, answer.headers["Retry-After"]) == (503, {"error": "unavailable"}, "5")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400),
        (b'{"a"', {}, 400),
        (b"[]", {}, 400),
        (b"{}", {"Content_Type": "text/plain"}, 415),
        (b"{}", {"Content_Encoding": "gzip"}, 415),
        (b'{"a":"' + b"x" * 6_000_000 + b'"}', {}, 413),
    ],
    ids=range(6),
)
def test_a_body_that_is_no_json_object_is_refused_for_good(
    client: FlaskClient, events: list[Any], content: bytes, headers: dict[str, str], status: int
) -> None:
    assert send(client, content, **headers).status_code == status
    assert events == []


def test_nothing_is_read_before_the_caller_is_known(client: FlaskClient, store: MemoryStore) -> None:
    answer = client.post(EVENTS, data=b"[" * 100_000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, store.lookups) == (401, [])
