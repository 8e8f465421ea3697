"""The other way to install the app: as a Forge app with its own manifest, called with tokens that say who is calling.

Written from Forge's documents alone, like the Connect side. Keys, tokens and ids are of our own making.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt as pyjwt
import requests
import yaml

from tests.devhost import forge_modules
from tests.devhost.lifecycle import APP_GROUP, AtlassianKeys, InstallRefused
from tests.devhost.records import InstalledApp, Json, User, WireEntry
from tests.devhost.site import Site

TIMEOUT_SECONDS = {"screen": 25, "event": 5}
TOKEN_LIFE = timedelta(hours=2)
INVOCATION_SECONDS = 25
ISSUER = "forge/invocation-token"


@dataclass
class ForgeApp:
    """What the site knows about the app while it is installed by Forge. `shell` is the folder of its static bundle."""

    manifest: Json
    shell: Path
    account_id: str
    installed_at: datetime
    installation: str = field(default_factory=lambda: str(uuid.uuid4()))
    environment: str = field(default_factory=lambda: str(uuid.uuid4()))
    tokens: dict[str, datetime] = field(default_factory=dict)  # what was handed out, and until when it is good
    gives_tokens: bool = True

    @property
    def id(self) -> str:
        return str(self.manifest["app"]["id"])

    @property
    def place(self) -> str:
        """What stands for this deployment in the addresses of its pages."""
        return f"{self.id.rpartition('/')[2]}/{self.environment}"

    @property
    def remote(self) -> str:
        """Address of the app's server, without slash at the end."""
        return str(self.manifest["remotes"][0]["baseUrl"]).rstrip("/")

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.manifest["permissions"]["scopes"])

    def modules(self, kind: str) -> list[Json]:
        found: list[Json] = self.manifest["modules"].get(kind, [])
        return found

    def endpoint(self, key: str) -> Json:
        """The endpoint with that key; `LookupError` where the manifest has none."""
        found = next((each for each in self.modules("endpoint") if each["key"] == key), None)
        if found is None:
            raise LookupError(f"The manifest has no endpoint {key}")
        return found


def api_url(site: Site) -> str:
    """Where calls with Forge's tokens go."""
    return f"{site.base_url}/ex/jira/{site.cloud_id}"


def claims(site: Site, app: ForgeApp, module: Json, **more: Any) -> Json:
    """Of an invocation token. `module` is {"type", "key"} of what calls; extra claims are added, None removes one."""
    now = int(site.token_clock().timestamp())
    installation = f"ari:cloud:ecosystem::installation/{app.installation}"
    about = {
        "id": app.id,
        "installationId": installation,
        "apiBaseUrl": api_url(site),
        "appVersion": "1.0.0",
        "environment": {"type": "PRODUCTION", "id": f"ari:cloud:ecosystem::environment/{app.place}"},
        "module": module,
        "installation": {"id": installation, "contexts": [{"name": "jira", "apiBaseUrl": api_url(site)}]},
    }
    fixed = {"app": about, "aud": app.id, "iss": ISSUER, "iat": now, "nbf": now, "exp": now + INVOCATION_SECONDS}
    given = fixed | {"jti": uuid.uuid4().hex} | more
    return {name: value for name, value in given.items() if value is not None}


def system_token(site: Site, app: ForgeApp) -> str:
    """A token for calls as the app, good for two hours."""
    ends_at = site.token_clock() + TOKEN_LIFE
    token = pyjwt.encode({"exp": int(ends_at.timestamp()), "n": secrets.token_hex(8)}, secrets.token_bytes(32))
    app.tokens[token] = ends_at
    return token


def headers(site: Site, keys: AtlassianKeys, app: ForgeApp, endpoint: str, said: Json) -> dict[str, str]:
    """Of one call of an endpoint: Atlassian's word on it, and the token that the manifest asks for."""
    found = {"Authorization": f"Bearer {keys.sign(said)}", "Content-Type": "application/json"}
    found |= {"x-b3-traceid": secrets.token_hex(16), "x-b3-spanid": secrets.token_hex(8)}
    if app.gives_tokens and app.endpoint(endpoint).get("auth", {}).get("appSystemToken", {}).get("enabled"):
        found["x-forge-oauth-system"] = system_token(site, app)
    return found


def install(site: Site, keys: AtlassianKeys, folder: Path, *, key: str = "rapport-jira") -> ForgeApp:
    """Deploy and install what lies in `folder`; the app hears of it by a trigger.

    `key` stands in the addresses of its pages here. Beside an app that was installed by its descriptor, which stays.
    """
    manifest = yaml.safe_load((folder / "manifest.yml").read_text("utf-8"))
    shell = folder / str(manifest["resources"][0]["path"])
    if not (shell / "index.html").is_file():
        raise InstallRefused(f"The resource {shell.name} has no index.html.")
    account_id = f"557058:{uuid.uuid5(uuid.NAMESPACE_URL, site.client_key + manifest['app']['id'])}"
    app = ForgeApp(manifest, shell, account_id, site.clock())
    with site.lock:
        site.forge = app
        if site.app is None:
            site.app = _face(site, app, key)
        _give_account(site, app)
    site.events.forge_keys = keys
    site.events.tell_forge(
        "avi:forge:installed:app", {"id": app.installation, "app": {"id": app.id, "version": "1.0.0"}}
    )
    return app


