"""Class B: bodies and requests that are made to break the reader, the database or the server."""

from __future__ import annotations

import importlib
import io
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from connect import public
from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.doors import EVENTS, INSTALL, PAGE, SCRIPT, Door
from tests.conformance.refusals import refuses
from tests.conformance.target import UNINSTALLED, Request, Target, bearer, install_body, with_json
from tests.plugin.asking import Asked, asked

ROOT = Path(__file__).parents[2]
MACHINE_DOORS = pytest.mark.parametrize("door", [INSTALL, EVENTS], ids=str)
DEEP = 100_000
HUGE = 64 * 1024 * 1024


def with_body(app: Target, door: Door, body: Any) -> Request:
    """A good call, but for its body."""
    return with_json(door.good_call(app, app.acme), body)


@case("B01")
@MACHINE_DOORS
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"webhookEvent": [', b"[{"], ids=repr)
def test_json_without_bottom_is_refused(app: Target, door: Door, opening: bytes) -> None:
    limit = 60_000 if door is INSTALL else 1_000_000
    for depth in (1_000, DEEP):
        body = (opening * depth)[:limit]
        refuses(app, with_body(app, door, body), "bad_json", status=400)
    closed = b'{"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    if door is INSTALL:
        refuses(app, with_body(app, door, closed), "bad_json", status=400)
    else:
        assert app.send(with_body(app, door, closed)).status_code in (204, 400)


class Endless(io.RawIOBase):
    """A body that counts how much of it was read."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.read_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self.left)
        buffer[:size] = b"x" * size
        self.left -= size
        self.read_bytes += size
        return size


def send_stream(app: Target, request: Request, body: Endless, length: int | None) -> Response:
    environ = {**request.environ(), "wsgi.input": body}
    del environ["CONTENT_LENGTH"]
    if length is None:
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    else:
        environ["CONTENT_LENGTH"] = str(length)
    iterable, status, headers = run_wsgi_app(app.app, environ)
    return Response(iterable, status, headers)


@case("B02")
@MACHINE_DOORS
@pytest.mark.parametrize("length", [HUGE, None], ids=["declared", "chunked"])
def test_a_huge_body_is_refused_and_not_read_to_its_end(app: Target, door: Door, length: int | None) -> None:
    before, body = app.rows(), Endless(HUGE)
    answer = send_stream(app, with_body(app, door, b""), body, length)
    assert (answer.status_code, json.loads(answer.data)) == (413, {"error": "payload_too_large"})
    assert body.read_bytes <= 6_000_000
    assert app.rows() == before


@case("B03")
@MACHINE_DOORS
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "text/json"},
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "br"},
    ],
    ids=lambda it: "".join(it.values()) or "none",
)
def test_only_plain_json_is_read(app: Target, door: Door, headers: dict[str, str]) -> None:
    request = door.good_call(app, app.acme)
    refuses(app, replace(request, headers={**request.headers, **headers}), "bad_media_type", status=415)


BROKEN = [
    b"",
    b" ",
    b"{",
    b"{}x",
    b"nul",
    b"{'a': 1}",
    b'{"a": 1,}',
    b"\xff\xfe",
    b'{"a": "\xc3\x28"}',
    b'{"a": "\xed\xa0\x80"}',
]
OTHERWISE_ENCODED = ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]


@case("B04")
@MACHINE_DOORS
def test_broken_json_and_other_encodings_are_refused(app: Target, door: Door) -> None:
    good = json.dumps(install_body(app.acme)).encode()
    for body in [*BROKEN, good[:-1], *(good.decode().encode(encoding) for encoding in OTHERWISE_ENCODED)]:
        refuses(app, with_body(app, door, body), "bad_json", status=400)


@case("B05")
@pytest.mark.parametrize(
    "more", [b'"x": NaN', b'"x": Infinity', b'"x": -Infinity', b'"x": 1e999', b'"x": {"a": 1, "a": 1}', b'"key": "rapport-jira"', b'"sharedSecret": "%s"' % (b"a" * 40)], ids=repr
)  # fmt: skip
def test_json_that_two_readers_could_understand_differently_is_refused(app: Target, more: bytes) -> None:
    body = json.dumps(install_body(app.acme)).encode()[:-1] + b", " + more + b"}"
    refuses(app, app.lifecycle(app.acme, body=body), "bad_json", status=400)
    for value in (b"NaN", b"Infinity"):
        refuses(
            app, with_body(app, EVENTS, b'{"webhookEvent": "x", "timestamp": ' + value + b"}"), "bad_json", status=400
        )


@pytest.fixture
def customer(app: Target, request: pytest.FixtureRequest) -> Asked:
    """A customer with a survey, of a site of its own."""
    name = re.sub("[^a-z0-9]", "", f"{request.node.name}{id(request):x}".lower())[-40:]
    return asked(app.app, app.clock, site=name)  # type: ignore[arg-type]


@case("B08")
def test_nul_in_a_text_is_refused_on_both_engines(app: Target, customer: Asked) -> None:
    for name in ("clientKey", "sharedSecret", "description", "accountId"):
        refuses(app, app.lifecycle(app.acme, body=install_body(app.acme, **{name: "a\0b"})), "bad_json", status=400)
    refuses(app, app.lifecycle(app.acme, body=install_body(app.acme, **{"a\0b": "x"})), "bad_json", status=400)
    nonce = customer.nonce()
    assert customer.send(nonce=nonce).status_code == 400  # a person has begun, which is noted once
    before = app.rows()
    for comment in ("\0", "Fine.\0", "\0' OR 1=1", "a\0" * 100):
        assert customer.send(nonce=nonce, satisfaction="4", comment=comment).status_code == 400
    assert customer.send(nonce=nonce, satisfaction="4\0").status_code == 400
    assert app.rows() == before
    events = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "1\0", "key": "A-1\0"}}).encode()
    assert app.send(with_body(app, EVENTS, events)).status_code in (204, 400)
    assert app.rows() == before


ODD_VALUES: list[Any] = [{}, [], {"a": "b"}, ["a"], [["a"]], 5, True, 1.5]
TEXTS = ("key", "clientKey", "sharedSecret", "baseUrl", "productType", "eventType")


@case("B09")
@pytest.mark.parametrize("name", TEXTS)
def test_an_object_or_list_where_text_is_due_is_refused(app: Target, name: str) -> None:
    for value in ODD_VALUES:
        refuses(app, app.lifecycle(app.acme, body=install_body(app.acme, **{name: value})), "bad_body", status=400)
        refuses(app, app.lifecycle(app.acme, UNINSTALLED, [value]), "bad_body", status=400)
    before = app.rows()
    for value in [*ODD_VALUES, None]:
        for event in ({"webhookEvent": value}, moved(issue=value), moved(changelog=value), moved(user=value)):
            assert app.send(with_body(app, EVENTS, event)).status_code == 204  # no event that we follow
    assert app.rows() == before


def moved(**parts: Any) -> dict[str, Any]:
    """A change of status as Jira tells of it, but for `parts`; it has no issue and so is about nothing."""
    return {"webhookEvent": "jira:issue_updated", "changelog": {"id": "1", "items": [{"field": "status"}]}, **parts}


@case("B12")
@pytest.mark.parametrize(
    "host", ["evil.example", "rapport.example.evil.example", "evil.example#rapport.example", "rapport.example@evil.example",
             "rapport.exampl", "", "a b", "[::1]", "127.0.0.1", "rapport.example:evil", "evil.example, rapport.example"]
)  # fmt: skip
def test_a_host_that_is_not_ours_is_refused(app: Target, host: str) -> None:
    before, called = app.rows(), len(app.internet.calls)
    for target in (
        "/s/" + "A" * 43,
        "/atlassian-connect.json",
        "/static/public.css",
        "/nothing",
        "/connect/installed/",
    ):
        answer = app.send(Request("GET", target, {"Host": host}))
        assert (answer.status_code, json.loads(answer.data)) == (400, {"error": "bad_request"}), target
        assert "Location" not in answer.headers
    for door in (INSTALL, EVENTS, PAGE, SCRIPT):
        request = door.good_call(app, app.acme)
        answer = app.send(replace(request, headers={**request.headers, "Host": host}))
        assert answer.status_code == 400
        assert not host or host not in answer.get_data(as_text=True) or host in "a b"
    assert (app.rows(), len(app.internet.calls)) == (before, called)


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "ftp",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/administration",
    "X-Rewrite-URL": "/administration",
    "X-Script-Name": "/evil",
    "X-HTTP-Method-Override": "DELETE",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=http",
}


@case("B13")
def test_forwarded_headers_of_a_stranger_change_nothing(app: Target, customer: Asked) -> None:
    seen: list[tuple[str | None, str, str]] = []
    for target in (f"/s/{customer.token}", "/atlassian-connect.json", "/.well-known/security.txt", "/nothing"):
        plain, forwarded = (app.send(Request("GET", target, headers)) for headers in ({}, FORWARDED))
        assert forwarded.status_code == plain.status_code
        assert re.sub(r'name="nonce" value="[^"]+"', "", forwarded.get_data(as_text=True)) == re.sub(
            r'name="nonce" value="[^"]+"', "", plain.get_data(as_text=True)
        )
        seen += [(forwarded.headers.get("Location"), forwarded.headers.get("Link", ""), target)]
        assert not [value for _, value in forwarded.headers if "evil" in value]
    for door in (EVENTS, PAGE, SCRIPT):
        request = door.good_call(app, app.acme)
        request.headers |= FORWARDED
        assert app.send(request).status_code == door.accepted
    assert len(seen) == 4


@case("B15")
def test_other_methods_are_refused_and_head_needs_the_token(app: Target, customer: Asked) -> None:
    before = app.rows()
    for target in ("/connect/events", "/connect/installed", "/administration", f"/s/{customer.token}"):
        for method in ("TRACE", "CONNECT", "PROPFIND", "PATCH", "BREW", "G\u00caT"):
            answer = app.send(Request(method, target))
            assert answer.status_code in (400, 405), (target, method)
            assert "Set-Cookie" not in answer.headers
    assert app.send(Request("HEAD", PAGE.target)).status_code == 401
    assert app.send(replace(PAGE.good_call(app, app.acme), method="HEAD")).status_code == 401  # signed for GET
    token = PAGE.token(app, app.acme, qsh=app.claims("HEAD", PAGE.target, app.acme)["qsh"])
    answer = app.send(Request("HEAD", f"{PAGE.target}?jwt={token}"))
    assert (answer.status_code, answer.data) == (200, b"")
    assert app.rows() == before


@case("B18")
@pytest.mark.parametrize("size", [100_000, 300], ids=["100,000", "300"])
def test_a_form_of_very_many_parts_is_refused(app: Target, customer: Asked, size: int) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    target, before = f"/s/{customer.token}", app.rows()
    multipart = Request("POST", target, {"Content-Type": "multipart/form-data; boundary=x"}, part * size + b"--x--\r\n")
    assert app.send(multipart).status_code == 413
    encoded = {"Content-Type": "application/x-www-form-urlencoded"}
    assert app.send(Request("POST", target, encoded, b"a=" + b"&a=" * 100_000)).status_code == 413
    assert app.rows() == before


def patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Every pattern that a module of ours keeps."""
    found = []
    for package in ("connect", "plugin"):
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text("utf-8")
            if "re.compile" not in text or "versions" in path.parts:
                continue
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            found += [
                (f"{module.__name__}.{name}", it) for name, it in vars(module).items() if isinstance(it, re.Pattern)
            ]
    return found


ATTACKS = [
    "a",
    "-",
    ".",
    "a.",
    "a-",
    "0",
    "9",
    "/",
    ":",
    "@",
    "=",
    "\n",
    " ",
    "\x00",
    "\u2028",
    "A-",
    "a/",
    "é",
    "xn--",
    "a:1",
]


@case("B21")
@pytest.mark.parametrize(("name", "pattern"), patterns(), ids=lambda it: it if isinstance(it, str) else "")
def test_no_pattern_takes_long(name: str, pattern: re.Pattern[str]) -> None:
    """Prefixes come from the pattern itself, so that its repeats are reached; each input ends in what cannot match."""
    literal = re.match(r"(?:\\?[A-Za-z:/-])*", pattern.pattern)
    prefixes = {"", "https://", "a", "A", literal[0] if literal else ""}
    for prefix in prefixes:
        for unit in ATTACKS:
            text = prefix + unit * (20_000 // len(unit)) + "!\x00"
            uses = [pattern.fullmatch, pattern.match]
            if "_CONTROL" in name or "_LINKING" in name:
                uses.append(partial(pattern.sub, "-"))
            assert any(seconds(uses, text) <= 0.1 for _ in range(5)), (name, prefix, unit)


def seconds(uses: Sequence[Callable[[str], object]], text: str) -> float:
    """How long they work on it; a busy machine may add to that, so that only the quickest of some tries counts."""
    began = time.thread_time()
    for use in uses:
        use(text)
    return time.thread_time() - began


@case("B22")
def test_a_planted_error_shows_nothing_and_there_is_no_debugger(new_target: NewTarget) -> None:
    target = new_target()
    secret = "hunter2-canary"

    def fails() -> str:
        local = secret
        raise ZeroDivisionError(local)

    target.app.view_functions["web.health"] = public(fails)
    for headers in ({}, {"Accept": "text/html"}, bearer(secret)):
        for query in ("", "?__debugger__=yes&cmd=resource&f=debugger.js", "?__debugger__=yes&cmd=pinauth&s=x"):
            answer = target.send(Request("GET", f"/health{query}", dict(headers)))
            assert answer.status_code == 500
            text = answer.get_data(as_text=True)
            for inside in (secret, "Traceback", "ZeroDivision", "werkzeug", "plugin", ".py", "debugger"):
                assert inside not in text
    assert target.send(Request("GET", "/console")).status_code == 404
    assert not target.app.debug
    assert not target.app.testing
