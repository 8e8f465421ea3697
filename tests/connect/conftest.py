"""Fixtures of the platform's tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from structlog.typing import EventDict

from connect import Connect, Event, JiraSite, Tenant
from tests.connect.guarded_views import Reasons, views
from tests.connect.world import (
    ACME,
    ADA,
    APP_KEY,
    BASE_URL,
    DESCRIPTOR,
    GLOBEX,
    SECRET,
    AtlassianKey,
    Clock,
    HttpServer,
    MemoryStore,
    plain_app,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore({tenant.client_key: tenant for tenant in (ACME, GLOBEX)})


@pytest.fixture
def events() -> list[tuple[Tenant, str, Event]]:
    return []


@pytest.fixture(scope="session")
def atlassian() -> AtlassianKey:
    return AtlassianKey()


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer().running() as running:
        yield running


@pytest.fixture
def connect(store: MemoryStore, clock: Clock, events: list[Any], server: HttpServer) -> Connect:
    """The platform in development mode, with a stand-in for Atlassian's key server."""
    return Connect(
        app_key=APP_KEY,
        base_url=BASE_URL,
        store=store,
        clock=clock,
        on_events=lambda told: [events.append(each) for each in told],
        descriptor_path=DESCRIPTOR,
        install_keys_url=f"{server.url}/keys",
        development=True,
    )


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def tenant(server: HttpServer) -> Tenant:
    return replace(ACME, base_url=server.url)


@pytest.fixture
def site(connect: Connect, tenant: Tenant) -> JiraSite:
    return connect.site(tenant)


@pytest.fixture
def guarded_app(connect: Connect) -> Flask:
    app = plain_app(connect)
    app.register_blueprint(views)
    return app


@pytest.fixture
def client(guarded_app: Flask) -> FlaskClient:
    return guarded_app.test_client()


@pytest.fixture
def reasons(log: list[EventDict]) -> Reasons:
    """The internal words of all refusals so far; checks that nothing secret was logged with them."""

    def words() -> list[str]:
        assert not [secret for secret in ("eyJ", SECRET, ADA) if secret in str(log)]
        return [line["reason"] for line in log]

    return words
