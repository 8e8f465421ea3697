"""The strict reader of JSON: nothing that two readers could understand differently."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from connect import BadRequest, PayloadTooLarge, UnsupportedMedia, read_json
from connect.json_body import parse_json


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} x",
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xff"}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":-1e999}',
        b'{"a":1' + b"0" * 5000 + b"}",
        b'{"a":1,"a":2}',
        b'{"x":[{"a":1,"\\u0061":2}]}',
        b'{"a":"\\u0000"}',
        b'{"\\u0000":1}',
        b'["\\ud800"]',
        b"[" * 33 + b"]" * 33,
        b"[" * 200_000,
        b'{"a":' * 100_000,
    ],
    ids=range(20),
)
def test_ambiguous_or_hostile_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest, match="bad_json"):
        parse_json(body)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(st.characters(exclude_characters="\0", codec="utf-8")), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3), max_leaves=10))  # fmt: skip
def test_ordinary_json_arrives_unchanged(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=40))
def test_no_bytes_make_the_reader_fail(body: bytes) -> None:
    try:
        parse_json(body)
    except BadRequest:
        return


def read(limit: int = 100, **request: Any) -> Any:
    with Flask(__name__).test_request_context("/", method="POST", **request):
        return read_json(limit)


def test_a_body_of_the_right_type_and_size_is_read() -> None:
    assert read(data=b'{"a": [1, 2.5, "x"]}', content_type="application/json; charset=UTF-8") == {"a": [1, 2.5, "x"]}


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json; charset=latin-1"],
)
def test_other_types_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMedia):
        read(data=b"{}", content_type=content_type)


def test_compressed_bodies_are_refused() -> None:
    with pytest.raises(UnsupportedMedia):
        read(data=b"{}", content_type="application/json", headers={"Content-Encoding": "gzip"})


def test_a_body_over_the_limit_is_refused_with_or_without_a_declared_length() -> None:
    with pytest.raises(PayloadTooLarge):
        read(data=b" " * 101, content_type="application/json")
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    with pytest.raises(PayloadTooLarge):
        read(data=b" " * 101, content_type="application/json", environ_overrides=chunked)
    assert read(data=b"[]" + b" " * 98, content_type="application/json") == []
