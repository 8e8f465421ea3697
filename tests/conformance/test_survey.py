"""The public page behind a personal link, attacked: guessed links, scanners, forged forms, poisoned hosts."""

from __future__ import annotations

import math
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

from connect import Uninstallation
from plugin import serving
from plugin.app import create_app
from plugin.database import Database, metadata
from plugin.errors import NotFound
from plugin.invitations import links
from plugin.invitations import service as invitations
from plugin.invitations.store import invitation
from plugin.privacy import service as privacy
from plugin.serving import create_http_server
from plugin.settings import load_settings
from tests.conformance.cases import case
from tests.conformance.target import environment_of
from tests.databases import ENGINES, everything, fresh_database
from tests.plugin.asking import BASE_URL, EXPIRES_AT, HAND, NOW, PHONE, Asked, Clock, an_app, asked
from tests.running import free_port
from tests.running import serving as in_the_background

URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
    "BarracudaCentral/1.0",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Mimecast-URL-Protect",
    "facebookexternalhit/1.1",
    "",
)
FOREIGN = "evil.example"
PERSONAL = re.compile(r"Mara|Lindt|nordlicht|Nordlicht|Web shop|wholesale|SHOP-7|acme")


@pytest.fixture(scope="module", params=ENGINES)
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Clock]]:
    with fresh_database(request.param, tmp_path_factory.mktemp("surveys")) as url:
        clock = Clock()
        app = an_app(url, clock)
        yield app, clock
        database(app).close()


@pytest.fixture
def survey(standing: tuple[Flask, Clock]) -> Iterator[Asked]:
    """A customer of a site of its own has been asked."""
    app, clock = standing
    yield another(app, clock)
    clock.now = NOW


def another(app: Flask, clock: Clock) -> Asked:
    return asked(app, clock, site=f"site-{secrets.token_hex(6)}")


def beside(survey: Asked) -> Asked:
    """A customer of another site."""
    return another(survey.app, survey.clock)


def database(app: Flask) -> Database:
    found: Database = app.extensions["rapport"].database
    return found


def dump(survey: Asked) -> dict[str, list[tuple[Any, ...]]]:
    return everything(database(survey.app).engine.url.render_as_string(hide_password=False))


def look(survey: Asked, path: str, method: str = "GET", address: str = "192.0.2.7", **more: Any) -> TestResponse:
    client = survey.app.test_client()
    return client.open(
        path, **{"method": method, "base_url": BASE_URL, "environ_base": {"REMOTE_ADDR": address}, **more}
    )


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
    assert abs(min(unknown) - min(known)) < 0.001  # the quickest of many: a busy machine only ever adds


def seconds(survey: Asked, token: str) -> float:
    """How long a look takes."""
    began_at = time.perf_counter()
    assert look(survey, f"/s/{token}").status_code in (404, 410)
    return time.perf_counter() - began_at


@case("S03")
@pytest.mark.parametrize("agent", SCANNERS)
def test_a_scanner_that_opens_every_link_thrice_answers_nothing(survey: Asked, agent: str) -> None:
    before = dump(survey)
    for query in ("", *(f"?score={score}" for score in range(1, 6))):
        for method in ("GET", "HEAD", "OPTIONS") * 3:
            path = f"/s/{survey.token}{query}"
            assert look(survey, path, method, headers={"User-Agent": agent}).status_code == 200
    assert dump(survey) == before
    assert survey.responses() == []


@case("S04")
def test_a_browser_that_only_looks_answers_nothing(database_url: str, browser: Browser) -> None:
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    environment = environment_of(database_url, RAPPORT_BASE_URL=here, RAPPORT_DEVELOPMENT="1")
    app = create_app(load_settings(environment), Clock())
    survey = another(app, Clock())
    with in_the_background(app, port):
        page = browser.new_page()
        for query in ("?score=5", ""):
            page.goto(f"{here}/s/{survey.token}{query}", wait_until="networkidle")
            page.locator("form").wait_for()
        page.mouse.move(100, 100)
        page.mouse.wheel(0, 5_000)
        page.reload(wait_until="networkidle")
        page.close()
        assert survey.responses() == []
    database(app).close()


@case("S05")
def test_an_answer_that_is_not_from_a_fresh_page_of_this_survey_is_refused(survey: Asked) -> None:
    old, others = survey.nonce(), beside(survey).nonce()
    for nonce in (None, "", "x", others, survey.token, [others, old], [old, old], "A" * 4_000):
        assert survey.send(satisfaction="4", nonce=nonce).status_code == 400
    survey.clock.advance(hours=25)
    assert survey.send(satisfaction="4", nonce=old).status_code == 400
    assert survey.responses() == []


