"""What Jira sends when a post function runs, by either way: read as one typed event, or as none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connect.errors import BadRequest
from connect.post_functions import parse_call
from connect.webhooks import PostFunctionRan, delivery_key

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ISSUE = {"id": "10007", "key": "DEMO-7", "fields": {"project": {"id": "10000"}}}
SIGNED: dict[str, Any] = {
    "issue": ISSUE,
    "configuration": {"value": '{"template": "delivery"}'},
    "transition": {
        "transitionId": 31,
        "from_status": "In Progress",
        "to_status": "In review",
        "workflowName": "Delivery",
    },
}
INVOKED: dict[str, Any] = {
    "issue": {"id": 10007, "key": "DEMO-7"},
    "configuration": {"template": "delivery"},
    "transition": {"id": "31", "to": {"id": "3", "name": "In review"}},
    "changelog": {"id": "555", "items": [7, {"fieldId": "status", "to": "3"}]},
    "atlassianId": "712020:tom",
}


def parse(body: Any, actor: str | None = None) -> PostFunctionRan | None:
    return parse_call(json.dumps(body).encode(), actor, NOW)


def test_both_ways_tell_the_same() -> None:
    wish = '{"template": "delivery"}'
    assert parse(SIGNED, "712020:tom") == PostFunctionRan(
        "10007", "DEMO-7", "10000", "", "", "In review", wish, "712020:tom", NOW
    )
    assert parse(INVOKED) == PostFunctionRan("10007", "DEMO-7", "", "555", "3", "In review", wish, "712020:tom", NOW)


def test_whoever_signed_it_did_it() -> None:
    event = parse({**INVOKED, "atlassianId": "712020:somebody-else"}, "712020:tom")
    assert event is not None
    assert event.actor_account_id == "712020:tom"


@pytest.mark.parametrize("value", [None, [], 7, True, "x", {}])
@pytest.mark.parametrize("part", ["issue", "configuration", "transition", "changelog", "atlassianId"])
def test_parts_of_any_type_are_no_error(part: str, value: Any) -> None:
    for body in (SIGNED, INVOKED):
        event = parse({**body, part: value})
        assert (event is None) == (part == "issue")


@pytest.mark.parametrize("value", ["x" * 4001, '{"a": "\0"}', {"value": ["x" * 4001]}])
def test_a_configuration_that_no_page_of_ours_saves_counts_as_empty(value: object) -> None:
    event = parse({**SIGNED, "configuration": value})
    assert event is not None
    assert event.configuration == ""


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"x"', b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_call(body, None, NOW)


def test_all_deliveries_of_one_call_share_a_key_and_no_two_rules_do() -> None:
    event, other = parse(INVOKED), parse({**INVOKED, "configuration": {"template": "review"}})
    assert event is not None
    assert other is not None
    assert delivery_key("", event) == delivery_key("", event) != delivery_key("", other)
    assert delivery_key("a-b-c", event) == "a-b-c"
