"""Connect's tokens from Jira's side, written from the rules alone: the app's own code must agree, not be shared.

Canonical request: ``METHOD&path&query``. The path is relative to the base path, without trailing slash and with
``&`` as ``%26``; the query is without ``jwt``, decoded and encoded again by RFC 3986, sorted by name, repeated
names joined by commas.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus, urlsplit

import jwt as pyjwt

from tests.devhost.errors import Unauthorized
from tests.devhost.records import InstalledApp

if TYPE_CHECKING:
    from tests.devhost.site import Site

CONTEXT_HASH = "context-qsh"
LIFETIME_SECONDS = 180
LEEWAY_SECONDS = 30


def canonical_request(method: str, target: str, base_path: str = "") -> str:
    """The text that is hashed. *target* is a raw request target (``/a/b?c=d``) or an absolute URL."""
    path, query = _split(target)
    base_path = base_path.rstrip("/")
    if base_path and (path == base_path or path.startswith(base_path + "/")):
        path = path[len(base_path) :]
    path = "/" + path.strip("/").replace("&", "%26")
    return "&".join([method.upper(), path, _canonical_query(query)])


def _split(target: str) -> tuple[str, str]:
    """Path and query exactly as they stand in the request."""
    if "://" in target.partition("?")[0]:
        rest = target.partition("://")[2]
        authority_end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
        target = rest[authority_end:]
    path, _, query = target.partition("#")[0].partition("?")
    return path, query


def _canonical_query(query: str) -> str:
    values: dict[str, list[str]] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        values.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    values.pop("jwt", None)
    # Values are sorted before they are encoded: an old oddity of the platform that became the rule.
    joined = [(_encode(name), ",".join(map(_encode, sorted(each)))) for name, each in values.items()]
    return "&".join(f"{name}={value}" for name, value in sorted(joined))


def _encode(text: str) -> str:
    return quote(text, safe="-._~")


def query_hash(method: str, target: str, base_path: str = "") -> str:
    """The ``qsh`` claim: SHA-256 of the canonical request, in hex."""
    return hashlib.sha256(canonical_request(method, target, base_path).encode()).hexdigest()


def hs256(
    site: Site,
    method: str,
    url: str,
    *,
    account_id: str | None = None,
    context: dict[str, Any] | None = None,
    lifetime_seconds: int = LIFETIME_SECONDS,
    secret: str | None = None,
    **claims: Any,
) -> str:
    """A token of the site for one request to the app: page, webhook.

    *url* is the full URL at the app. Extra *claims* replace the normal ones, None removes one; *secret* replaces the
    shared secret: both for attacks.
    """
    app = installed(site)
    expected = {"qsh": query_hash(method, url, base_path(app.base_url))}
    return _sign(site, app, account_id, context, lifetime_seconds, secret, expected | claims)


def context_token(
    site: Site,
    account_id: str | None,
    context: dict[str, Any] | None = None,
    *,
    lifetime_seconds: int = LIFETIME_SECONDS,
    secret: str | None = None,
    **claims: Any,
) -> str:
    """What ``AP.context.getToken`` gives: bound to user and context, not to a request.

    *context* is the ``context`` claim, e.g. ``{"jira": {"project": {"id": "10000", "key": "DEMO"}}}``.
    """
    fixed = {"qsh": CONTEXT_HASH}
    return _sign(site, installed(site), account_id, context, lifetime_seconds, secret, fixed | claims)


def _sign(
    site: Site,
    app: InstalledApp,
    account_id: str | None,
    context: dict[str, Any] | None,
    lifetime_seconds: int,
    secret: str | None,
    claims: dict[str, Any],
) -> str:
    now = int(site.token_clock().timestamp())
    normal = {"iss": site.client_key, "sub": account_id, "iat": now, "exp": now + lifetime_seconds, "context": context}
    given = {name: value for name, value in (normal | claims).items() if value is not None}
    return pyjwt.encode(given, secret or app.shared_secret, algorithm="HS256")


def signed_url(site: Site, url: str, account_id: str | None, context: dict[str, Any] | None = None) -> str:
    """*url* of a page at the app with its token as the query parameter ``jwt``."""
    token = hs256(site, "GET", url, account_id=account_id, context=context)
    return f"{url}{'&' if '?' in url else '?'}jwt={token}"


def installed(site: Site) -> InstalledApp:
    """The installed app; `LookupError` when there is none."""
    if site.app is None:
        raise LookupError(f"No app is installed on {site.name}")
    return site.app


def base_path(base_url: str) -> str:
    """The path part of a base URL, without trailing slash."""
    return urlsplit(base_url).path.rstrip("/")


def new_secret() -> str:
    """A shared secret as Jira makes them: long and random."""
    return f"shared-secret-{secrets.token_urlsafe(36)}"  # the mark lets a test find it where it must not be


def verify_app_call(site: Site, token: str, method: str, target: str) -> None:
    """Check a token with which the app calls Jira; `Unauthorized` with the reason if it is not in order.

    Required: HS256 with the shared secret, ``iss`` = app key, ``aud`` (if given) holds the client key, ``iat``,
    ``exp`` not passed and at most an hour ahead, ``qsh`` of exactly this request.
    """
    if site.app is None or not site.app.enabled or site.app.forge:
        raise Unauthorized("The app is not installed or not enabled.")
    try:
        claims = pyjwt.decode(
            token,
            site.app.shared_secret,
            algorithms=["HS256"],
            options={
                "require": ["iss", "iat", "exp", "qsh"],
                "verify_aud": False,
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except pyjwt.InvalidTokenError as error:
        raise Unauthorized(f"JWT refused: {error}") from None
    _verify_claims(site, claims, query_hash(method, target, base_path(site.base_url)))


def _verify_claims(site: Site, claims: dict[str, Any], expected_hash: str) -> None:
    audience = claims.get("aud")
    audiences: Sequence[str] = [audience] if isinstance(audience, str) else audience or [site.client_key]
    if claims["iss"] != installed(site).key:
        raise Unauthorized("JWT refused: the issuer is not the key of an installed app")
    if site.client_key not in audiences:
        raise Unauthorized("JWT refused: the audience is another site")
    now = site.token_clock().timestamp()
    if not all(isinstance(claims[name], (int, float)) for name in ("iat", "exp")):
        raise Unauthorized("JWT refused: its times are not numbers")
    if not claims["iat"] - LEEWAY_SECONDS <= now <= claims["exp"] + LEEWAY_SECONDS:
        raise Unauthorized("JWT refused: expired, or issued in the future")
    if claims["exp"] - claims["iat"] > 3600:
        raise Unauthorized("JWT refused: valid for more than an hour")
    if claims["qsh"] != expected_hash:
        raise Unauthorized("JWT refused: the query hash does not belong to this request")
