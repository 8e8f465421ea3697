"""Rates and sizes: nobody gets around them, and nobody is held up who just works in the same office."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from connect import public
from plugin.app import create_app
from plugin.settings import load_settings
from plugin.web import limits
from tests.plugin.asking import BASE_URL, HAND, Clock, an_app, asked

OFFICE = "198.51.100.7"


def at(app: Flask, path: str, address: str = OFFICE, method: str = "GET", **headers: str) -> TestResponse:
    return app.test_client().open(
        path, method=method, base_url=BASE_URL, headers=headers, environ_base={"REMOTE_ADDR": address}
    )


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = an_app(database_url, Clock())
    yield app
    app.extensions["rapport"].database.close()


@pytest.fixture
def narrow(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The app with small numbers, where the numbers are not the point."""
    monkeypatch.setattr(limits, "PER_ADDRESS", "12 per minute")
    monkeypatch.setattr(limits, "PER_LINK", "5 per minute")
    app = an_app(database_url, Clock())
    yield app
    app.extensions["rapport"].database.close()


def behind(proxies: int, url: str) -> Flask:
    environment = {
        "RAPPORT_BASE_URL": BASE_URL,
        "RAPPORT_SECRET_KEYS": "cGxhaW5seS1pbnZlbnRlZC1rZXktb2YtMzItYnl0ZXM=",
        "RAPPORT_MAIL_FROM": "Rapport <rapport@rapport.example>",
        "DATABASE_URL": url,
        "RAPPORT_TRUSTED_PROXIES": str(proxies),
    }
    return create_app(load_settings(environment), Clock())


def test_fifty_people_of_one_office_answer_in_the_same_minute(app: Flask) -> None:
    for number in range(50):
        one = asked(app, Clock(), site=f"site{number}")
        for _ in range(3):  # the machines that look at mails come from the same address
            assert at(app, f"/s/{one.token}?score=3").status_code == 200
            assert at(app, f"/s/{one.token}", method="HEAD").status_code == 200
        nonce = re.search(r'name="nonce" value="([^"]+)"', at(app, f"/s/{one.token}").text)
        assert nonce
        sent = app.test_client().post(
            f"/s/{one.token}",
            base_url=BASE_URL,
            data={"nonce": nonce[1], "satisfaction": "4", "gesture": HAND},
            environ_base={"REMOTE_ADDR": OFFICE},
        )
        assert sent.status_code == 303
        assert at(app, f"/s/{one.token}").status_code == 200


def test_one_link_is_not_hammered(narrow: Flask) -> None:
    one, other = asked(narrow, Clock()), asked(narrow, Clock(), site="rival")
    for _ in range(5):
        assert at(narrow, f"/s/{one.token}").status_code == 200
    assert at(narrow, f"/s/{one.token}").status_code == 429
    assert at(narrow, f"/s/{other.token}").status_code == 200


def test_a_machine_that_hammers_a_link_does_not_hold_up_its_person(narrow: Flask) -> None:
    one = asked(narrow, Clock())
    assert [at(narrow, f"/s/{one.token}", "203.0.113.99").status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert at(narrow, f"/s/{one.token}", OFFICE).status_code == 200


def test_guessing_links_from_one_address_comes_to_an_end(narrow: Flask) -> None:
    answers = [at(narrow, f"/s/{letter * 43}").status_code for letter in "ABCDEFGHIJKLMN"]
    assert answers == [404] * 12 + [429] * 2
    assert at(narrow, "/s/" + "A" * 43, "203.0.113.1").status_code == 404


def test_who_is_held_up_reads_what_to_do_in_their_language(narrow: Flask) -> None:
    link = asked(narrow, Clock()).token
    for _ in range(5):
        at(narrow, f"/s/{link}")
    held = at(narrow, f"/s/{link}", **{"Accept-Language": "de-AT,en;q=0.5"})
    assert (held.status_code, held.headers["Retry-After"]) == (429, "60")
    assert "Bitte warten Sie eine Minute" in held.text
    assert 'lang="de"' in held.text


def test_a_spoofed_header_does_not_make_another_address(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PER_ADDRESS", "12 per minute")
    for proxies, forwarded in ((0, "{0}"), (1, "{0}, 198.51.100.7"), (2, "{0}, 198.51.100.7, 10.0.0.2")):
        app = behind(proxies, database_url)
        answers = [
            at(
                app,
                "/health",
                "10.0.0.1" if proxies else OFFICE,
                **{name: forwarded.format(f"192.0.2.{n}") for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")},
            ).status_code
            for n in range(13)
        ]
        assert answers == [200] * 12 + [429], proxies
        app.extensions["rapport"].database.close()


def test_people_behind_the_trusted_proxy_are_told_apart(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PER_ADDRESS", "12 per minute")
    app = behind(1, database_url)
    answers = {at(app, "/health", "10.0.0.1", **{"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(40)}
    assert answers == {200}
    app.extensions["rapport"].database.close()


def test_a_whole_network_of_new_addresses_counts_as_one(narrow: Flask) -> None:
    answers = [at(narrow, "/health", f"2001:db8:1:2:{n:x}::1").status_code for n in range(13)]
    assert answers == [200] * 12 + [429]
    assert at(narrow, "/health", "2001:db8:1:3::1").status_code == 200


def test_every_public_route_is_limited_even_one_that_comes_later(narrow: Flask) -> None:
    narrow.add_url_rule("/later", "later", public(lambda: ""))
    assert [at(narrow, "/later").status_code for _ in range(13)] == [200] * 12 + [429]


def test_calls_of_jira_are_not_counted(narrow: Flask) -> None:
    assert {at(narrow, "/connect/events", method="POST").status_code for _ in range(40)} == {401}


@pytest.mark.parametrize("host", ["evil.example", "rapport.example.evil.example", "rapport.exampl", "", "a b", "[::1"])
def test_another_host_is_refused(app: Flask, host: str) -> None:
    for path in ("/", "/s/" + "A" * 43, "/atlassian-connect.json", "/connect/events", "/static/public.css", "/nothing"):
        answer = app.test_client().get(path, base_url=BASE_URL, headers={"Host": host})
        assert (answer.status_code, answer.get_json()) == (400, {"error": "bad_request"}), path
    page = app.test_client().get("/", base_url=BASE_URL, headers={"Host": host, "Accept": "text/html"})
    assert page.status_code == 400
    assert "That did not work" in page.text
    assert not host or host not in page.text


def test_a_probe_may_ask_by_address(app: Flask) -> None:
    for path in ("/health", "/ready"):
        assert app.test_client().get(path, headers={"Host": "10.1.2.3:8080"}).get_json() == {"status": "ok"}


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 19, str(2**63), "9" * 5000, "-1", "1e3", "٣"])
def test_a_number_that_no_row_has_is_not_found(app: Flask, number: str) -> None:
    bound = app.url_map.bind("rapport.example")
    found = bound.test(f"/administration/jobs/{number}/run", "POST")
    assert found == (number.isascii() and number.isdecimal() and len(number) < 20 and int(number) < 2**63)
    assert (limits.row_id(number) is not None) == found
