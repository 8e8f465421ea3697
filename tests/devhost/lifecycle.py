"""Installing and removing the app, signed with keys of our own as Atlassian signs with theirs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt as pyjwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.devhost.descriptors import DescriptorRefused, check_descriptor
from tests.devhost.records import InstalledApp, Json, WireEntry
from tests.devhost.site import Site
from tests.devhost.tokens import LIFETIME_SECONDS, base_path, new_secret, query_hash

TIMEOUT_SECONDS = (5, 20)
APP_GROUP = "atlassian-addons"


class InstallRefused(Exception):
    """The app could not be installed; the message says why, for the administrator."""


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


_first_key = cache(_new_key)  # one for all Devhosts of a process: making one takes longer than starting one


@dataclass
class AtlassianKeys:
    """Atlassian's signing keys: private here, public at ``/install-keys/<kid>`` as PEM."""

    private: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.private:
            self.private = {str(uuid.uuid4()): _first_key()}

    @property
    def current(self) -> str:
        """Id of the newest key."""
        return next(reversed(self.private))

    def rotate(self) -> str:
        """Add a key, use it from now on and return its id; older ones stay readable."""
        kid = str(uuid.uuid4())
        self.private[kid] = _new_key()
        return kid

    def public_pem(self, kid: str) -> str | None:
        """The public key as PEM text, or None for an unknown id."""
        key = self.private.get(kid)
        if key is None:
            return None
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return key.public_key().public_bytes(encoding, form).decode()

    def jwks(self) -> Json:
        """The public keys as a set of JSON Web Keys."""
        keys = [
            {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in self.private.items()
        ]
        return {"keys": keys}

    def sign(self, claims: Json, kid: str | None = None) -> str:
        """An RS256 token with the key's id in its header."""
        kid = kid or self.current
        return pyjwt.encode(claims, self.private[kid], algorithm="RS256", headers={"kid": kid})


def rs256_install_token(keys: AtlassianKeys, site: Site, url: str, audience: str, **claims: Any) -> str:
    """The token of a lifecycle POST to *url*. Extra *claims* replace the normal ones, None removes one: for attacks."""
    now = int(site.token_clock().timestamp())
    normal = {
        "iss": site.client_key,
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "qsh": query_hash("POST", url, base_path(audience)),
    }
    return keys.sign({name: value for name, value in (normal | claims).items() if value is not None})


def fetch_descriptor(url: str) -> Json:
    """The descriptor at *url*; `InstallRefused` when it cannot be had."""
    try:
        answer = requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        descriptor = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise InstallRefused(f"The descriptor could not be read from {url}: {error}") from None
    if answer.status_code != 200 or not isinstance(descriptor, dict):
        raise InstallRefused(f"There is no descriptor at {url}")
    return descriptor


def install(site: Site, keys: AtlassianKeys, descriptor_url: str) -> InstalledApp:
    """Install, or install again with a new secret: fetch, check, POST ``installed``, and only then keep it.

    Raises `InstallRefused` when the descriptor is wrong or the app does not answer 200 or 204; the site then stays
    as it was.
    """
    descriptor = fetch_descriptor(descriptor_url)
    try:
        check_descriptor(descriptor)
    except DescriptorRefused as error:
        raise InstallRefused(f"The descriptor was refused: {error}") from None
    if site.app is not None and site.app.key != descriptor["key"]:
        raise InstallRefused(f"The app {site.app.key} is installed; this site holds one at a time.")
    app = _prepare(site, descriptor)
    _tell(site, keys, app, "installed", installed_body(site, app))
    _keep(site, app)
    return app


def reinstall(site: Site, keys: AtlassianKeys) -> InstalledApp:
    """Install the same app again from its own descriptor (``links.self`` or the usual place)."""
    if site.app is None:
        raise InstallRefused("No app is installed.")
    default = f"{site.app.base_url}/atlassian-connect.json"
    return install(site, keys, site.app.descriptor.get("links", {}).get("self", default))


def _prepare(site: Site, descriptor: Json) -> InstalledApp:
    before = site.app if site.app is not None and not site.app.forge else None
    return InstalledApp(
        key=descriptor["key"],
        base_url=descriptor["baseUrl"].rstrip("/"),
        descriptor=descriptor,
        shared_secret=new_secret(),
        oauth_client_id=before.oauth_client_id if before else str(uuid.uuid4()),
        account_id=f"557058:{uuid.uuid5(uuid.NAMESPACE_URL, site.client_key + descriptor['key'])}",
        installed_at=site.clock(),
    )


def installed_body(site: Site, app: InstalledApp) -> Json:
    """The body of ``installed``."""
    return lifecycle_body(site, app, "installed") | {
        "sharedSecret": app.shared_secret,
        "oauthClientId": app.oauth_client_id,
    }


def lifecycle_body(site: Site, app: InstalledApp, event: str) -> Json:
    """What the bodies of all lifecycle events have; no ``cloudId``, as with Jira."""
    return {
        "key": app.key,
        "clientKey": site.client_key,
        "serverVersion": "100290",
        "pluginsVersion": "1001.0.0-SNAPSHOT",
        "baseUrl": site.base_url,
        "displayUrl": site.display_url,
        "productType": "jira",
        "description": f"Local stand-in for Jira: {site.name}",
        "eventType": event,
    }


def _tell(site: Site, keys: AtlassianKeys, app: InstalledApp, event: str, body: Json) -> None:
    """POST one lifecycle event, if the app asked for it; `InstallRefused` unless the answer is 200 or 204."""
    path = app.descriptor.get("lifecycle", {}).get(event)
    if path is None:
        return
    url = app.base_url + path
    answer = post_lifecycle(site, url, body, rs256_install_token(keys, site, url, app.base_url))
    if answer is None or answer.status_code not in (200, 204):
        got = "no answer" if answer is None else f"HTTP {answer.status_code}: {answer.text[:200]}"
        raise InstallRefused(f"The app refused “{event}” ({got}).")


def post_lifecycle(site: Site, url: str, body: Json, token: str) -> requests.Response | None:
    """POST *body* with any token (also a forged one) and record it; None when no answer came."""
    headers = {"Authorization": f"JWT {token}"}
    entry = site.record(WireEntry(at=site.clock(), direction="to app", method="POST", url=url, note=body["eventType"]))
    entry.request_body = str(body | {"sharedSecret": "…"} if "sharedSecret" in body else body)
    try:
        answer = requests.post(url, json=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        entry.note += f": {type(error).__name__}"
        return None
    entry.status, entry.response_body = answer.status_code, answer.text[:2000]
    return answer


def _keep(site: Site, app: InstalledApp) -> None:
    with site.lock:
        site.app = app
        if app.account_id not in site.users:
            name, mail = app.descriptor.get("name", app.key), f"{app.key}@connect.example"
            site.add_user(
                name, mail, account_id=app.account_id, account_type="app", groups={APP_GROUP}, time_zone="UTC"
            )
        site.users[app.account_id].active = True


def uninstall(site: Site, keys: AtlassianKeys) -> None:
    """Remove the app, then tell it. As in Jira, its answer does not matter; app properties go, issue properties stay."""
    app = site.app
    if app is None:
        return
    with site.lock:
        site.app = None
        site.app_properties.clear()
        site.hooks.clear()
        site.users[app.account_id].active = False
    try:
        _tell(site, keys, app, "uninstalled", lifecycle_body(site, app, "uninstalled"))
    except InstallRefused as error:
        site.wire[-1].note += f" ({error})"
