"""A running local Jira, an app for it, and calls in the app's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import atlassian_jwt
import pytest
import requests
from requests.auth import AuthBase

from tests.devhost.contract import find_document
from tests.devhost.host import Devhost
from tests.devhost.site import Site
from tests.devhost_tests.toy_app import ToyApp

needs_document = pytest.mark.skipif(
    find_document() is None, reason="Atlassian's OpenAPI document is not here (RAPPORT_OPENAPI_DIR)"
)


class ConnectAuth(AuthBase):
    """Signs each request as the installed app, with the query hash of PyPI's `atlassian-jwt`."""

    def __init__(self, site: Site, **claims: Any) -> None:
        assert site.app is not None
        self.secret, self.client_key = site.app.shared_secret, site.client_key
        now = int(site.token_clock().timestamp())
        self.claims = {"iss": site.app.key, "iat": now, "exp": now + 180, **claims}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        token = atlassian_jwt.encode_token(
            request.method, request.path_url, self.client_key, self.secret, 180, self.claims
        )
        request.headers["Authorization"] = f"JWT {token}"
        return request


@pytest.fixture
def app() -> Iterator[ToyApp]:
    """An app that accepts everything."""
    toy = ToyApp()
    toy.start()
    yield toy
    toy.stop()


@pytest.fixture
def jira(app: ToyApp) -> Iterator[Devhost]:
    """One site, nothing installed."""
    with Devhost(app_url=app.url) as running:
        yield running


@pytest.fixture
def pair(app: ToyApp) -> Iterator[Devhost]:
    """Two sites, each with the same app installed."""
    with Devhost(("acme", "rival"), app_url=app.url) as running:
        for each in running.sites:
            running.install(each)
        yield running


@pytest.fixture
def site(jira: Devhost) -> Site:
    """The site, with the app installed."""
    jira.install()
    return jira.site


Call = Callable[..., requests.Response]


@pytest.fixture
def call(site: Site) -> Call:
    """``call("GET", "/rest/api/3/myself")`` as the app."""

    def send(method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, site.base_url + path, auth=ConnectAuth(site), timeout=60, **more)

    return send


@pytest.fixture
def browse(site: Site) -> Call:
    """``browse("Pia Lead", "GET", path)`` as a person who is signed in."""

    def send(name: str, method: str, path: str, **more: Any) -> requests.Response:
        cookies = {site.user_cookie: site.user_named(name).account_id}
        return requests.request(method, site.base_url + path, cookies=cookies, timeout=60, **more)

    return send


def account(site: Site, name: str) -> str:
    """Account id of the person with that name."""
    return site.user_named(name).account_id
