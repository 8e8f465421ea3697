"""Rapport as it really runs, beside a local Jira: what flow tests and browser tests talk to."""

from __future__ import annotations

import logging
import threading
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests
from cryptography.fernet import Fernet
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from plugin.app import create_app
from plugin.asking import AskPolicy
from plugin.flow import STEPS
from plugin.policies import service as policies
from plugin.ports import Ports
from plugin.settings import Settings, load_settings
from plugin.worker import Worker
from tests.devhost import forge, tokens
from tests.devhost.host import Devhost, closing
from tests.devhost.mailbox import Mail
from tests.devhost.site import Site
from tests.forge_app import make_forge_app
from tests.free_ports import free_port

APP_ID = "ari:cloud:ecosystem::app/7a7a1c0e-5d1f-4f0a-9c55-0d8f7a1b2c3d"


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
    edge: str = "connect"

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["rapport"]
        return ports

    @property
    def site(self) -> Site:
        return self.jira.site

    def install(self, site: Site | None = None) -> None:
        """On a site, by the edge of this Rapport."""
        site = site or self.site
        if self.edge == "connect":
            self.jira.install(site)
            return
        environment = environment_for(self.jira, self.settings.listen_port, self.settings.database_url)
        self.jira.install_forge(make_forge_app(self.jira.folder / site.name, environment), site)
        site.events.drain()

    def tenant_id(self, site: Site | None = None) -> int:
        site = site or self.site
        tenants: Any = self.ports.tenants
        if self.edge == "connect":
            return int(tenants.find_tenant(site.client_key).id)
        assert site.forge is not None
        return int(tenants.find_id_of_installation(f"ari:cloud:ecosystem::installation/{site.forge.installation}"))

    def settle(self) -> None:
        """Let Jira deliver what it has, and do all work that is due."""
        self.jira.drain()
        if self.edge == "forge":  # an hour has passed since the last time, more often than not
            for site in self.jira.sites:
                if site.forge is not None:
                    forge.run_schedule(site, self.jira.keys)
        Worker(self.ports, STEPS).drain(self.clock())

    def ask_at_any_hour(self, site: Site | None = None, **policy: Any) -> None:
        """As a Jira admin would set it: stories happen at night and on Sundays too. `policy`: fields of AskPolicy."""
        hours = {"sending_from_hour": 0, "sending_until_hour": 24, "working_days_only": False}
        with self.ports.database.transaction(self.tenant_id(site)) as tx:
            policies.change(tx, AskPolicy(**{**hours, **policy}), "", self.clock())

    def account(self, name: str, site: Site | None = None) -> str:
        return (site or self.site).user_named(name).account_id

    def page(self, path: str, who: str, site: Site | None = None, **more: Any) -> requests.Response:
        """Open a page as Jira's iframe does."""
        site = site or self.site
        if self.edge == "forge":
            return self._through_shell("GET", path, who, site)
        url = tokens.signed_url(site, self.settings.base_url + path, self.account(who, site))
        return requests.get(url, timeout=60, **more)

    def call(self, method: str, path: str, who: str, site: Site | None = None, **form: Any) -> requests.Response:
        """Call as the script of an open page does."""
        site = site or self.site
        if self.edge == "forge":
            return self._through_shell(method, path, who, site, form)
        token = tokens.context_token(site, self.account(who, site))
        headers = {"Authorization": f"JWT {token}", "HX-Request": "true"}
        return requests.request(method, self.settings.base_url + path, headers=headers, data=form, timeout=60)

    def _through_shell(
        self, method: str, path: str, who: str, site: Site, form: Mapping[str, Any] | None = None
    ) -> requests.Response:
        """As the shell asks, from one of our screens; its answer as a frame of Connect gets it."""
        call = {
            "method": method,
            "path": path,
            "form": urlencode(form or {}, doseq=True),
            "headers": {"HX-Request": "true"},
        }
        sent = {"method": "POST", "path": "/forge/screens", "headers": {}, "body": call}
        told = forge.invoke(site, self.jira.keys, site.user_named(who), "administration", {}, sent)["body"]
        answer = requests.Response()
        body = b64decode(told["body"]) if told.get("encoding") == "base64" else told["body"].encode()
        answer.status_code, answer._content, answer.encoding = told["status"], body, "utf-8"
        answer.headers.update(told["headers"])
        return answer

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.jira.mailbox.messages if address in mail.recipients]


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
        "RAPPORT_TRUST_STORAGE": "1",  # the tests' own PostgreSQL forgoes it, for speed
        "RAPPORT_DEVELOPMENT": "1",
        "RAPPORT_EXTRA_HOSTS": ",".join(hosts),
        "RAPPORT_INSTALL_KEYS_URL": jira.install_keys_url,
        "RAPPORT_CONNECT_SCRIPT_URL": f"{jira.site.base_url}/atlassian-connect/all.js",
        "RAPPORT_FORGE_APP_ID": APP_ID,
        "RAPPORT_FORGE_KEYS_URL": jira.forge_keys_url,
    }


@contextmanager
def running(
    database_url: str, sites: tuple[str, ...] = ("acme",), install: bool = True, edge: str = "connect"
) -> Iterator[Rapport]:
    """Jira with its sites, and Rapport served beside it over real HTTP, installed on every site."""
    port, clock, at = free_port(), Clock(), [free_port() for _ in sites]
    with Devhost(sites, ports=at, smtp_port=free_port(), app_url=f"http://127.0.0.1:{port}", clock=clock) as jira:
        settings = settings_for(jira, port, database_url)
        app = create_app(settings, clock)
        try:
            with serving(app, port):
                rapport = Rapport(app, settings, jira, clock, edge)
                if install:
                    for site in jira.sites:
                        rapport.install(site)
                        rapport.ask_at_any_hour(site)
                yield rapport
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
    server = make_server("127.0.0.1", port, closing(app), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
