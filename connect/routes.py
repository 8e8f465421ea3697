"""The routes of the platform: the descriptor, the two lifecycle calls, the webhooks and the post functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, g, json, request

from connect import lifecycle as lifecycle_calls
from connect.guards import current_principal, lifecycle, public, webhook
from connect.json_body import read_body
from connect.post_functions import parse_call
from connect.shortcut import PATH
from connect.webhooks import BODY_LIMIT

if TYPE_CHECKING:
    from connect.extension import Connect

blueprint = Blueprint("connect", __name__, static_folder="static", static_url_path="/connect/static")


def _connect() -> Connect:
    extension: Connect = current_app.extensions["connect"]
    return extension


@blueprint.get("/atlassian-connect.json")
@public
def descriptor() -> Response:
    return Response(json.dumps(_connect().descriptor), content_type="application/json; charset=utf-8")


@blueprint.post("/connect/installed")
@lifecycle
def installed() -> tuple[str, int]:
    _connect().lifecycle.installed(g.connect_lifecycle_call, read_body(lifecycle_calls.BODY_LIMIT))
    return "", 204


@blueprint.post("/connect/uninstalled")
@lifecycle
def uninstalled() -> tuple[str, int]:
    _connect().lifecycle.uninstalled(g.connect_lifecycle_call, read_body(lifecycle_calls.BODY_LIMIT))
    return "", 204


@blueprint.post(PATH)
@webhook
def events() -> tuple[str, int]:
    identifier = request.headers.get("X-Atlassian-Webhook-Identifier", "")
    _connect().receive(current_principal().tenant, identifier, read_body(BODY_LIMIT))
    return "", 204


@blueprint.post("/connect/post-function")
@webhook
def post_function() -> tuple[str, int]:
    """A rule of ours on a transition ran; Jira signs as for webhooks."""
    connect, principal = _connect(), current_principal()
    event = parse_call(read_body(BODY_LIMIT), principal.account_id, connect.clock())
    connect.take(principal.tenant, request.headers.get("X-Atlassian-Webhook-Identifier", ""), event)
    return "", 204
