"""Class S: the personal link, attacked: guessed, spoilt, ended, poisoned hosts, addresses that lead elsewhere."""

from __future__ import annotations

import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from connect import Uninstallation
from plugin import serving
from plugin.errors import NotFound
from plugin.invitations import links
from plugin.invitations import service as invitations
from plugin.privacy import service as privacy
from plugin.serving import create_http_server
from tests.conformance.cases import case
from tests.conformance.customer import beside, database, dump, look
from tests.plugin.asking import EXPIRES_AT, HAND, NOW, Asked

URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FOREIGN = "evil.example"
PERSONAL = re.compile(r"Mara|Lindt|nordlicht|Nordlicht|Web shop|wholesale|SHOP-7|acme")


def mutated(token: str) -> str:
    """The token with one letter changed for another."""
    at = secrets.randbelow(len(token))
    return token[:at] + secrets.choice(URL_SAFE.replace(token[at], "")) + token[at + 1 :]


@case("S01")
def test_a_million_tokens_are_random_and_never_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = {links.new_token() for _ in range(1_000_000)}
    assert len(tokens) == 1_000_000
    assert all(links.looks_like_token(token) for token in list(tokens)[:1_000])
    used = [set(letters) for letters in zip(*list(tokens)[:50_000], strict=True)]
    assert all(letters == set(URL_SAFE) for letters in used[:-1])  # the last one holds 4 bits
    assert 6 * len(used) - 2 >= 128
    asked_for: list[int] = []
    monkeypatch.setattr(secrets, "token_urlsafe", lambda size: asked_for.append(size) or "x")
    assert links.new_token() == "x"
    assert asked_for[0] >= 16


@case("S02")
def test_a_guessed_link_is_not_found_and_tells_nothing(survey: Asked) -> None:
    """5,000 guesses where links are resolved, and 300 as whole requests, each from an address of its own: more would
    take minutes, and say nothing new about 256 random bits."""
    guesses = [mutated(survey.token) if number % 2 else links.new_token() for number in range(5_000)]
    for guess in guesses:
        with pytest.raises(NotFound):
            invitations.open_link(database(survey.app), guess)
    closed = beside(survey)
    with closed.ports.database.transaction(closed.tenant_id) as tx:
        invitations.kill_links(tx, NOW)
    seen = set()
    for number, guess in enumerate(guesses[:300]):
        answer = look(survey, f"/s/{guess}", address=f"10.0.{number // 250}.{number % 250}")
        seen.add((answer.status_code, answer.text, str(answer.headers)))
    assert [status for status, *_ in seen] == [404]
    unknown, known = zip(
        *[(seconds(survey, guess), seconds(closed, closed.token)) for guess in guesses[:50]], strict=True
    )
    assert abs(min(unknown) - min(known)) < 0.002  # the quickest of many: a busy machine only ever adds


def seconds(survey: Asked, token: str) -> float:
    """How long we work on a look. The clock stands still while others have the processor."""
    began_at = time.thread_time()
    assert look(survey, f"/s/{token}").status_code in (404, 410)
    return time.thread_time() - began_at


def _expire(survey: Asked) -> None:
    survey.clock.now = EXPIRES_AT


def _revoke(survey: Asked) -> None:
    with survey.ports.database.transaction(survey.tenant_id) as tx:
        invitations.kill_links(tx, NOW)


def _uninstall(survey: Asked) -> None:
    key = survey.ports.tenants.get_tenant(survey.tenant_id).client_key
    leaving = Uninstallation(key, secrets.token_hex(), secrets.token_hex(), EXPIRES_AT)
    survey.ports.tenants.uninstall(leaving, NOW)  # type: ignore[attr-defined]


def _erase(survey: Asked) -> None:
    privacy.erase_contact(database(survey.app), survey.tenant_id, "mara.lindt@nordlicht.example", NOW)


@case("S08")
@pytest.mark.parametrize("end", [_expire, _revoke, _uninstall, _erase])
def test_a_link_that_has_ended_says_so_and_names_nobody(survey: Asked, end: Any) -> None:
    nonce = survey.nonce()
    end(survey)
    for answer in (survey.open(), survey.open("?score=4"), survey.send(satisfaction="4", nonce=nonce)):
        assert answer.status_code == 410
        assert not PERSONAL.search(answer.text)
    assert survey.responses() == []


@case("S11")
@pytest.mark.parametrize(
    "place",
    [f"//{FOREIGN}", f"/%5C{FOREIGN}", f"https:{FOREIGN}", f"https://{FOREIGN}/", f"%0d%0aLocation:%20//{FOREIGN}"],
)
def test_nothing_in_the_address_leads_elsewhere(survey: Asked, place: str) -> None:
    query = "?" + "&".join(f"{name}={place}" for name in ("next", "url", "return_to", "redirect", "lang", "score"))
    looked, sent = survey.open(query), survey.send(query, satisfaction="4")
    assert looked.status_code == 200
    assert sent.status_code == 303
    assert sent.headers.getlist("Location") == [f"/s/{survey.token}?lang=en"]
    aside = [
        look(survey, path) for path in (f"/{place}", f"/s/{survey.token}/{place}", f"//{FOREIGN}/s/{survey.token}")
    ]
    for answer in (looked, sent, *aside):
        assert answer is sent or "Location" not in answer.headers
        assert not re.search(rf"""(?:href|src|action|content)=["'][^"']*{re.escape(FOREIGN)}""", answer.text)


