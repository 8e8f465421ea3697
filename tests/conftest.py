"""Fixtures for every test: databases on both engines, and a running Rapport."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from plugin.database import Database
from tests import compiled, leaks
from tests.browser.chromium import chromium
from tests.databases import ENGINES, fresh_database
from tests.rules.tenant_watch import watch
from tests.running import Rapport, running

pytest_plugins = ("tests.conformance.plugin",)

EDGES = ("connect", "forge")
BOTH_EDGES = "--both-edges"
ALWAYS_BEHIND_BOTH = ("test_the_story.py", "test_gates.py")  # of the browser's stories, as each takes its time

watch()
leaks.watch.start()
compiled.keep()
# No test judges a speed, as the machine may be busy; and every run tries the same examples, so that it judges the code alone.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("chance", deadline=None, max_examples=5000)  # new ones each time: make chance
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(BOTH_EDGES, action="store_true", help="tell every browser story behind Connect and behind Forge")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that asks for `edge` runs behind both; of the browser's stories most behind the first one only, unless
    pytest is told --both-edges."""
    if "edge" in metafunc.fixturenames:
        told_once = metafunc.definition.get_closest_marker("browser") and (
            metafunc.definition.path.name not in ALWAYS_BEHIND_BOTH and not metafunc.config.getoption(BOTH_EDGES)
        )
        metafunc.parametrize("edge", EDGES[:1] if told_once else EDGES, indirect=True, scope="session")


@pytest.fixture(scope="session", autouse=True)
def nothing_leaks_at_the_end() -> Iterator[None]:
    """Also while fixtures of many tests are taken down. Each process of pytest-xdist looks after itself."""
    yield
    assert leaks.watch.take() == []


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Fails a test during which a secret or a person's word got into a log or an error; see tests/leaks.py."""
    leaks.watch.start()
    yield
    assert leaks.watch.take() == []


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database; every test that asks for one runs on SQLite and on PostgreSQL."""
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def edge(request: pytest.FixtureRequest) -> str:
    """By which way Jira has the app: see `pytest_generate_tests`."""
    return str(request.param)


@pytest.fixture
def rapport(database_url: str) -> Iterator[Rapport]:
    """Rapport, installed on the site of a local Jira."""
    with running(database_url) as app:
        yield app


@pytest.fixture
def framed(edge: str, database_url: str) -> Iterator[Rapport]:
    """The same, behind one edge after the other: what a test says of it holds for both."""
    with running(database_url, edge=edge) as app:
        yield app


@pytest.fixture
def two_sites(database_url: str) -> Iterator[Rapport]:
    """Rapport, installed on two sites with the same people and issues."""
    with running(database_url, ("acme", "rival")) as app:
        yield app


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for each test process: Playwright runs only once in a process."""
    with chromium() as browser:
        yield browser
