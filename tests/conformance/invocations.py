"""Calls as Atlassian makes them for a Forge app: good ones, and all that attackers make of them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from jwt.algorithms import RSAAlgorithm

from connect.forge_keys import ATLASSIAN_INVOCATION_KEYS
from tests.conformance.internet import answer
from tests.conformance.target import APP_ID, Request, Target, with_json
from tests.connect.world import ADA, DROP, AtlassianKey

EVENTS, SCHEDULE, LEAVING, SCREENS = "/forge/events", "/forge/schedule", "/forge/leaving", "/forge/screens"
MACHINE_ROUTES = (EVENTS, "/forge/post-function", SCHEDULE, LEAVING)
ADMINISTRATION = {"method": "GET", "path": "/administration"}
UPDATED = "avi:jira:updated:issue"


@dataclass(frozen=True)
class Installation:
    """Our app on one site."""

    cloud_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    environment: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def id(self) -> str:
        return f"ari:cloud:ecosystem::installation/{self.uuid}"

    @property
    def api(self) -> str:
        return f"https://api.atlassian.com/ex/jira/{self.cloud_id}"

    @property
    def site_url(self) -> str:
        return f"https://site-{self.cloud_id[:8]}.atlassian.net"


def publish(app: Target, *keys: AtlassianKey) -> None:
    """Atlassian's set of keys, from now on."""
    body = key_set(*keys)
    app.internet.answers[ATLASSIAN_INVOCATION_KEYS] = lambda request: answer(request, 200, body)


def key_set(*keys: AtlassianKey, **more: Any) -> bytes:
    entries = [
        {**RSAAlgorithm.to_jwk(key.private.public_key(), as_dict=True), "kid": key.kid, "use": "sig", **more}
        for key in keys
    ]
    return json.dumps({"keys": entries}).encode()


def event_claims(target: Target, site: Installation, /, **changes: Any) -> dict[str, Any]:
    """Good claims of a trigger; `changes` replace or (DROP) remove some, `app` in part."""
    seconds = int(target.clock().timestamp())
    about_app = {
        "id": APP_ID,
        "installationId": site.id,
        "apiBaseUrl": site.api,
        "appVersion": "2.0.0",
        "environment": {
            "type": "PRODUCTION",
            "id": f"ari:cloud:ecosystem::environment/{APP_ID.rpartition('/')[2]}/{site.environment}",
        },
        "module": {"type": "core:endpoint", "key": "events"},
        "installation": {
            "id": site.id,
            "contexts": [{"name": "jira", "cloudId": site.cloud_id, "apiBaseUrl": site.api}],
        },
        **changes.pop("app", {}),
    }
    good = {
        "app": {name: value for name, value in about_app.items() if value is not DROP},
        "aud": APP_ID,
        "iss": "forge/invocation-token",
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + 25,
        "jti": uuid.uuid4().hex,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not DROP}


def screen_claims(target: Target, site: Installation, /, **changes: Any) -> dict[str, Any]:
    """Good claims of a screen."""
    context = {"cloudId": site.cloud_id, "siteUrl": site.site_url, "moduleKey": "administration"}
    return event_claims(target, site, **{"principal": ADA, "context": context, **changes})


def bearer(token: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in headers.items()}}


def event_body(site: Installation, **changes: Any) -> dict[str, Any]:
    moved = {"field": "status", "fieldId": "status", "from": "10000", "to": "10001"}
    fields = {"project": {"id": "10000", "key": "DEMO"}, "updated": "2026-11-20T11:59:58.123+0000"}
    issue = {"id": "10007", "key": "DEMO-7", "fields": fields}
    return {"eventType": UPDATED, "issue": issue, "changelog": {"items": [moved]}, "atlassianId": ADA, **changes}


def event(target: Target, site: Installation, token: str | None = None, route: str = EVENTS, /, **body: Any) -> Request:
    """A trigger, with a good token unless another is given."""
    token = target.key.sign(event_claims(target, site)) if token is None else token
    return with_json(Request("POST", route, bearer(token)), event_body(site, **body) if route == EVENTS else {})


def screen(app: Target, site: Installation, token: str | None = None, **call: Any) -> Request:
    """What the shell asks for, with a good token unless another is given."""
    token = app.key.sign(screen_claims(app, site)) if token is None else token
    handed = f"token-of-the-day-{site.uuid}"
    return with_json(Request("POST", SCREENS, bearer(token, x_forge_oauth_system=handed)), {**ADMINISTRATION, **call})
