"""The stand-in as one object: sites with their servers, install keys and mailbox; for fixtures and for the demo."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any, Self

from flask import Flask, Response, abort, jsonify
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.devhost import (
    forge,
    lifecycle,
    rest_confluence,
    rest_hooks,
    rest_issues,
    rest_people,
    rest_properties,
    rest_requests,
    rest_search,
    rest_site,
    rest_workflow,
)
from tests.devhost.contract import DOCUMENT, ENVIRONMENT, find_document, load_contract
from tests.devhost.forge import ForgeApp
from tests.devhost.lifecycle import AtlassianKeys
from tests.devhost.mailbox import Mailbox
from tests.devhost.records import InstalledApp
from tests.devhost.rest import attach_rest
from tests.devhost.seed import seed_demo
from tests.devhost.site import Site

log = logging.getLogger("devhost")
BLUEPRINTS = [
    rest_site.api,
    rest_search.api,
    rest_issues.api,
    rest_hooks.api,
    rest_workflow.api,
    rest_people.api,
    rest_properties.api,
    rest_requests.api,
    rest_confluence.api,
]
DESCRIPTOR_PATH = "/atlassian-connect.json"
AVATAR = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="24" fill="{colour}"/>'
    '<text x="24" y="31" font-family="sans-serif" font-size="19" fill="#fff" text-anchor="middle">{initials}</text></svg>'
)


class Devhost:
    """One or more Jira sites on loopback, each with a port of its own, an SMTP server and Atlassian's install keys.

    >>> with Devhost(app_url="http://127.0.0.1:8080") as jira:
    ...     jira.install()
    ...     jira.site.transition("DEMO-7", "Done", jira.site.user_named("Tom Team").account_id)
    ...     jira.drain()
    ...     jira.mailbox.wait_for("customer@example.org")
    """

    def __init__(
        self,
        names: Sequence[str] = ("acme",),
        *,
        ports: Sequence[int] = (),
        smtp_port: int = 0,
        app_url: str | None = None,
        seed: Callable[[Site], None] | None = seed_demo,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Nothing listens before `start`. *ports*: one for each name, free ones where left out.

        Every site has the same seed, hence the same ids: they differ in client key, secret and data written later.
        """
        self.names = tuple(names)
        self.ports = [*ports, *[0] * (len(self.names) - len(ports))]
        self.app_url = app_url.rstrip("/") if app_url else None
        self.keys = AtlassianKeys()
        self.mailbox = Mailbox(smtp_port)
        self.sites = [Site(name, f"http://localhost:{port}", clock=clock) for name, port in self._addresses()]
        for site in self.sites:
            if seed is not None:
                seed(site)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._servers: list[tuple[BaseWSGIServer, threading.Thread]] = []

    def _addresses(self) -> list[tuple[str, int]]:
        return list(zip(self.names, self.ports, strict=True))

    @property
    def site(self) -> Site:
        """The first site."""
        return self.sites[0]

    @property
    def descriptor_url(self) -> str | None:
        """Where the app's descriptor is, or None while the app's address is unknown."""
        return self.app_url + DESCRIPTOR_PATH if self.app_url else None

    @property
    def install_keys_url(self) -> str:
        """What the app must use in place of Atlassian's key server; the key id follows after a slash."""
        return f"{self.site.base_url}/install-keys"

    @property
    def forge_keys_url(self) -> str:
        """What the app must use in place of Forge's set of keys."""
        return f"{self.site.base_url}/forge-keys"

    @property
    def folder(self) -> Path:
        """For files that must live as long as the sites do: Forge apps that were deployed."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="devhost-", ignore_cleanup_errors=True)
        return Path(self._folder.name)

    def start(self) -> Self:
        """Listen; sets each site's ``base_url`` to where it really is."""
        if find_document() is None:
            log.warning("%s was not found (%s): REST calls are not checked against it", DOCUMENT, ENVIRONMENT)
        for site, port in zip(self.sites, self.ports, strict=True):
            self._serve(site, port)
        self.mailbox.start()
        return self

    def _serve(self, site: Site, port: int) -> None:
        app = closing(self.create_app(site))
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
        site.base_url = site.display_url = f"http://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name=f"jira-{site.name}", daemon=True)
        thread.start()
        self._servers.append((server, thread))

    def stop(self) -> None:
        """Stop listening and delivering."""
        for site in self.sites:
            site.close()
        for server, thread in self._servers:
            server.shutdown()
            thread.join()
            server.server_close()
        self._servers.clear()
        if self._folder is not None:
            self._folder.cleanup()
        self.mailbox.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def create_app(self, site: Site) -> Flask:
        """The web application of one site: REST, install keys and pages."""
        app = Flask(__name__, static_folder=None)
        attach_rest(app, BLUEPRINTS, site, load_contract)
        app.add_url_rule("/install-keys/<path:kid>", view_func=self._install_key, endpoint="install_key")
        app.add_url_rule("/forge-keys", view_func=lambda: jsonify(self.keys.jwks()), endpoint="forge_keys")
        app.add_url_rule("/avatar/<path:who>", view_func=lambda who: _avatar(site, who), endpoint="avatar")
        _register_pages(app, self, site)
        return app

    def _install_key(self, kid: str) -> Response:
        pem = self.keys.public_pem(kid)
        return Response(pem, mimetype="text/plain") if pem is not None else abort(404)

    def install(self, site: Site | None = None) -> InstalledApp:
        """Install the app of ``app_url`` on a site, the first one if none is named. Raises `InstallRefused`."""
        if self.descriptor_url is None:
            raise ValueError("app_url is not set")
        return lifecycle.install(site or self.site, self.keys, self.descriptor_url)

    def install_forge(self, folder: Path, site: Site | None = None) -> ForgeApp:
        """Deploy and install the Forge app that lies in a folder, on the first site if none is named."""
        return forge.install(site or self.site, self.keys, folder)

    def drain(self, timeout_seconds: float = 60.0) -> None:
        """Wait until no site has a webhook left to deliver."""
        for site in self.sites:
            site.events.drain(timeout_seconds)


def closing(application: Any) -> Any:
    """The WSGI application, with the file behind each answer closed whatever becomes of the connection.

    werkzeug's server leaves it open where a browser goes away in the middle; Python's warning of that comes whenever it likes,
    and fails whichever test is running then.
    """

    def closed(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        answer = application(environ, start_response)
        try:
            yield from answer
        finally:
            if hasattr(answer, "close"):
                answer.close()

    return closed


class _Quiet(WSGIRequestHandler):
    """No line per request on the console; the wire log has them."""

    def log_request(self, *_: object) -> None:
        pass


def _register_pages(app: Flask, devhost: Devhost, site: Site) -> None:
    from tests.devhost import ui  # noqa: PLC0415  (the pages import this module's neighbours)

    ui.register(app, devhost, site)


def _avatar(site: Site, who: str) -> Response:
    """A round picture with initials, so that pages have something to show without fetching anything."""
    project = site.projects.get(who.removeprefix("project-"))
    person = site.users.get(who)
    name = project.name if project else person.display_name if person else "?"
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    colour = f"hsl({sum(map(ord, name)) % 360} 45% 40%)"
    return Response(AVATAR.format(colour=colour, initials=escape(initials)), mimetype="image/svg+xml")
