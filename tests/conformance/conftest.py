"""The app under attack: one for each engine and test process, so that hundreds of attacks take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.conformance.internet import Internet
from tests.conformance.story import Told, living
from tests.conformance.target import Target
from tests.connect.world import NOW, AtlassianKey
from tests.databases import ENGINES, fresh_database

NewTarget = Callable[..., Target]


@pytest.fixture(scope="session")
def atlassian() -> AtlassianKey:
    return AtlassianKey()


@pytest.fixture(scope="session")
def thief() -> AtlassianKey:
    """A key that is not Atlassian's."""
    return AtlassianKey()


@pytest.fixture(scope="session", params=ENGINES)
def standing_target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, atlassian: AtlassianKey
) -> Iterator[Target]:
    with fresh_database(request.param, tmp_path_factory.mktemp("target")) as url:
        internet = Internet()
        with pytest.MonkeyPatch.context() as patch:  # other tests of this process need the real network
            internet.install(patch)
            target = Target(url, internet, atlassian)
        yield target
        target.close()


@pytest.fixture
def app(standing_target: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """Two sites have installed it. What a test changes must be its own: a site, an issue, a key."""
    standing_target.internet.install(monkeypatch)
    yield standing_target
    standing_target.internet.trouble = None
    standing_target.clock.now = NOW


@pytest.fixture
def new_target(database_url: str, atlassian: AtlassianKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewTarget]:
    """Makes an app with memories of its own, on a database of its own: for tests that wear them out or break them."""
    with ExitStack() as stack:

        def make(**environment: str) -> Target:
            internet = Internet()
            internet.install(monkeypatch)
            target = Target(database_url, internet, atlassian, **environment)
            stack.callback(target.close)
            return target

        yield make


@pytest.fixture(scope="session", params=ENGINES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Two sites that have lived through everything. Tests of the group `told` share it and leave it as it was."""
    with fresh_database(request.param, tmp_path_factory.mktemp("told")) as url, living(url) as told:
        yield told
