"""The query hash against Atlassian's own signed addresses, another implementation, and hostile targets."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import pytest
from atlassian_jwt.url_utils import canonicalize_request
from hypothesis import example, given
from hypothesis import strategies as st

from connect import BadRequest
from connect.query_hash import canonical_request, query_hash, raw_target

VECTORS = Path(__file__).parents[2] / "node_modules/atlassian-jwt/test/resources/jwt-signed-urls.json"


def split(url: str) -> tuple[str, str]:
    path, _, query = url.partition("?")
    return path, query


def canonical(url: str, method: str = "GET", base_path: str = "") -> str:
    return canonical_request(method, *split(url), base_path)


@pytest.mark.skipif(not VECTORS.exists(), reason="front-end packages are not installed")
def test_all_of_atlassians_signed_addresses_have_the_canonical_form_hash_and_signature_they_claim() -> None:
    vectors = json.loads(VECTORS.read_text("utf-8"))
    assert len(vectors["tests"]) == 78
    for vector in vectors["tests"]:
        url = vector["signedUrl"].removeprefix("https://example.com")
        assert canonical(url) == vector["canonicalUrl"], vector["name"]
        token = parse_qs(split(url)[1])["jwt"][0]
        options = {"verify_exp": False, "verify_aud": False}
        claims = jwt.decode(token, vectors["secret"], algorithms=["HS256"], options=options)
        assert query_hash("GET", *split(url)) == claims["qsh"], vector["name"]


escaped = st.sampled_from(
    [
        "a",
        "b",
        "B",
        "jwt",
        "JWT",
        "jwt2",
        "%20",
        "+",
        "%2B",
        "~",
        "*",
        "!'()",
        "%c3%a9",
        "%E6%97%A5",
        "%26",
        "%3D",
        ",",
        "%2C",
        ";",
        "1",
        "",
        "-",
        ".",
    ]
)
words = st.lists(escaped, max_size=3).map("".join)
queries = st.lists(st.one_of(words, st.tuples(words, words).map("=".join)), max_size=6).map("&".join)
paths = st.lists(
    st.sampled_from(["rest", "api", "3", "a&b", "%20", "x.y", "~", "(1)", "%2F", "é".encode().hex()]), max_size=5
).map(lambda parts: "/" + "/".join(parts))


@given(st.sampled_from(["GET", "post", "Put", "DELETE"]), paths, queries)
@example("GET", "/", "a-=1&a=2")
@example("GET", "/x", "b=2&b=10&b=1&a")
def test_it_agrees_with_another_implementation_on_random_requests(method: str, path: str, query: str) -> None:
    assert canonical_request(method, path, query) == canonicalize_request(method, f"{path}?{query}")


pairs = st.lists(st.tuples(st.binary(max_size=4), st.binary(max_size=4)), max_size=4)


def raw(items: list[tuple[bytes, bytes]]) -> str:
    return "&".join(
        "".join(f"%{byte:02X}" for byte in name) + "=" + "".join(f"%{byte:02x}" for byte in value)
        for name, value in items
    )


def meaning(items: list[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in items:
        if name != b"jwt":
            found.setdefault(name, []).append(value)
    return {name: sorted(values) for name, values in found.items()}


@given(pairs, pairs)
def test_queries_have_the_same_canonical_form_exactly_when_they_mean_the_same(
    one: list[tuple[bytes, bytes]], other: list[tuple[bytes, bytes]]
) -> None:
    same = canonical_request("GET", "/", raw(one)) == canonical_request("GET", "/", raw(other))
    assert same == (meaning(one) == meaning(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/p%3Fa=1", "/p?a=1"),
        ("/a%2Fb", "/a/b"),
        ("/p&a=b?x=y", "/p?a=b&x=y"),
        ("/p?a=1;b=2", "/p?a=1&b=2"),
        ("/p?a=x,y", "/p?a=x&a=y"),
        ("/p?a=%ff", "/p?a=%fe"),
        ("/P", "/p"),
        ("/p?jwt2=1", "/p"),
        ("/p?JWT=1", "/p"),
    ],
)
def test_different_requests_have_different_forms(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/p?b=1&a=2", "/p?a=2&b=1"),
        ("/p?a=+", "/p?a=%20"),
        ("/p?a", "/p?a="),
        ("/p?jwt=x&a=1", "/p?a=1"),
        ("/p?a=%7e", "/p?a=~"),
        ("/p/", "/p"),
    ],
)
def test_harmless_differences_do_not_count(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


def test_the_path_of_our_own_base_url_does_not_count() -> None:
    assert canonical("/rapport/issues/1", base_path="/rapport") == "GET&/issues/1&"
    assert canonical("/rapport", base_path="/rapport") == "GET&/&"
    assert canonical("/rapporteur", base_path="/rapport") == "GET&/rapporteur&"


@pytest.mark.parametrize("query", ["%zz", "%", "a=%", "%c0%af=1", "%00=%00", "&&&", "====", "a=%f"])
def test_broken_escapes_are_hashed_and_not_repaired_or_fatal(query: str) -> None:
    assert len(query_hash("GET", "/p", query)) == 64


def test_the_raw_target_is_used_where_the_server_passes_it_on() -> None:
    environ = {"REQUEST_URI": "/a%2Fb?x=1", "PATH_INFO": "/a/b", "QUERY_STRING": "x=1"}
    assert raw_target(environ) == ("/a%2Fb", "x=1")


def test_the_target_of_a_proxy_request_loses_its_origin() -> None:
    assert raw_target({"REQUEST_URI": "http://rapport.example/a?x=1", "QUERY_STRING": "x=1"}) == ("/a", "x=1")


def test_a_server_without_raw_target_gets_the_path_that_the_app_sees() -> None:
    environ = {"SCRIPT_NAME": "/rapport", "PATH_INFO": "/a/b?c%d", "QUERY_STRING": "x=1"}
    assert raw_target(environ) == ("/rapport/a/b%3Fc%25d", "x=1")


@pytest.mark.parametrize("target", ["*", "rapport.example:443", "ftp://x/y", "/é", "/" + "a" * 20_000])
def test_odd_targets_are_refused(target: str) -> None:
    with pytest.raises(BadRequest, match="bad_target"):
        raw_target({"REQUEST_URI": target, "QUERY_STRING": ""})


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_target_makes_the_reader_fail(path: str, query: str) -> None:
    environ = {"REQUEST_URI": f"/{path}", "QUERY_STRING": query}
    try:
        found = raw_target(environ)
    except BadRequest:
        return
    assert len(query_hash("GET", *found)) == 64
