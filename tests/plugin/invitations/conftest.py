"""Sites with their own time, on an app that all of them share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.databases import ENGINES, fresh_database
from tests.plugin.asking import Clock, an_app
from tests.plugin.invitations.site import Site


@pytest.fixture(scope="module")
def sqlite_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with fresh_database("sqlite", tmp_path_factory.mktemp("sites")) as url:
        app = an_app(url, Clock())
        yield app
        app.extensions["rapport"].database.close()


@pytest.fixture(scope="module", params=ENGINES)
def any_app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with fresh_database(request.param, tmp_path_factory.mktemp("sites")) as url:
        app = an_app(url, Clock())
        yield app
        app.extensions["rapport"].database.close()


@pytest.fixture
def site(any_app: Flask) -> Iterator[Site]:
    """A fresh one, on each engine; Monday, 1 November 2027, 9:00 UTC."""
    site = Site(any_app)
    yield site
    site.close()
