"""The routes of the second edge: screens, triggers, the schedule, and the end. They exist where an app id is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, g, jsonify
from flask.typing import ResponseReturnValue

from connect.errors import BadRequest
from connect.forge_events import BODY_LIMIT, parse_trigger
from connect.forge_tunnel import SCREENS
from connect.guards import current_principal, invocation
from connect.json_body import read_body
from connect.post_functions import parse_call
from connect.tenants import Invocation

if TYPE_CHECKING:
    from connect.extension import Connect
    from connect.forge import Forge

blueprint = Blueprint("forge", __name__)


def _connect() -> Connect:
    extension: Connect = current_app.extensions["connect"]
    return extension


def _edge() -> tuple[Forge, Invocation]:
    """The edge, and the verified call that the guard has left."""
    forge = _connect().forge
    assert forge is not None
    return forge, g.connect_invocation


@blueprint.post(SCREENS)
@invocation
def screens() -> ResponseReturnValue:
    """Only calls that cannot be read come here: the others go where they say."""
    raise BadRequest("bad_call")


@blueprint.post("/forge/events")
@invocation
def events() -> ResponseReturnValue:
    connect = _connect()
    found = parse_trigger(read_body(BODY_LIMIT), g.connect_invocation.installation_id, connect.clock())
    if found is None:
        connect.count_ignored()
    else:
        key, event = found
        connect.deliver(current_principal().tenant, key, event)
    return _done()


@blueprint.post("/forge/post-function")
@invocation
def post_function() -> ResponseReturnValue:
    connect = _connect()
    event = parse_call(read_body(BODY_LIMIT), g.connect_invocation.account_id, connect.clock())
    connect.take(current_principal().tenant, "", event)
    return _done()


@blueprint.post("/forge/schedule")
@invocation
def schedule() -> ResponseReturnValue:
    """Nothing but the token that came with it, which the guard has kept already."""
    return _done()


@blueprint.post("/forge/leaving")
@invocation
def leaving() -> ResponseReturnValue:
    forge, call = _edge()
    forge.leave(call)
    return _done()


def _done() -> ResponseReturnValue:
    return jsonify(status="ok")  # Forge asks for JSON in every answer
