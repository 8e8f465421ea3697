"""Class X: finding the token."""

from __future__ import annotations

import pytest

from tests.conformance.cases import case
from tests.conformance.doors import (
    DOORS,
    PAGE,
    Door,
)
from tests.conformance.refusals import refuses
from tests.conformance.target import Request, Target, bearer, with_json

HEADER_DOORS = tuple(door for door in DOORS if door is not PAGE)
every_door = pytest.mark.parametrize("door", DOORS, ids=str)
every_header_door = pytest.mark.parametrize("door", HEADER_DOORS, ids=str)


def with_authorization(door: Door, app: Target, value: str) -> Request:
    request = door.bare(app.acme)
    request.headers["Authorization"] = value
    return request


def with_query(request: Request, query: str) -> Request:
    request.target += ("&" if "?" in request.target else "?") + query
    return request


@case("X01")
@every_door
@pytest.mark.parametrize("method", ["as usual", "GET", "HEAD", "OPTIONS", "POST"])
def test_nobody_enters_without_a_token(app: Target, door: Door, method: str) -> None:
    request = door.bare(app.acme)
    if method in ("as usual", door.method):
        refuses(app, request, "missing_token")
        request.headers.pop("Content-Type", None)
        request.body = b""
        refuses(app, request, "missing_token")
        return
    answer = app.send(Request(method, door.target))
    assert answer.status_code in (401, 405)
    assert answer.headers["Cache-Control"] == "no-store"


@case("X02")
@every_header_door
@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "JWT:", "JWTs", "Token", "AWS4", ""])
def test_another_scheme_carries_no_token(app: Target, door: Door, scheme: str) -> None:
    refuses(app, with_authorization(door, app, f"{scheme} {door.token(app, app.acme)}".strip()), "missing_token")


@case("X03")
@every_header_door
@pytest.mark.parametrize("value", ["", "JWT", "JWT ", "JWT     ", "jwt  "], ids=repr)
def test_a_scheme_without_a_token_is_none(app: Target, door: Door, value: str) -> None:
    refuses(app, with_authorization(door, app, value), "missing_token")


@case("X04")
@every_header_door
@pytest.mark.parametrize("rest", [" extra", ", extra", ",", " JWT x", ";q=1", "\t"], ids=repr)
def test_a_token_stands_alone(app: Target, door: Door, rest: str) -> None:
    refuses(app, with_authorization(door, app, f"JWT {door.token(app, app.acme)}{rest}"), "malformed")


@case("X05")
@every_header_door
@pytest.mark.parametrize("scheme", ["jwt", "Jwt", "JWT", "JWT "])
def test_the_scheme_is_read_in_any_case(app: Target, door: Door, scheme: str) -> None:
    request = door.bare(site := app.installed_site())
    request.headers["Authorization"] = f"{scheme} {door.token(app, site)}"
    assert app.send(request).status_code == door.accepted


@case("X06")
@every_door
@pytest.mark.parametrize("other", ["the same", "another", "nonsense", "empty"])
def test_a_token_in_header_and_query_is_ambiguous(app: Target, door: Door, other: str) -> None:
    good = door.token(app, app.acme)
    second = {"the same": good, "another": door.token(app, app.globex), "nonsense": "x", "empty": ""}[other]
    request = with_query(door.bare(app.acme), f"jwt={second if door is not PAGE else good}")
    request.headers |= bearer(good if door is not PAGE or other != "another" else second)
    refuses(app, request, "ambiguous_token")


@case("X07")
@every_door
@pytest.mark.parametrize("name", ["jwt", "%6Awt", "j%77%74"])
@pytest.mark.parametrize("good_first", [True, False])
def test_two_tokens_in_the_query_are_ambiguous(app: Target, door: Door, name: str, good_first: bool) -> None:
    pair = [f"jwt={door.token(app, app.acme)}", f"{name}={door.token(app, app.globex)}"]
    refuses(app, with_query(door.bare(app.acme), "&".join(pair if good_first else pair[::-1])), "ambiguous_token")


@case("X08")
@every_door
@pytest.mark.parametrize("place", ["form", "json", "cookie", "other header"])
def test_a_token_elsewhere_is_none(app: Target, door: Door, place: str) -> None:
    token, request = door.token(app, app.acme), door.bare(app.acme)
    if place == "form":
        request.headers["Content-Type"], request.body = "application/x-www-form-urlencoded", f"jwt={token}".encode()
    elif place == "json":
        request = with_json(request, {"jwt": token})
    else:
        request.headers["Cookie" if place == "cookie" else "X-Authorization"] = f"jwt={token}"
    refuses(app, request, "missing_token")


@case("X09")
@every_header_door
@pytest.mark.parametrize("second", ["good", "x", "Bearer x", ""], ids=repr)
def test_two_authorization_headers_are_one_too_many(app: Target, door: Door, second: str) -> None:
    """Servers join them with a comma."""
    token = door.token(app, app.acme)
    joined = f"JWT {token},{f'JWT {token}' if second == 'good' else second}"
    refuses(app, with_authorization(door, app, joined), "malformed")


@case("X10")
@every_header_door
def test_a_token_in_the_query_opens_pages_only(app: Target, door: Door) -> None:
    """The hash would even fit: it leaves the parameter out."""
    refuses(app, with_query(door.bare(app.acme), f"jwt={door.token(app, app.acme)}"), "missing_token")


@case("X11")
@every_door
@pytest.mark.parametrize("kind", ["8 KiB and a byte", "10 kB claim", "a million letters", "a million points"])
def test_an_endless_token_is_refused_before_anything_is_read(
    app: Target, door: Door, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.ports.tenants, "find_tenant", None)
    token = {
        "8 KiB and a byte": "a" * 4095 + "." + "b" * 4000 + "." + "c" * 96,
        "10 kB claim": door.token(app, app.acme, jti="x" * 10_000),
        "a million letters": "A" * 1_000_000,
        "a million points": "." * 1_000_000,
    }[kind]
    too_long_for_a_query = door is PAGE and len(token) > 16_000
    status, reason = (400, "bad_target") if too_long_for_a_query else (401, "malformed")
    refuses(app, door.call(app.acme, token), reason, status=status)


ODD_LETTERS = {
    "header": (" ", "\r\n", "\n ", "\0", "é", "\x7f", "=", "/", "+", "%2E", '"', "ｅ"),
    "query": ("%20", "+", "%0D%0A", "%00", "%C3%A9", "%FF", "%", "%zz", "=", ";x=1"),
}


@case("X12")
@every_door
def test_odd_letters_make_no_token(app: Target, door: Door) -> None:
    good = door.token(app, app.acme)
    for odd in ODD_LETTERS["query" if door is PAGE else "header"]:
        for place in (12, len(good) - 3):
            token = f"{good[:place]}{odd}{good[place:]}".encode().decode("latin-1")
            refuses(app, door.call(app.acme, token), "malformed")