@case("S13")
def test_nothing_in_the_database_opens_a_survey(survey: Asked) -> None:
    with survey.ports.database.transaction(survey.tenant_id) as tx:  # a mail that is on its way, too
        on_its_way = invitations.link_token(tx, survey.ports.seal, invitations.get(tx, survey.invitation_id), NOW)
    assert on_its_way != survey.token
    rows = dump(survey)
    texts = {str(value) for table in rows.values() for row in table for value in row}
    assert {links.digest(survey.token), links.digest(on_its_way)} <= texts
    raw = " ".join(texts)
    path = database(survey.app).engine.url.database or ""
    if database(survey.app).engine.dialect.name == "sqlite":
        raw += "".join(file.read_bytes().decode("latin-1") for file in Path(path).parent.glob(f"{Path(path).name}*"))
    assert survey.token not in raw
    assert on_its_way not in raw
    words = {word for text in texts for word in re.findall(r"[A-Za-z0-9_-]{43}", text)}
    for number, word in enumerate(sorted(texts & words | set(sorted(words)[:50]))):
        assert look(survey, f"/s/{word}", address=f"10.1.0.{number % 250}").status_code == 404


@case("S14")
@pytest.mark.parametrize("host", [FOREIGN, f"rapport.example.{FOREIGN}", f"rapport.example@{FOREIGN}", "127.0.0.1"])
def test_another_host_name_is_refused_or_ignored(survey: Asked, host: str) -> None:
    path = f"/s/{survey.token}"
    nonce = survey.nonce()
    for method in ("GET", "POST"):
        refused = look(survey, path, method, headers={"Host": host}, data={"satisfaction": "4", "nonce": nonce})
        assert refused.status_code == 400
        assert FOREIGN not in refused.text + str(refused.headers)
    assert survey.responses() == []
    forwarded = {"X-Forwarded-Host": host, "X-Forwarded-Server": host, "X-Host": host, "Forwarded": f"host={host}"}
    looked = look(survey, path, headers=forwarded)
    form = {"satisfaction": "4", "nonce": nonce, "gesture": HAND}
    sent = look(survey, path, "POST", headers=forwarded, data=form)
    assert looked.status_code == 200
    assert sent.headers["Location"] == f"/s/{survey.token}?lang=en"
    assert host not in looked.text + str(looked.headers) + sent.text + str(sent.headers)


@case("S15")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "FOO"])
def test_another_method_is_refused(survey: Asked, method: str) -> None:
    answer = look(survey, f"/s/{survey.token}", method, data={"satisfaction": "4", "nonce": survey.nonce()})
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert survey.responses() == []


@case("S17")
@pytest.mark.parametrize(
    "spoil",
    ["%00{}", "{}%00", "../s/{}", "..%2F{}", "{}/..", "{}%0A", "{}%20", "{}é", "{}%FF", "{}=", "{}{}", "x" * 4_096, ".", "..", "%2e%2e"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_spoilt_link_is_not_found(survey: Asked, spoil: str, method: str) -> None:
    for token in (survey.token, survey.token.swapcase()):
        answer = look(survey, f"/s/{spoil.replace('{}', token)}", method, data={"satisfaction": "4"})
        assert answer.status_code == 404
        assert not PERSONAL.search(answer.text)
    assert look(survey, f"/s/{survey.token.swapcase()}").status_code == 404
    assert survey.responses() == []


@contextmanager
def serving_with(app: Flask, **adjustments: Any) -> Iterator[int]:
    server = create_http_server(app, "127.0.0.1", 0, **adjustments)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.stop()
    thread.join(60)
    server.close()


@case("S18")
def test_a_body_that_trickles_in_is_cut_and_holds_up_nobody(survey: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    assert serving.REQUEST_SECONDS + 2 * serving.CLEANUP_SECONDS <= 30
    monkeypatch.setattr(serving.Server, "request_seconds", 8.0)  # the same, quicker
    head = f"POST /s/{survey.token} HTTP/1.1\r\nHost: rapport.example\r\nContent-Length: 60000\r\n\r\n".encode()
    with serving_with(survey.app, cleanup_interval=1) as port:
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(serving.THREADS + 4)]
        for each in slow:
            each.sendall(head)
        url = f"http://127.0.0.1:{port}/s/{survey.token}"
        assert requests.get(url, headers={"Host": "rapport.example"}, timeout=60).status_code == 200
        assert all(is_open(each) for each in slow), "the others were answered before these were cut"
        assert all(is_cut(each) for each in slow)
    assert survey.responses() == []


def is_open(connection: socket.socket) -> bool:
    """Nothing has come back, and the other end has not hung up."""
    connection.settimeout(0.01)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True


def is_cut(connection: socket.socket) -> bool:
    """Send on, a byte at a time, until the other end has had enough; false where it has not in a minute."""
    give_up_at = time.monotonic() + 60
    connection.settimeout(0.1)
    with connection:
        while time.monotonic() < give_up_at:
            try:
                connection.sendall(b"x")
                if connection.recv(1) == b"":
                    return True
            except TimeoutError:
                continue
            except OSError:
                return True
    return False
