"""Puts the platform together on a Flask app: routes, guards, errors, headers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import structlog
from flask import Flask, Response, current_app, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.routing import RequestRedirect

from connect.descriptor import load_descriptor
from connect.errors import BadRequest, ConnectError, Forbidden, Missing, Unauthorized
from connect.forge import Forge
from connect.forge_keys import ATLASSIAN_INVOCATION_KEYS, ForgeKeys
from connect.forge_manifest import page_address
from connect.forge_routes import blueprint as forge_blueprint
from connect.forge_tunnel import FROM_SHELL, Tunnel
from connect.framing import ATLASSIAN_SCRIPT, Headers
from connect.guards import INVOCATION, LIFECYCLE, WEBHOOK, Guard, current_principal, guard_of, is_static
from connect.install_keys import ATLASSIAN_INSTALL_KEYS, InstallKeys
from connect.jira import JiraSite
from connect.jira_clients import JiraClients
from connect.lifecycle import Lifecycle
from connect.memory import Memory
from connect.permissions import Permission, Permissions
from connect.query_hash import TARGET_LIMIT
from connect.routes import blueprint
from connect.shortcut import PATH, Shortcut, met_before
from connect.tenants import Principal, Tenant, TenantStore
from connect.verification import Verifier
from connect.webhooks import Event, delivery_key, parse_event

OnEvents = Callable[[Sequence[tuple[Tenant, str, Event]]], list[Exception | None]]
ErrorPage = Callable[[ConnectError], ResponseReturnValue]
_ALARMS = frozenset(("replayed", "no_secret", "unguarded_route"))
_log = structlog.get_logger("connect")


class Connect:
    """The platform. One per Flask app.

    `base_url`: where Jira reaches us, without trailing slash. `clock`: aware UTC. `on_events([(tenant,
    delivery_key, event), …])`: called with verified webhooks that we follow, must return only after a durable commit, and
    say for each what stopped it, or None. `error_page(error)`: the product's answer on routes for people; JSON without it. `extra_hosts`: hosts of
    Jira besides *.atlassian.net and *.jira.com, whole names or suffixes with a leading dot. `forge_app_id`: id of our
    Forge app; without one the routes of that edge do not exist. `development`: also accepts http and localhost as
    sites, and stand-ins for Atlassian's key servers and script; ValueError for these outside of it.
    """

    def __init__(
        self,
        *,
        app_key: str,
        base_url: str,
        store: TenantStore,
        clock: Callable[[], datetime],
        on_events: OnEvents,
        descriptor_path: Path,
        error_page: ErrorPage | None = None,
        extra_hosts: Iterable[str] = (),
        install_keys_url: str | None = None,
        script_url: str | None = None,
        forge_app_id: str | None = None,
        forge_keys_url: str | None = None,
        development: bool = False,
    ) -> None:
        base_url = base_url.rstrip("/")
        if not development and (install_keys_url or script_url or forge_keys_url):
            # Whoever chooses the key server can forge an install: outside development nobody may.
            raise ValueError("install_keys_url, script_url and forge_keys_url are for development only")
        self.app_key = app_key
        self.clock = clock
        self.script_url = script_url or ATLASSIAN_SCRIPT
        self.ignored_events = 0
        self._counting = threading.Lock()
        self._base_url = base_url
        self._on_events = on_events
        self._error_page = error_page
        self.descriptor = load_descriptor(descriptor_path, app_key=app_key, base_url=base_url)
        self._headers = Headers(base_url=base_url, script_url=self.script_url)
        self._clients = JiraClients(app_key=app_key, clock=clock, development=development)
        self._verifier = Verifier(
            app_key=app_key,
            base_url=base_url,
            store=store,
            keys=InstallKeys(install_keys_url or ATLASSIAN_INSTALL_KEYS, development=development),
            clock=clock,
        )
        self.lifecycle = Lifecycle(
            app_key=app_key, store=store, clock=clock, extra_hosts=tuple(extra_hosts), development=development
        )
        self.permissions = Permissions(self.site, clock)
        self._projects: Memory[tuple[int, str], str] = Memory(clock)
        forge_keys = ForgeKeys(forge_keys_url or ATLASSIAN_INVOCATION_KEYS, development=development)
        self.forge = (
            Forge(forge_app_id, store=store, keys=forge_keys, clock=clock, development=development)
            if forge_app_id
            else None
        )

    def init_app(self, app: Flask) -> None:
        """Register routes, guards, error answers and headers. An error handler that the product registers later for
        ConnectError replaces ours, and with it the log line."""
        app.extensions["connect"] = self
        app.jinja_env.globals.update(host_scripts=self._host_scripts, host_script=_script)
        app.register_blueprint(blueprint)
        if self.forge is not None:
            app.register_blueprint(forge_blueprint)
            app.wsgi_app = Tunnel(app.wsgi_app)  # type: ignore[method-assign]
        app.before_request(self._enforce)
        app.after_request(self._set_headers)
        app.register_error_handler(ConnectError, self._answer)
        self.shortcut = Shortcut(
            app.wsgi_app,
            verifier=self._verifier,
            receive=self.receive_each,
            base_url=self._base_url,
            headers=self._of_webhooks(),
        )
        app.wsgi_app = self.shortcut  # type: ignore[method-assign]

    def _host_scripts(self) -> Markup:
        """What a page in a frame loads to speak with Jira around it. Behind Forge nobody looks: the shell has its own."""
        atlassian = Markup('<script src="{}" data-options="sizeToParent:false"></script>').format(self.script_url)
        return Markup("\n  ").join([atlassian, *map(_script, ("host-connect.js", "host.js"))])

    def site(self, tenant: Tenant) -> JiraSite:
        """Jira of this tenant. Cheap; connections are kept per thread."""
        return JiraSite(self._clients.of(tenant), self._base_url + PATH if tenant.installed else None)

    def project_of_issue(self, tenant: Tenant, issue_id: str) -> str:
        """Id of the issue's project as Jira has it now, or had it within the last minute."""
        return self._projects.get((tenant.id, issue_id), lambda: self.site(tenant).get_project_id(issue_id))

    def host_page_url(self, tenant: Tenant, module_key: str, **context: str) -> str:
        """Address, inside Jira, of a page module of ours: for links in mails. `context`: its query parameters,
        for example **{"project.key": "DEMO"}. Of a site that has us by Forge alone whose deployment is not known yet, the
        project's own."""
        if self.forge is not None and tenant.access is not None and not tenant.installed:
            project_key, environment = context.get("project.key", ""), tenant.access.environment_id
            if not environment:
                return (
                    f"{tenant.display_url}/browse/{quote(project_key, safe='')}" if project_key else tenant.display_url
                )
            place = f"{self.forge.app_id.rpartition('/')[2]}/{environment}"
            return tenant.display_url + page_address(self.descriptor, module_key, place, project_key)
        query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in context.items())
        address = f"{tenant.display_url}/plugins/servlet/ac/{self.app_key}/{module_key}"
        return f"{address}?{query}" if query else address

    def receive(self, tenant: Tenant, identifier: str, body: bytes) -> None:
        """Hand the event of a verified webhook to the product; one that we do not follow is counted. Raises BadRequest."""
        self.take(tenant, identifier, parse_event(body, self.clock()))

    def receive_each(self, webhooks: Sequence[tuple[Tenant, str, bytes]]) -> list[Exception | None]:
        """`receive` for several at once: what stopped each, or None."""
        found: list[Exception | None] = [None for _ in webhooks]
        told: dict[int, tuple[Tenant, str, Event]] = {}
        for number, (tenant, identifier, body) in enumerate(webhooks):
            try:
                event = parse_event(body, self.clock())
            except BadRequest as error:
                found[number] = error
            else:
                if event is None:
                    self.count_ignored()
                else:
                    told[number] = tenant, delivery_key(identifier, event), event
        for number, stopped in zip(told, self._on_events(list(told.values())), strict=True):
            found[number] = stopped
        return found

    def take(self, tenant: Tenant, identifier: str, event: Event | None) -> None:
        """Hand an event to the product; None is one that we do not follow."""
        if event is None:
            self.count_ignored()
        else:
            self.deliver(tenant, delivery_key(identifier, event), event)

    def deliver(self, tenant: Tenant, key: str, event: Event) -> None:
        """Hand a verified event to the product."""
        (stopped,) = self._on_events([(tenant, key, event)])
        if stopped is not None:
            raise stopped

    def count_ignored(self) -> None:
        """One more verified event that we do not follow."""
        with self._counting:
            self.ignored_events += 1

    def _enforce(self) -> None:
        """Before each view: the caller must hold what the route's mark asks for."""
        guard = g.connect_guard = guard_of(current_app, request.endpoint) if request.endpoint else None
        self._require_readable_query()
        if isinstance(request.routing_exception, RequestRedirect):
            raise Missing("redirect")  # would carry a token in the query to wherever the Host header says
        if request.endpoint is None:
            return
        if guard is None:
            raise Forbidden("unguarded_route")
        from_shell = FROM_SHELL in request.environ
        if from_shell and guard.permission is None:
            raise Forbidden("not_for_screens")
        if guard is INVOCATION:
            self._admit_event()
        elif guard is LIFECYCLE:
            g.connect_lifecycle_call = self._verifier.lifecycle_call(request.environ)
        elif guard is WEBHOOK:
            self._enforce_webhook()
        elif guard.permission is not None:
            page_call = self._verifier.page_call if guard.framed else self._verifier.script_call
            verify = self._edge.screen_call if from_shell else page_call
            g.connect_principal = verify(request.environ)
            self._require(guard.permission)

    @property
    def _edge(self) -> Forge:
        if self.forge is None:
            raise Unauthorized("not_a_forge_app")
        return self.forge

    def _admit_event(self) -> None:
        """Leaves the verified call, and the site as its caller."""
        g.connect_invocation, tenant = self._edge.event_call(request.environ)
        g.connect_principal = Principal(tenant, None)

    def _enforce_webhook(self) -> None:
        met = met_before(request.environ)
        if met is None:
            g.connect_principal = self._verifier.site_call(request.environ)
        else:
            g.connect_principal = met.principal
            raise met.error

    def _require_readable_query(self) -> None:
        query = request.query_string
        if not query.isascii() or len(query) > TARGET_LIMIT:
            request.query_string = b""  # the page that refuses looks there for its language
            raise BadRequest("bad_target")

    def _require(self, permission: Permission) -> None:
        object_id = (request.view_args or {}).get(permission.argument or "")
        if not self.permissions.allows(current_principal(), permission, object_id):
            raise Forbidden("no_permission")

    def _answer(self, error: ConnectError) -> ResponseReturnValue:
        """The one place where an error becomes an answer and a line in the log."""
        log_refusal(error)
        guard: Guard | None = g.get("connect_guard")
        if self._error_page is None or (guard is not None and guard.for_machines):
            return error_response(error)
        return self._error_page(error)

    def _of_webhooks(self) -> list[tuple[str, str]]:
        """The headers of the answer to a webhook, which are the same for every one."""
        answer = Response(status=204)
        self._headers.set_on(answer, WEBHOOK, None, static=False)
        return answer.get_wsgi_headers({}).to_wsgi_list()

    def _set_headers(self, response: Response) -> Response:
        principal: Principal | None = g.get("connect_principal")
        self._headers.set_on(
            response,
            g.get("connect_guard"),
            principal.tenant if principal is not None else None,
            static=is_static(current_app, request.endpoint) and response.status_code in (200, 206, 304),
        )
        return response


def _script(name: str) -> Markup:
    """The tag of one of our scripts."""
    return Markup('<script src="{}" defer></script>').format(url_for("connect.static", filename=name))


def error_response(error: ConnectError) -> Response:
    """`{"error": code}` with the error's status, and Retry-After where coming back can help. Nothing else is told."""
    response = jsonify(error=error.code)
    response.status_code = error.status
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def log_refusal(error: ConnectError) -> None:
    """Says why, for whoever runs this. Never a token, a secret, an address of a person or text of a caller."""
    principal: Principal | None = g.get("connect_principal")
    write = _log.error if error.reason in _ALARMS else _log.warning if error.status >= 500 else _log.info
    write(
        "connect_refused",
        reason=error.reason,
        status=error.status,
        method=request.method,
        endpoint=request.endpoint,
        tenant=principal.tenant.id if principal is not None else None,
    )
