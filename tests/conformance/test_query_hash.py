"""Class Q: a token is good for one method, path and query, read from the raw request target."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

import jwt
import pytest

from connect.query_hash import canonical_request
from connect.query_hash import query_hash as our_hash
from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.doors import EVENTS, HASHED_DOORS, INSTALL, PAGE, Door
from tests.conformance.refusals import refuses
from tests.conformance.target import Request, Site, Target
from tests.connect.world import DROP
from tests.devhost.tokens import query_hash

VECTORS = Path(__file__).parents[2] / "node_modules/atlassian-jwt/test/resources/jwt-signed-urls.json"
PAIRS = 100_000
every_hashed_door = pytest.mark.parametrize("door", HASHED_DOORS, ids=str)


def split(target: str) -> tuple[str, str]:
    path, _, query = target.partition("?")
    return path, query


def signed_as(
    app: Target, door: Door, signed: str, sent: str, *, method: str | None = None, site: Site | None = None
) -> Request:
    """A call of `sent` with a good token for `signed`; both are raw targets."""
    site = site or app.acme
    token = door.token(app, site, qsh=query_hash(method or door.method, signed))
    return replace(door, target=sent).call(site, token)


@case("Q01")
@pytest.mark.skipif(not VECTORS.exists(), reason="front-end packages are not installed")
def test_atlassians_own_examples_agree() -> None:
    vectors = json.loads(VECTORS.read_text("utf-8"))
    assert len(vectors["tests"]) == 78
    for vector in vectors["tests"]:
        target = split(vector["signedUrl"].removeprefix("https://example.com"))
        token = parse_qs(target[1])["jwt"][0]
        options: Any = {"verify_exp": False, "verify_aud": False}
        claims = jwt.decode(token, vectors["secret"], algorithms=["HS256"], options=options)
        assert canonical_request("GET", *target) == vector["canonicalUrl"], vector["name"]
        assert our_hash("GET", *target) == claims["qsh"], vector["name"]


@case("Q02")
@every_hashed_door
def test_a_token_carries_a_hash(app: Target, door: Door) -> None:
    refuses(app, door.good_call(app, app.acme, qsh=DROP), "missing_qsh")


@case("Q03")
@every_hashed_door
def test_the_hash_is_exactly_that_of_the_request(app: Target, door: Door) -> None:
    good = query_hash(door.method, door.target)
    wrong = (
        good.upper(), good[:-1], good + "0", good + " ", good[::-1], query_hash(door.method, "/"), "0" * 64, "", " ", "é" * 64,
        None, 5, True, [], [good], {"qsh": good}, "Context-QSH",
    )  # fmt: skip
    for odd in wrong:
        refuses(app, door.good_call(app, app.acme, qsh=odd), "qsh_mismatch")


@case("Q04")
@every_hashed_door
def test_a_token_for_one_method_is_none_for_another(app: Target, door: Door) -> None:
    for method in {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"} - {door.method}:
        refuses(app, signed_as(app, door, door.target, door.target, method=method), "qsh_mismatch")
    good = door.good_call(app, app.acme)
    if door is PAGE:
        for method in ("HEAD", "OPTIONS"):
            refuses(app, replace(good, method=method), "qsh_mismatch")
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "LOCK"):
        assert app.send(replace(good, method=method)).status_code in (401, 405)


CHANGED_QUERIES = [
    ("?a=1&b=2", sent) for sent in ("", "?a=1", "?a=1&b=2&c=3", "?a=1&b=3", "?a=1&b=2&b=2", "?a=1&b=2&a=1", "?A=1&b=2", "?a=1&b=2&", "?a=12&b")
] + [("", "?a=1"), ("", "?a"), ("?a=1&a=2", "?a=1"), ("?a=1,2", "?a=1&a=2"), ("?a=1", "?a=%31%20")]  # fmt: skip


@case("Q05")
@every_hashed_door
def test_every_parameter_counts(app: Target, door: Door) -> None:
    for signed, sent in CHANGED_QUERIES:
        if sent != "?a=1&b=2&":  # an empty part is nothing
            refuses(app, signed_as(app, door, door.path + signed, door.path + sent), "qsh_mismatch")


READING_DOORS = pytest.mark.parametrize("door", [EVENTS, PAGE], ids=str)


def accepted(app: Target, door: Door, signed: str, sent: str) -> bool:
    return app.send(signed_as(app, door, signed, sent)).status_code == door.accepted


@case("Q06")
@READING_DOORS
def test_the_order_of_parameters_does_not_count(app: Target, door: Door) -> None:
    for sent in ("?b=2&a=1&c=3", "?c=3&b=2&a=1", "?a=1&b=2&c=3"):
        assert accepted(app, door, f"{door.path}?a=1&b=2&c=3", door.path + sent)
    assert accepted(app, door, f"{door.path}?a=1&a=2", f"{door.path}?a=2&a=1")


@case("Q07")
@every_hashed_door
def test_a_path_does_not_swallow_the_query(app: Target, door: Door) -> None:
    for signed, sent in (("&a=b?x=y", "?a=b&x=y"), ("&a=b", "?a=b"), ("?a=b", "?x=y&a=b"), ("%26a=b", "?a=b")):
        refuses(app, signed_as(app, door, door.path + signed, door.path + sent), "qsh_mismatch")


@case("Q08")
@every_hashed_door
def test_an_escape_in_the_path_is_not_the_letter(app: Target, door: Door) -> None:
    path = door.path
    escaped = f"{path[:-1]}%{ord(path[-1]):02x}"
    for signed, sent in ((f"{path}%3Fa=1", f"{path}?a=1"), (path.replace("/", "%2F"), path), (escaped, path)):
        refuses(app, signed_as(app, door, signed, sent), "qsh_mismatch")
    refuses(app, signed_as(app, door, path, escaped), "qsh_mismatch")
    for sent in (f"{path}%3Fa=1", "/" + path[1:].replace("/", "%2F") + "%2F", f"{path}%00", f"{path}/."):
        assert app.send(signed_as(app, door, f"{path}?a=1", sent)).status_code in (401, 404)


@case("Q10")
@every_hashed_door
def test_semicolons_do_not_part_parameters(app: Target, door: Door) -> None:
    for signed, sent in (("?a=1;b=2", "?a=1&b=2"), ("?a=1&b=2", "?a=1;b=2"), ("?a=1", "?a=1;b=2"), (";a=1", "?a=1")):
        refuses(app, signed_as(app, door, door.path + signed, door.path + sent), "qsh_mismatch")


@case("Q11")
@READING_DOORS
def test_only_the_parameter_jwt_stays_out(app: Target, door: Door) -> None:
    for name in ("JWT", "jwt2", "xjwt", "Jwt", "jwt[]", "%20jwt", "jwt%00", "jw", "j+wt"):
        refuses(app, signed_as(app, door, door.path, f"{door.path}?{name}=1"), "qsh_mismatch")
        assert accepted(app, door, f"{door.path}?{name}=1", f"{door.path}?{name}=1")


@case("Q13")
@every_hashed_door
def test_the_case_of_the_path_counts(app: Target, door: Door) -> None:
    other = door.path[:-1] + door.path[-1].upper()
    refuses(app, signed_as(app, door, other, door.path), "qsh_mismatch")
    assert app.send(signed_as(app, door, door.path, other)).status_code in (401, 404)


CLAIMED_PREFIXES = ("X-Forwarded-Prefix", "X-Script-Name", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Path")


@case("Q14")
@pytest.mark.parametrize("trusted_proxies", ["0", "1"])
def test_a_prefix_comes_from_the_configuration_alone(new_target: NewTarget, trusted_proxies: str) -> None:
    app = new_target(RAPPORT_BASE_URL="https://rapport.example/rapport", RAPPORT_TRUSTED_PROXIES=trusted_proxies)
    assert accepted(app, EVENTS, EVENTS.path, EVENTS.path)  # the proxy took the prefix away
    mounted = signed_as(app, EVENTS, EVENTS.path, f"/rapport{EVENTS.path}")
    assert app.send(replace(mounted, mounted_at="/rapport")).status_code == 204
    refuses(app, signed_as(app, EVENTS, f"/rapport{EVENTS.path}", EVENTS.path), "qsh_mismatch")
    for name in CLAIMED_PREFIXES:
        for claimed in ("/other", "/other" + EVENTS.path):
            request = signed_as(app, EVENTS, f"/other{EVENTS.path}", EVENTS.path)
            refuses(app, replace(request, headers={**request.headers, name: claimed}), "qsh_mismatch")
            request = signed_as(app, EVENTS, EVENTS.path, EVENTS.path)
            assert app.send(replace(request, headers={**request.headers, name: claimed})).status_code == 204


EQUAL_QUERIES = (
    ("?a=b+c", "?a=b%20c"), ("?a+b=c", "?a%20b=c"), ("?a=", "?a"), ("?a=~", "?a=%7E"), ("?a=*", "?a=%2A"),
    ("?a=!'()", "?a=%21%27%28%29"), ("?a=%c3%a9", "?a=%C3%A9"), ("?a=%3d%26", "?a=%3D%26"), ("?a==", "?a=%3D"),
    ("?a=b&&c=d", "?a=b&c=d"), ("?a=%61", "?a=a"), ("?a=/?:@", "?a=%2F%3F%3A%40"),
)  # fmt: skip
UNEQUAL_QUERIES = (
    ("?a=b+c", "?a=b%2Bc"), ("?a=b%2520c", "?a=b%20c"), ("?a=%26", "?a=&"), ("?a=%3D&b", "?a=&b"), ("?a=b%2Cc", "?a=b&a=c"),
    ("?a=%C3%A9", "?a=%E9"), ("?a=%C3%A9", "?a=e%CC%81"),
)  # fmt: skip


@case("Q15")
@READING_DOORS
def test_spellings_are_equal_only_where_atlassian_says_so(app: Target, door: Door) -> None:
    for one, other in EQUAL_QUERIES:
        assert accepted(app, door, door.path + one, door.path + other), (one, other)
        assert accepted(app, door, door.path + other, door.path + one), (other, one)
    for one, other in UNEQUAL_QUERIES:
        refuses(app, signed_as(app, door, door.path + one, door.path + other), "qsh_mismatch")
        refuses(app, signed_as(app, door, door.path + other, door.path + one), "qsh_mismatch")


@case("Q17")
@every_hashed_door
def test_parameters_in_a_form_are_not_those_of_the_query(app: Target, door: Door) -> None:
    request = signed_as(app, door, f"{door.path}?a=1", door.path)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refuses(app, replace(request, headers=request.headers | form, body=b"a=1"), "qsh_mismatch")


ODD_TARGETS = (
    "%", "%zz", "%0", "%00", "%c0%ae%c0%ae/", "%c0%af", "%ff", "%ed%a0%80", "/../x", "//x", "/./", "\\", "?%", "?%zz", "?a=%",
    "?a=%c0%af", "?%00=%00", "?a=%ed%a0%80", "?a=\xe9", "\xe9", "?" + "a" * 17_000, "?[]", "?a[b]=c", "#x", "?a#b",
)  # fmt: skip


@case("Q18")
@every_hashed_door
@pytest.mark.parametrize("signed", [True, False])
def test_a_broken_target_is_refused_not_repaired(app: Target, door: Door, signed: bool) -> None:
    """Signed for itself, a target with odd letters in its query may pass: it is what was signed."""
    site = app.installed_site()
    for odd in ODD_TARGETS:
        sent = door.path + odd
        request = signed_as(app, door, sent if signed else door.path, sent, site=site)
        before = app.rows()
        answer = app.send(request)
        assert answer.status_code in (400, 401, 404) or (signed and answer.status_code == door.accepted), odd
        assert (app.rows() == before) or door is not PAGE
    for whole in ("", "*", "x", "//", "http://", "ftp://rapport.example/", "http:///", "?", "/" * 20_000):
        assert app.send(replace(door, target=whole).call(app.acme, "a.b.c")).status_code in (400, 401, 404, 405)


@case("Q19")
def test_different_requests_have_different_canonical_forms() -> None:
    """The listed equalities: order of parameters, + and %20, a and a=, escapes in the query, a `jwt` parameter, slashes
    at either end of the path, %26 in the path, empty parts of the query."""
    seen: dict[str, object] = {}
    for method, path, query in random_requests(random.Random(20261120), PAIRS):
        canonical = canonical_request(method, path, query)
        assert seen.setdefault(canonical, meaning(method, path, query)) == meaning(method, path, query), canonical
    assert len(set(map(repr, seen.values()))) == len(seen) > PAIRS / 10


METHODS = ("GET", "POST", "get", "DELETE")
PATH_PARTS = ("a", "b", "/", "&", "%26", "%2F", "%3F", "?"[:0], "=", ".", "%61", "~", ",", ";", "+", "%20")
QUERY_PARTS = (
    "a",
    "b",
    "=",
    "&",
    "+",
    "%20",
    "%2B",
    "%26",
    "%3D",
    ",",
    "%2C",
    ";",
    "jwt",
    "JWT",
    "%61",
    "~",
    "%7E",
    "*",
    "",
)


def random_requests(source: random.Random, count: int) -> Iterator[tuple[str, str, str]]:
    for _ in range(count):
        path = "/" + "".join(source.choices(PATH_PARTS, k=source.randrange(4)))
        yield source.choice(METHODS), path, "".join(source.choices(QUERY_PARTS, k=source.randrange(7)))


def meaning(method: str, path: str, query: str) -> object:
    """What a request says, by the listed equalities alone."""
    pairs = [part.replace("+", " ").partition("=") for part in query.split("&") if part]
    decoded = sorted((unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs)
    said = [pair for pair in decoded if pair[0] != b"jwt"]
    return method.upper(), path.strip("/").replace("%26", "&"), said


@case("Q20")
@every_hashed_door
def test_a_context_tokens_hash_opens_no_call_that_needs_its_own(app: Target, door: Door) -> None:
    refuses(app, door.good_call(app, app.acme, qsh="context-qsh"), "context_token_not_allowed")
    assert INSTALL in HASHED_DOORS