def _face(site: Site, app: ForgeApp, key: str) -> InstalledApp:
    """The app as the pages of this stand-in know apps."""
    return InstalledApp(
        key=key,
        base_url=app.remote,
        descriptor=forge_modules.descriptor_of(app.manifest, key),
        shared_secret="",
        oauth_client_id="",
        account_id=app.account_id,
        installed_at=app.installed_at,
        forge=True,
    )


def _give_account(site: Site, app: ForgeApp) -> None:
    if app.account_id not in site.users:
        more = {"account_type": "app", "groups": {APP_GROUP}, "time_zone": "UTC"}
        site.add_user("Rapport", f"{app.installation}@forge.example", account_id=app.account_id, **more)
    site.users[app.account_id].active = True


def uninstall(site: Site, keys: AtlassianKeys) -> int | None:
    """Tell the app, then remove it; status of its answer. Pages of a Connect app come back where there is one."""
    app = _installed(site)
    status = None
    for module in app.modules("preUninstall"):
        status = _post(site, keys, app, module["endpoint"], {"reason": "uninstall"}).status_code
    with site.lock:
        site.forge = None
        if site.app is not None and site.app.forge:
            site.app = None
    return status


def run_schedule(site: Site, keys: AtlassianKeys) -> list[int]:
    """An hour has passed: the statuses of the app's answers."""
    app = _installed(site)
    return [
        _post(site, keys, app, each["endpoint"], {"key": each["key"]}).status_code
        for each in app.modules("scheduledTrigger")
    ]


def _post(site: Site, keys: AtlassianKeys, app: ForgeApp, endpoint: str, body: Json) -> requests.Response:
    said = claims(site, app, {"type": "core:endpoint", "key": endpoint})
    url = app.remote + app.endpoint(endpoint)["route"]["path"]
    entry = site.record(WireEntry(at=site.clock(), direction="to app", method="POST", url=url, note=endpoint))
    found = requests.post(
        url,
        json=body,
        headers=headers(site, keys, app, endpoint, said),
        timeout=TIMEOUT_SECONDS["event"],
        allow_redirects=False,
    )
    entry.status = found.status_code
    return found


def invoke(site: Site, keys: AtlassianKeys, user: User, module_key: str, place: Json, call: Mapping[str, Any]) -> Json:
    """What `invokeRemote` of the bridge does: the browser says where and what, Atlassian says who.

    `place` is the context's extension. Returns {"status", "headers", "body"}.
    """
    app = _installed(site)
    kind, module = forge_modules.find(app.manifest, module_key)
    endpoint = module["resolver"]["endpoint"]
    said = claims(
        site,
        app,
        {"type": kind, "key": module_key},
        principal=user.account_id,
        context=context(site, app, user, module_key, place),
    )
    sent = headers(site, keys, app, endpoint, said)
    allowed = {name: value for name, value in call.get("headers", {}).items() if name.lower() not in _RESERVED}
    entry = site.record(
        WireEntry(
            at=site.clock(), direction="to app", method=call["method"], url=app.remote + call["path"], note=module_key
        )
    )
    entry.request_body = str(call.get("body"))[:2000]
    found = requests.request(
        call["method"], app.remote + call["path"], json=call.get("body"), headers={**allowed, **sent},
        timeout=TIMEOUT_SECONDS["screen"], allow_redirects=False,
    )  # fmt: skip
    entry.status, entry.response_body = found.status_code, found.text[:2000]
    if found.headers.get("Content-Type", "").partition(";")[0] != "application/json":
        entry.problems.append("response: Forge takes application/json only")
    return {"status": found.status_code, "headers": dict(found.headers), "body": found.json()}


_RESERVED = {"authorization", "x-forge-oauth-system", "x-forge-oauth-user", "x-b3-traceid", "x-b3-spanid", "host"}


def context(site: Site, app: ForgeApp, user: User, module_key: str, place: Json) -> Json:
    """What a screen knows about itself, and what its token says of it."""
    kind, module = forge_modules.find(app.manifest, module_key)
    return {
        "cloudId": site.cloud_id,
        "siteUrl": site.base_url,
        "moduleKey": module["key"],
        "accountId": user.account_id,
        "locale": user.locale,
        "timezone": user.time_zone,
        "localId": f"ari:cloud:ecosystem::extension/{app.environment}/{module_key}",
        "environmentType": "PRODUCTION",
        "extension": {"type": kind, **place},
    }


def _installed(site: Site) -> ForgeApp:
    if site.forge is None:
        raise LookupError(f"No Forge app is installed on {site.name}")
    return site.forge


def find_account(site: Site, token: str) -> str | None:
    """The app's account, where the token was handed out and is still good."""
    app = site.forge
    good = app is not None and app.tokens.get(token, site.token_clock()) > site.token_clock()
    return app.account_id if good and app is not None else None
