"""The short way of webhooks past Flask: nobody outside can tell it from the long one."""

from __future__ import annotations

import json
from typing import Any
from wsgiref.types import WSGIEnvironment

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from connect import Connect, Unavailable
from connect.shortcut import met_before
from tests.connect.guarded_views import Reasons
from tests.connect.test_webhooks import EVENTS, body
from tests.connect.world import ACME, BASE_URL, OTHER_SECRET, MemoryStore, bearer, request_token

SHORT, LONG = "application/json", 'application/json; charset="utf-8"'  # the same to a reader, but not as Jira sends it


@pytest.fixture
def in_flask(guarded_app: Flask) -> list[str]:
    """The paths that Flask has seen."""
    seen: list[str] = []
    guarded_app.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.append(EVENTS))
    return seen


def send(client: FlaskClient, content: Any, way: str, secret: str = ACME.shared_secret, **environ: str) -> TestResponse:
    token = bearer(request_token("POST", EVENTS, secret))
    data = content if isinstance(content, bytes) else json.dumps(content)
    return client.post(EVENTS, data=data, headers=token, content_type=way, base_url=BASE_URL, environ_overrides=environ)


def environ(content: Any, secret: str = ACME.shared_secret) -> WSGIEnvironment:
    headers = bearer(request_token("POST", EVENTS, secret))
    return EnvironBuilder(EVENTS, BASE_URL, method="POST", data=json.dumps(content), headers=headers, content_type=SHORT).get_environ()  # fmt: skip


def told(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.data, sorted(answer.headers)


def test_a_webhook_as_jira_sends_it_is_answered_without_flask(
    client: FlaskClient, in_flask: list[str], events: list[Any]
) -> None:
    short = send(client, body(), SHORT)
    assert (in_flask, len(events)) == ([], 1)
    long = send(client, body(), LONG)
    assert (in_flask, len(events)) == ([EVENTS], 2)
    assert events[0] == events[1]
    assert told(short) == told(long)
    assert short.status_code == 204


@pytest.mark.parametrize(
    ("content", "secret"),
    [(body(), OTHER_SECRET), (b'{"a"', ACME.shared_secret), (b"[]", ACME.shared_secret), (b"", ACME.shared_secret)],
    ids=["signed by another", "cut", "no object", "empty"],
)
def test_what_is_refused_is_refused_alike(
    client: FlaskClient, events: list[Any], reasons: Reasons, content: Any, secret: str
) -> None:
    short, long = (send(client, content, way, secret) for way in (SHORT, LONG))
    assert told(short) == told(long)
    assert short.status_code in (400, 401)
    assert events == []
    first, second = reasons()
    assert first == second


@pytest.mark.parametrize(("error", "status"), [(Unavailable("database_locked"), 503), (ValueError("a defect"), 500)])
def test_what_the_product_cannot_store_is_tried_once(
    guarded_app: Flask, client: FlaskClient, connect: Connect, error: Exception, status: int
) -> None:
    tried = []

    def fail(*delivery: Any) -> None:
        tried.append(delivery)
        raise error

    connect._on_events = fail
    guarded_app.config["PROPAGATE_EXCEPTIONS"] = False
    assert send(client, body(), SHORT).status_code == status
    assert len(tried) == 1


def test_fewer_bytes_than_declared_are_no_webhook(client: FlaskClient, events: list[Any], reasons: Reasons) -> None:
    assert send(client, b"{}", SHORT, CONTENT_LENGTH="100").status_code == 400
    assert (events, reasons()) == ([], ["body_cut_short"])


def test_a_site_that_another_process_installed_anew_is_let_in_at_once(
    client: FlaskClient, store: MemoryStore, events: list[Any]
) -> None:
    """A store may remember the old secret for a moment; a token signed with the new one must not wait for that."""
    newest = store.tenants[ACME.client_key]
    old = type(newest)(1, ACME.client_key, ACME.base_url, ACME.display_url, "an-older-secret" * 4, None, True)
    find = store.find_tenant
    store.find_tenant = lambda client_key, *, now=False: find(client_key, now=now) if now else old  # type: ignore[method-assign]
    assert send(client, body(), SHORT).status_code == 204
    assert len(events) == 1
    assert send(client, body(), SHORT, OTHER_SECRET).status_code == 401


def test_of_those_taken_together_each_gets_its_own_answer(
    guarded_app: Flask, connect: Connect, in_flask: list[str], events: list[Any]
) -> None:
    environs = [environ(body()), environ(body(), OTHER_SECRET), environ([]), environ(body())]
    assert connect.shortcut.take_together(environs) == [True, False, False, True]
    answers = [run_wsgi_app(guarded_app, each)[1] for each in environs]
    assert [answer[:3] for answer in answers] == ["204", "401", "400", "204"]
    assert (len(events), len(in_flask)) == (2, 2), "nothing is stored twice, and Flask has seen what was refused"


@pytest.mark.usefixtures("guarded_app")
def test_a_database_that_is_away_is_asked_once_for_all(connect: Connect, store: MemoryStore) -> None:
    asked = []

    def away(client_key: str, *, now: bool = False) -> None:
        asked.append((client_key, now))
        raise Unavailable("database_unavailable")

    store.find_tenant = away  # type: ignore[method-assign]
    environs = [environ(body()) for _ in range(3)]
    assert connect.shortcut.take_together(environs) == [False, False, False]
    assert len(asked) == 1
    met = [met_before(each) for each in environs]
    assert [type(each.error) for each in met if each is not None] == [Unavailable] * 3
