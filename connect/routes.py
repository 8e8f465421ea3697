"""The four routes of the platform: the descriptor, the two lifecycle calls and the webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, g, json

from connect import lifecycle as lifecycle_calls
from connect import webhooks
from connect.guards import lifecycle, public, webhook
from connect.json_body import read_body

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


@blueprint.post("/connect/events")
@webhook
def events() -> tuple[str, int]:
    connect = _connect()
    event = webhooks.parse_event(read_body(webhooks.BODY_LIMIT), connect.clock())
    if event is None:
        connect.count_ignored()
    else:
        connect.deliver(event)
    return "", 204
