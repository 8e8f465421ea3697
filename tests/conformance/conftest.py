"""The app under attack: one for each engine and test process, so that hundreds of attacks take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from flask import Flask

from tests.conformance.customer import another, database
from tests.conformance.internet import Internet
from tests.conformance.story import Told, living
from tests.conformance.target import Target
from tests.connect.world import NOW, AtlassianKey
from tests.databases import ENGINES, fresh_database, put_back
from tests.plugin.asking import NOW as ASKED_AT
from tests.plugin.asking import Asked, an_app
from tests.plugin.asking import Clock as SurveyClock

NewTarget = Callable[..., Target]


@pytest.fixture(scope="session")
def atlassian() -> AtlassianKey:
    return AtlassianKey()


@pytest.fixture(scope="session")
def thief() -> AtlassianKey:
    """A key that is not Atlassian's."""
    return AtlassianKey()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def targets(tmp_path_factory: pytest.TempPathFactory, atlassian: AtlassianKey) -> Iterator[Callable[[str], Target]]:
    """One for each engine, made when it is first asked for. A fixture with parameters would be made anew at every change
    of engine, which is at every second test."""
    with ExitStack() as stack:

        @cache
        def target(engine: str) -> Target:
            url = stack.enter_context(fresh_database(engine, tmp_path_factory.mktemp("target")))
            internet = Internet()
            with pytest.MonkeyPatch.context() as patch:  # other tests of this process need the real network
                internet.install(patch)
                made = Target(url, internet, atlassian)
            stack.callback(made.close)
            return made

        yield target


@pytest.fixture
def app(targets: Callable[[str], Target], engine: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """Two sites have installed it. What a test changes must be its own: a site, an issue, a key."""
    target = targets(engine)
    target.internet.install(monkeypatch)
    yield target
    target.internet.trouble = None
    target.clock.now = NOW


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


@pytest.fixture(scope="session")
def survey_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Flask, SurveyClock]]]:
    """One for each engine, like `targets`, for attacks on surveys."""
    with ExitStack() as stack:

        @cache
        def survey_app(engine: str) -> tuple[Flask, SurveyClock]:
            url = stack.enter_context(fresh_database(engine, tmp_path_factory.mktemp("surveys")))
            clock = SurveyClock()
            app = an_app(url, clock)
            stack.callback(database(app).close)
            return app, clock

        yield survey_app


@pytest.fixture
def survey(survey_apps: Callable[[str], tuple[Flask, SurveyClock]], engine: str) -> Iterator[Asked]:
    """A customer of a site of its own has been asked."""
    app, clock = survey_apps(engine)
    yield another(app, clock)
    clock.now = ASKED_AT


@pytest.fixture(scope="session")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Told]]:
    """One for each engine, told when it is first asked for, like `targets`: telling one takes seconds."""
    with ExitStack() as stack:

        @cache
        def story(engine: str) -> Told:
            url = stack.enter_context(fresh_database(engine, tmp_path_factory.mktemp("told")))
            return stack.enter_context(living(url))

        yield story


@pytest.fixture
def told(stories: Callable[[str], Told], engine: str) -> Told:
    """Two sites that have lived through everything. Many tests share it and leave it as it was."""
    return stories(engine)


@pytest.fixture
def spoilt(told: Told) -> Iterator[Told]:
    """The same, for a test that changes what is stored: that is put back afterwards."""
    told.jira.drain()
    with put_back(told.ports.database):  # type: ignore[arg-type]
        yield told
        told.jira.drain()
