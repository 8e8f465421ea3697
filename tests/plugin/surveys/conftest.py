"""One customer with one link, on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.plugin.asking import Asked, Clock, an_app, asked


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(database_url: str, clock: Clock) -> Iterator[Flask]:
    app = an_app(database_url, clock)
    yield app
    app.extensions["rapport"].database.close()


@pytest.fixture
def survey(app: Flask, clock: Clock) -> Asked:
    return asked(app, clock)
