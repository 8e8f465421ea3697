"""Rapport as it really runs, beside a local Jira: what flow tests and browser tests talk to."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from cryptography.fernet import Fernet
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from plugin.app import create_app
from plugin.flow import STEPS
from plugin.ports import Ports
from plugin.settings import Settings, load_settings
from plugin.worker import Worker
from tests.devhost import tokens
from tests.devhost.host import Devhost
from tests.devhost.mailbox import Mail
from tests.devhost.site import Site


@dataclass
class Clock:
    """The real time, moved on by as much as a test says."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **duration: float) -> None:
        self.ahead += timedelta(**duration)


@dataclass
class Rapport:
    """The app with a Jira that has installed it. Work is done when a test says so: `settle`."""

    app: Flask
    settings: Settings
    jira: Devhost
    clock: Clock

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["rapport"]
        return ports

    @property
    def site(self) -> Site:
        return self.jira.site

    def tenant_id(self, site: Site | None = None) -> int:
        tenant = self.ports.tenants.find_tenant((site or self.site).client_key)  # type: ignore[attr-defined]
        assert tenant is not None
        return int(tenant.id)

    def settle(self) -> None:
        """Let Jira deliver what it has, and do all work that is due."""
        self.jira.drain()
        Worker(self.ports, STEPS).drain(self.clock())

    def account(self, name: str, site: Site | None = None) -> str:
        return (site or self.site).user_named(name).account_id

    def page(self, path: str, who: str, site: Site | None = None, **more: Any) -> requests.Response:
        """Open a page as Jira's iframe does."""
        site = site or self.site
        url = tokens.signed_url(site, self.settings.base_url + path, self.account(who, site))
        return requests.get(url, timeout=10, **more)

    def call(self, method: str, path: str, who: str, site: Site | None = None, **form: Any) -> requests.Response:
        """Call as the script of an open page does."""
        site = site or self.site
        token = tokens.context_token(site, self.account(who, site))
        headers = {"Authorization": f"JWT {token}", "HX-Request": "true"}
        return requests.request(method, self.settings.base_url + path, headers=headers, data=form, timeout=10)

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.jira.mailbox.messages if address in mail.recipients]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings_for(jira: Devhost, port: int, database_url: str) -> Settings:
    return load_settings(environment_for(jira, port, database_url))


def environment_for(jira: Devhost, port: int, database_url: str) -> dict[str, str]:
    """The environment of a Rapport that trusts a started local Jira."""
    hosts = [site.base_url.removeprefix("http://") for site in jira.sites]
    return {
        "RAPPORT_BASE_URL": f"http://127.0.0.1:{port}",
        "RAPPORT_LISTEN": f"127.0.0.1:{port}",
        "RAPPORT_SECRET_KEYS": Fernet.generate_key().decode(),
        "RAPPORT_MAIL_FROM": "Rapport <rapport@rapport.example>",
        "RAPPORT_SMTP_URL": f"smtp://127.0.0.1:{jira.mailbox.port}",
        "DATABASE_URL": database_url,
        "RAPPORT_DEVELOPMENT": "1",
        "RAPPORT_EXTRA_HOSTS": ",".join(hosts),
        "RAPPORT_INSTALL_KEYS_URL": jira.install_keys_url,
        "RAPPORT_CONNECT_SCRIPT_URL": f"{jira.site.base_url}/atlassian-connect/all.js",
    }


@contextmanager
def running(database_url: str, sites: tuple[str, ...] = ("acme",), install: bool = True) -> Iterator[Rapport]:
    """Jira with its sites, and Rapport served beside it over real HTTP, installed on every site."""
    port, clock = free_port(), Clock()
    with Devhost(sites, app_url=f"http://127.0.0.1:{port}", clock=clock) as jira:
        settings = settings_for(jira, port, database_url)
        app = create_app(settings, clock)
        try:
            with serving(app, port):
                if install:
                    for site in jira.sites:
                        jira.install(site)
                yield Rapport(app, settings, jira, clock)
                for site in jira.sites:
                    site.close()  # no webhook must be under way when the database closes
                    site.assert_no_contract_problems()
        finally:
            app.extensions["rapport"].database.close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is werkzeug's
        logging.getLogger("tests").debug(message, *args)


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
