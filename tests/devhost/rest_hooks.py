"""REST: the webhooks that the calling app has registered. Only Connect apps (and OAuth 2.0 ones, which there are none of)."""

from __future__ import annotations

from flask import Blueprint, Response

from tests.devhost import hooks
from tests.devhost.errors import Forbidden
from tests.devhost.rest import answer, caller, empty, json_body, page_of, site

api = Blueprint("rest_hooks", __name__)
WEBHOOK = "/rest/api/<any('2', '3', 'latest'):version>/webhook"


def _require_app() -> None:
    if not caller().is_app or caller().by_token:
        raise Forbidden("Only Connect and OAuth 2.0 apps can use this operation.")


@api.get(WEBHOOK)
def list_hooks(version: str) -> Response:
    """By id, those that have expired left out."""
    _require_app()
    living = [hook.written() for hook in site().hooks.values() if hook.expires_at > site().clock()]
    return answer(page_of(living, default_size=100))


@api.post(WEBHOOK)
def register_hooks(version: str) -> Response:
    """200 whatever becomes of each of them."""
    _require_app()
    body = json_body()
    return answer({"webhookRegistrationResult": hooks.register(site(), body["url"], body["webhooks"])})


@api.delete(WEBHOOK)
def delete_hooks(version: str) -> Response:
    """202: Jira removes them when it gets to it."""
    _require_app()
    hooks.delete(site(), json_body()["webhookIds"])
    return empty(202)


@api.put(f"{WEBHOOK}/refresh")
def refresh_hooks(version: str) -> Response:
    """All live for thirty more days."""
    _require_app()
    until = hooks.refresh(site(), json_body()["webhookIds"])
    return answer({"expirationDate": int(until.timestamp() * 1000)})
