"""/.well-known/security.txt says what RFC 9116 wants, and does not go out of date by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.web.security_txt import security_txt
from tests.plugin.asking import BASE_URL, NOW, Clock, an_app


def test_the_contact_is_the_configured_one() -> None:
    text = security_txt(BASE_URL, "mailto:security@acme.example", NOW)
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert fields["Contact"] == "mailto:security@acme.example"
    assert fields["Canonical"] == f"{BASE_URL}/.well-known/security.txt"
    left = datetime.fromisoformat(fields["Expires"]) - NOW
    assert timedelta(days=30) < left < timedelta(days=365)


def test_without_a_contact_it_says_where_weaknesses_of_rapport_go() -> None:
    text = security_txt(BASE_URL, "", NOW)
    assert "private security advisory" in text
    assert "Contact:" not in text


def test_it_is_served_to_everybody(database_url: str) -> None:
    app = an_app(database_url, Clock())
    answer = app.test_client().get("/.well-known/security.txt", base_url=BASE_URL)
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    app.extensions["rapport"].database.close()
