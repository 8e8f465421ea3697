"""Row P01, what is written down: no secret, no token, no word of a person, in whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask

from connect import public
from plugin import logs
from plugin.database import Database
from tests import canaries, leaks
from tests.conformance.cases import case
from tests.plugin.asking import BASE_URL, Clock, an_app

README = Path(__file__).parents[2] / "README.md"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhY21lIn0.c2lnbmF0dXJl"
PLANTED = {
    "a token": f"GET /administration?jwt={TOKEN}",
    "a survey link": "/s/" + "A" * 43,
    "a sealed value": "gAAAAABn" + "x" * 80,
    "a key": "A" * 43 + "=",
    "a mail address": canaries.EMAIL,
    "a shared secret": "shared-secret-abc",
    "a word of a person": canaries.COMMENT,
}


@case("P01")
@pytest.mark.parametrize("what", PLANTED)
def test_whatever_leaks_during_any_test_is_seen(database_url: str, what: str) -> None:
    """The rest of the row is every other test of the suite: `nothing_leaks` in tests/conftest.py."""
    assert leaks.watch.take() == []
    structlog.get_logger().info("planted", reason=PLANTED[what])
    logging.getLogger("library").warning("it said %s", PLANTED[what])
    app = an_app(database_url, Clock())
    app.add_url_rule("/planted", "planted", public(lambda: (PLANTED[what], 400)))
    assert app.test_client().get("/planted", base_url=BASE_URL).status_code == 400
    app.extensions["rapport"].database.close()
    found = leaks.watch.take()
    for where in ("a line of ours", "a line of library", "an answer 400 to planted"):
        assert [leak for leak in found if leak.startswith(f"{what} in {where}")], where


def planted_errors(app: Flask, database: Database) -> Iterator[Any]:
    """Views whose errors quote what they must not."""

    def in_a_statement() -> str:
        with database.system() as connection:
            connection.execute(sa.text("INSERT INTO contact (name, email) VALUES (:name, :email)"), canaries_of())
        return ""

    def in_words() -> str:
        raise ValueError(f"no site for {TOKEN} of {canaries.EMAIL}") from KeyError(canaries.NAME)

    def in_a_group() -> str:
        raise ExceptionGroup(canaries.COMMENT, [ValueError(canaries.EMAIL), KeyError(TOKEN)])

    def in_a_note() -> str:
        error = RuntimeError("x")
        error.add_note(canaries.COMMENT)
        raise error

    for view in (in_a_statement, in_words, in_a_group, in_a_note):
        app.add_url_rule(f"/{view.__name__}", view.__name__, public(view))
        yield view.__name__


def canaries_of() -> dict[str, str]:
    return {"name": canaries.NAME, "email": canaries.EMAIL}


def test_an_unexpected_error_is_logged_by_kind_and_place_without_what_it_says(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = an_app(database_url, Clock())
    for name in list(planted_errors(app, app.extensions["rapport"].database)):
        assert app.test_client().get(f"/{name}", base_url=BASE_URL).status_code in (500, 503)
        line = json.loads(capsys.readouterr().out.splitlines()[-1])
        if line["event"] == "unexpected_error":
            assert line["exception"][0]["exc_type"]
            assert any(frame["name"] == name for frame in line["exception"][0]["frames"])
    app.extensions["rapport"].database.close()


def test_a_library_says_its_name_and_level_and_no_more() -> None:
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(logs._NameAndLevel())
    try:
        raise ValueError(canaries.EMAIL)
    except ValueError:
        handler.handle(logging.getLogger("library").makeRecord("library", 40, "x", 1, "%s", (TOKEN,), sys.exc_info()))
    assert told.getvalue() == "library ERROR\n"
