"""What an invocation token says, once all that it says fits together. Pure checks, no request, no clock of their own.

Claims: developer.atlassian.com, "Forge Remote essentials". Each check raises Unauthorized with the word for the log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connect import claims as policy
from connect.errors import Unauthorized
from connect.tenants import Invocation
from connect.tokens import read_token

ISSUER = "forge/invocation-token"
TOKEN_LIMIT = 32_768  # it carries the whole context of the page
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
APP_ID = re.compile(f"ari:cloud:ecosystem::app/{_UUID}")
_INSTALLATION_ID = re.compile(f"ari:cloud:ecosystem::installation/{_UUID}")
_ENVIRONMENT_ID = re.compile(f"ari:cloud:ecosystem::environment/(?:{_UUID}/)?({_UUID})")
_CLOUD_ID = re.compile(_UUID)
_API = re.compile(f"https://api\\.atlassian\\.com/ex/jira/({_UUID})")
_LOCAL_API = re.compile(f"http://localhost:[1-9][0-9]{{1,4}}/ex/jira/({_UUID})")
_SITE_URL = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[1-9][0-9]{0,4})?")
_LOCAL_SITE_URL = re.compile(r"http://localhost:[1-9][0-9]{1,4}")
_ENDPOINT = "core:endpoint"  # what triggers and schedules call by; screens name their own kind, or bring a context
_DEFAULT_TOKEN_SECONDS = 600  # of a token that does not say when it ends


def full_app_id(text: str) -> str:
    """The app's ARI from itself or from its UUID alone. ValueError for anything else."""
    found = text if text.startswith("ari:") else f"ari:cloud:ecosystem::app/{text}"
    if not APP_ID.fullmatch(found):
        raise ValueError("not an app id")
    return found


def read_invocation(claims: Mapping[str, Any], app_id: str, now: datetime, *, development: bool) -> Invocation:
    """The invocation that claims, whose signature is checked elsewhere, are about.

    `wrong_issuer`, `wrong_audience`, `missing_claim`, `bad_claim`, `expired`, `not_yet_valid`, `lifetime_too_long`,
    `wrong_api` (not Jira in production), `ids_disagree`.
    """
    if claims.get("iss") != ISSUER:
        raise Unauthorized("wrong_issuer")
    policy.check_audience(claims, {app_id}, required=True)
    policy.check_times(claims, now)
    app, context = _part(claims, "app"), _part(claims, "context", required=False)
    if app.get("id") != app_id:
        raise Unauthorized("ids_disagree")
    api_base_url, cloud_id = _api(app, development=development)
    _require_one_site(app, context, cloud_id)
    return Invocation(
        installation_id=_installation(app),
        cloud_id=cloud_id,
        api_base_url=api_base_url,
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        site_url=_site_url(context, development=development),
        account_id=policy.account_id({"sub": claims.get("principal")}),
        context=_place(context),
        environment_id=_environment(app),
        from_screen=bool(context) or _part(app, "module", required=False).get("type", _ENDPOINT) != _ENDPOINT,
    )


def _part(claims: Mapping[str, Any], name: str, *, required: bool = True) -> Mapping[str, Any]:
    found = claims.get(name)
    if found is None and not required:
        return {}
    if not isinstance(found, dict):
        raise Unauthorized("missing_claim" if found is None else "bad_claim")
    return found


def _api(app: Mapping[str, Any], *, development: bool) -> tuple[str, str]:
    """Where we may call, and the site's id, which is part of it. Nothing is parsed or repaired."""
    address = app.get("apiBaseUrl")
    text = address if isinstance(address, str) else ""
    match = _API.fullmatch(text) or (_LOCAL_API.fullmatch(text) if development else None)
    if match is None:
        raise Unauthorized("wrong_api")
    return match[0], match[1]


def _installation(app: Mapping[str, Any]) -> str:
    """Said in two places, of which an old token may lack one."""
    nested = _part(app, "installation", required=False).get("id")
    said = {each for each in (nested, app.get("installationId")) if each is not None}
    if len(said) != 1:
        raise Unauthorized("ids_disagree" if said else "missing_claim")
    (found,) = said
    if not isinstance(found, str) or not _INSTALLATION_ID.fullmatch(found):
        raise Unauthorized("bad_claim")
    return found


def _environment(app: Mapping[str, Any]) -> str:
    """For links only, so that nobody is refused for it."""
    about = app.get("environment")
    match = _ENVIRONMENT_ID.fullmatch(str(about.get("id"))) if isinstance(about, dict) else None
    return match[1] if match else ""


def _require_one_site(app: Mapping[str, Any], context: Mapping[str, Any], cloud_id: str) -> None:
    """Every place that names the site names the same one."""
    contexts = _part(app, "installation", required=False).get("contexts", [])
    if not isinstance(contexts, list) or not all(isinstance(each, dict) for each in contexts):
        raise Unauthorized("bad_claim")
    named = [context.get("cloudId")]
    for each in contexts:
        if str(each.get("name", "jira")).lower() == "jira":
            named.append(each.get("cloudId"))
            if each.get("apiBaseUrl") not in (None, app["apiBaseUrl"]):
                raise Unauthorized("ids_disagree")
    if any(each not in (None, cloud_id) for each in named):
        raise Unauthorized("ids_disagree")


def _site_url(context: Mapping[str, Any], *, development: bool) -> str | None:
    found = context.get("siteUrl")
    patterns = (_SITE_URL, _LOCAL_SITE_URL) if development else (_SITE_URL,)
    return found if isinstance(found, str) and any(each.fullmatch(found) for each in patterns) else None


def _place(context: Mapping[str, Any]) -> dict[str, str]:
    """What the user is looking at: a hint, as far as it is well-formed."""
    extension = context.get("extension")
    return policy.context({"context": {"jira": extension if isinstance(extension, dict) else {}}})


def token_end(token: str, now: datetime) -> datetime:
    """When a token that was handed to us ends, by its own word: it is not for us to verify, and lying helps nobody."""
    try:
        expires_at = read_token(token, TOKEN_LIMIT).claims.get("exp")
        if type(expires_at) is int and 0 < expires_at < 4_102_444_800:
            return datetime.fromtimestamp(expires_at, UTC)
    except Unauthorized:
        pass
    return datetime.fromtimestamp(int(now.timestamp()) + _DEFAULT_TOKEN_SECONDS, UTC)
