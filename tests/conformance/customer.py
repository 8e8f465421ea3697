"""A customer who has been asked, and requests for a survey from anywhere."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from plugin.database import Database
from tests.databases import everything
from tests.plugin.asking import BASE_URL, Asked, Clock, asked


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
