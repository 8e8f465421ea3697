"""A route that comes later cannot be without guard, permission or rate limit: these rules name it."""

from __future__ import annotations

import pytest
from flask import Flask

from connect import BROWSE_PROJECT, page, page_script, public, unguarded
from connect.guards import Guard, _mark
from plugin.web import limits
from tests.plugin.asking import BASE_URL, Clock, an_app
from tests.running import Rapport

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite_only
def test_every_route_has_guard_permission_and_limit(rapport: Rapport) -> None:
    assert unguarded(rapport.app) == []
    assert limits.unlimited(rapport.app) == []


def planted() -> Flask:
    app = Flask("planted")
    views = {
        "guarded": page_script(may=BROWSE_PROJECT)(lambda project_id: project_id),
        "bare": lambda project_id: project_id,
        "without_permission": page(may=None)(lambda project_id: project_id),  # type: ignore[arg-type]
        "of_a_new_kind": _mark(lambda project_id: project_id, Guard("api")),
    }
    for name, view in views.items():
        app.add_url_rule(f"/{name}/<project_id>", name, view)
    app.add_url_rule(
        "/other/<issue_id>", "about_another_thing", page_script(may=BROWSE_PROJECT)(lambda issue_id: issue_id)
    )
    return app


def test_a_route_without_guard_or_permission_is_named() -> None:
    named = [found.split()[0] for found in unguarded(planted())]
    assert sorted(set(named)) == ["about_another_thing", "bare", "without_permission"]


def test_a_route_of_a_guard_that_nobody_has_a_limit_for_is_named() -> None:
    assert limits.unlimited(planted()) == ["bare", "of_a_new_kind"]


@sqlite_only
def test_a_route_of_a_new_kind_is_counted_until_somebody_decides(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_ADDRESS", "12 per minute")
    app = an_app(database_url, Clock())
    app.add_url_rule("/later", "later", _mark(lambda: "", Guard("api")))
    app.add_url_rule("/open", "open", public(lambda: ""))
    for path in ("/later", "/open"):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"198.51.100.{len(path)}"
        assert [client.get(path, base_url=BASE_URL).status_code for _ in range(13)] == [200] * 12 + [429]
    app.extensions["rapport"].database.close()
