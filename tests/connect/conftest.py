"""Fixtures of the platform's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.typing import EventDict

from connect import Connect, Event, Tenant
from tests.connect.world import (
    ACME,
    APP_KEY,
    BASE_URL,
    DESCRIPTOR,
    GLOBEX,
    AtlassianKey,
    Clock,
    HttpServer,
    MemoryStore,
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
        on_event=lambda *delivery: events.append(delivery),
        descriptor_path=DESCRIPTOR,
        install_keys_url=f"{server.url}/keys",
        development=True,
    )


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines
