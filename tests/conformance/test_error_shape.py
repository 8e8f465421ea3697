"""What an error looks like: for programs `{"error": code}` and nothing else, for people a page that helps and tells
nothing of the inside. This is the specification; every status that we answer with is here."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask, abort

from connect import ADMINISTER_JIRA, Forbidden, Missing, Unavailable, page, page_script, public, survey_link
from connect.guards import webhook
from plugin.errors import Conflict, Gone, Invalid, NotFound
from plugin.web.errors import CODES
from tests.plugin.asking import BASE_URL, Clock, an_app

SECRET = "hunter2-planted"
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}

ERRORS = {
    "invalid": (Invalid(SECRET), 400, "bad_request"),
    "forbidden": (Forbidden(SECRET), 403, "forbidden"),
    "missing": (Missing(SECRET), 404, "not_found"),
    "not-found": (NotFound(SECRET), 404, "not_found"),
    "conflict": (Conflict(SECRET), 409, "conflict"),
    "gone": (Gone(SECRET), 410, "gone"),
    "too-large": (413, 413, "payload_too_large"),
    "too-long": (414, 414, "uri_too_long"),
    "media": (415, 415, "unsupported_media_type"),
    "teapot": (418, 400, "bad_request"),
    "too-many": (429, 429, "too_many_requests"),
    "defect": (ZeroDivisionError(SECRET), 500, "internal_error"),
    "not-built": (501, 500, "internal_error"),
    "unavailable": (Unavailable(SECRET, retry_after_seconds=7), 503, "unavailable"),
}
GUARDS = {
    "script": page_script(may=ADMINISTER_JIRA),
    "webhook": webhook,
    "public": public,
    "page": page(may=ADMINISTER_JIRA),
    "survey": survey_link,
}
FOR_PEOPLE = ("page", "survey")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The app with a view for every error under every guard; the guards themselves are left open."""
    app = an_app(f"sqlite:///{tmp_path_factory.mktemp('shape')}/unused.db", Clock())
    for kind, guard in GUARDS.items():
        for name, (error, _, _) in ERRORS.items():
            app.add_url_rule(f"/shape/{kind}/{name}", f"{kind}-{name}", guard(failing(error)))
    connect = app.extensions["connect"]
    connect._verifier.page_call = connect._verifier.script_call = connect._verifier.site_call = lambda _request: None
    connect._require = lambda _permission: None
    yield app
    app.extensions["rapport"].database.close()


def failing(error: Exception | int):  # type: ignore[no-untyped-def]
    def view() -> str:
        if isinstance(error, int):
            abort(error, description=SECRET)
        raise error

    return view


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("kind", [kind for kind in GUARDS if kind not in FOR_PEOPLE])
def test_a_program_gets_the_code_and_nothing_else(app: Flask, kind: str, name: str) -> None:
    _, status, code = ERRORS[name]
    answer = app.test_client().get(f"/shape/{kind}/{name}", base_url=BASE_URL, headers=BROWSER)
    assert (answer.status_code, answer.content_type) == (status, "application/json")
    assert answer.get_json() == {"error": code}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("kind", FOR_PEOPLE)
def test_a_person_gets_words_and_nothing_of_the_inside(app: Flask, kind: str, name: str) -> None:
    _, status, code = ERRORS[name]
    answer = app.test_client().get(f"/shape/{kind}/{name}", base_url=BASE_URL)
    assert (answer.status_code, answer.content_type) == (status, "text/html; charset=utf-8")
    assert re.search(r"<h1>[^<]{8,60}</h1>\s*<p>[^<]{20,400}</p>", answer.text)
    for inside in (SECRET, code, "Traceback", "plugin", "shape", "werkzeug", "Error", str(status)):
        assert inside not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("name", "seconds"), [("unavailable", "7"), ("too-many", "60")])
@pytest.mark.parametrize("kind", GUARDS)
def test_whoever_may_come_back_is_told_when(app: Flask, kind: str, name: str, seconds: str) -> None:
    assert app.test_client().get(f"/shape/{kind}/{name}", base_url=BASE_URL).headers["Retry-After"] == seconds


@pytest.mark.parametrize("path", ["/nothing", "/connect/nothing", "/.env", "/%00", "/..%2f..%2fetc/passwd"])
def test_an_address_that_we_do_not_have_is_a_page_in_a_browser_and_a_code_elsewhere(app: Flask, path: str) -> None:
    client = app.test_client()
    assert client.get(path, base_url=BASE_URL).get_json() == {"error": "not_found"}
    seen = client.get(path, base_url=BASE_URL, headers=BROWSER)
    assert seen.status_code == 404
    if not path.startswith("/connect/"):
        assert "There is nothing here" in seen.text
        assert path not in seen.text


def test_a_wrong_method_names_the_right_ones(app: Flask) -> None:
    answer = app.test_client().get("/connect/installed", base_url=BASE_URL)
    assert (answer.status_code, answer.get_json()) == (405, {"error": "method_not_allowed"})
    assert sorted(answer.headers["Allow"].split(", ")) == ["OPTIONS", "POST"]


def test_every_code_of_http_is_specified_here() -> None:
    specified = {status: code for _, status, code in ERRORS.values()} | {405: "method_not_allowed"}
    assert CODES.items() <= specified.items()