@case("S06")
def test_sent_twice_or_from_two_tabs_is_one_answer(survey: Asked) -> None:
    tabs, words = [survey.nonce(), survey.nonce()], {"satisfaction": "4", "comment": "My words."}
    with ThreadPoolExecutor(8) as clicks:
        clicked = list(clicks.map(lambda n: survey.send(**words, nonce=tabs[n % 2]).status_code, range(10)))
    assert clicked == [303] * 10
    again = survey.send(satisfaction="1", comment="Other words.", nonce=tabs[0])
    elsewhere = survey.send(place=PHONE, satisfaction="1", comment="Their words.", nonce=tabs[1])
    for sent in (again, elsewhere):
        assert (sent.status_code, "You have already answered" in sent.text) == (200, True)
    for shown in (elsewhere, survey.open(place=PHONE), survey.open("?change=1", place=PHONE)):
        assert not re.search(r"words\.|Web shop|Mara", shown.text)
    assert [(row["score"], row["comment"]) for row in survey.responses() if row["counted"]] == [(4, "My words.")]


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


@case("S09")
@pytest.mark.parametrize(
    "rating",
    ["-1", "0", "6", "1e9", "5 OR 1=1", "NaN", "4.5", "[4]", "{}", " 4", "4 ", "+4", "04", "4\x00", "４", "٤", ""],
)
def test_a_rating_that_is_none_is_refused(survey: Asked, rating: str) -> None:
    assert survey.send(satisfaction=rating).status_code == 400
    assert survey.send(satisfaction=[rating, "4"]).status_code == 400
    assert survey.send(satisfaction=None).status_code == 400
    assert survey.send(satisfaction=["4", "4"]).status_code == 400
    assert survey.send(satisfaction=None, **{"satisfaction[]": "4"}).status_code == 400
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


@case("S12")
def test_the_page_tells_the_project_and_the_summary_and_nothing_else(survey: Asked) -> None:
    secret = {
        "assignee": "account-of-tom",
        "status": "Secretly done",
        "issueType": "Bugbear",
        "projectKey": "SECRETKEY",
    }
    shown = {"summary": "Order form", "projectName": "Web shop"}
    mine = invitation.c.tenant_id == survey.tenant_id
    with survey.ports.database.transaction(survey.tenant_id) as tx:
        tx.execute(sa.update(invitation).where(mine).values(context={**shown, **secret}))
    pages = [survey.open(), survey.open("?score=4"), survey.send(satisfaction="9")]
    survey.send(satisfaction="4", comment="My words.")
    pages.append(survey.open())
    hidden = [*secret.values(), "mara.lindt", "Lindt", "Nordlicht", "SHOP-7", "10007", "10000", "client-", "atlassian"]
    for page in pages:
        assert all(text in page.text for text in shown.values())
        assert [text for text in hidden if text in page.text] == []
        assert '<meta name="robots" content="noindex, nofollow">' in page.text


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
    server.close()


@case("S18")
def test_a_body_that_trickles_in_is_cut_and_holds_up_nobody(survey: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    assert serving.REQUEST_SECONDS + 2 * serving.CLEANUP_SECONDS <= 30
    monkeypatch.setattr(serving.Server, "request_seconds", 1.0)  # the same, quicker
    head = f"POST /s/{survey.token} HTTP/1.1\r\nHost: rapport.example\r\nContent-Length: 60000\r\n\r\n".encode()
    with serving_with(survey.app, cleanup_interval=1) as port:
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(serving.THREADS + 4)]
        for each in slow:
            each.sendall(head)
        began_at = time.monotonic()
        url = f"http://127.0.0.1:{port}/s/{survey.token}"
        assert requests.get(url, headers={"Host": "rapport.example"}, timeout=1).status_code == 200
        assert all(seconds_until_cut(each, began_at + 6) < 6 for each in slow)
        assert time.monotonic() - began_at > 0.9
    assert survey.responses() == []


def seconds_until_cut(connection: socket.socket, give_up_at: float) -> float:
    """Send on, a byte at a time, until the other end has had enough; infinite where it never has."""
    began_at = time.monotonic()
    connection.settimeout(0.1)
    with connection:
        while time.monotonic() < give_up_at:
            try:
                connection.sendall(b"x")
                if connection.recv(1) == b"":
                    return time.monotonic() - began_at
            except TimeoutError:
                continue
            except OSError:
                return time.monotonic() - began_at
    return math.inf


@case("S19")
def test_a_link_reaches_its_own_sites_survey_whatever_comes_with_it(survey: Asked) -> None:
    rival = beside(survey)
    theirs = {
        "tenant_id": str(rival.tenant_id),
        "invitation_id": str(rival.invitation_id),
        "token": rival.token,
        "clientKey": "client-rival",
    }
    query = "?" + "&".join(f"{name}={value}" for name, value in theirs.items())
    before = _of_tenant(survey, rival.tenant_id)
    assert survey.send(query, satisfaction="1", nonce=rival.nonce(), **theirs).status_code == 400
    assert survey.send(query, satisfaction="1", **theirs).status_code == 303
    (stored,) = survey.responses()
    assert (stored["tenant_id"], stored["invitation_id"]) == (survey.tenant_id, survey.invitation_id)
    assert rival.responses() == []
    assert _of_tenant(survey, rival.tenant_id) == before


def _of_tenant(survey: Asked, tenant_id: int) -> dict[str, list[Any]]:
    """Every row that names the tenant."""
    rows = dump(survey)
    return {
        table.name: [row for row in rows[table.name] if row[list(table.c.keys()).index("tenant_id")] == tenant_id]
        for table in metadata.sorted_tables
        if "tenant_id" in table.c
    }
