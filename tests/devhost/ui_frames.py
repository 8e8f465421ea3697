"""What the scripts of a page ask for: signed addresses and tokens for frames, and the front-end files of others."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, request, send_file

from tests.devhost import tokens, vendor
from tests.devhost.errors import BadRequest
from tests.devhost.frames import frame, place_for
from tests.devhost.ui_shell import me, pages, site

CACHE_SECONDS = 60  # of scripts and style sheets: every page loads a dozen


@pages.get("/devhost/frame")
def fresh_frame() -> Response:
    """A module's frame again, or one that a dialog asks for: the host library calls this its content resolver."""
    place = place_for(site(), me().account_id, request.args)
    return jsonify(frame(site(), request.args.get("module", ""), me(), place))


@pages.post("/devhost/context-token")
def context_token() -> Response:
    """``{"token": …}`` for the person who is signed in, bound to the place that the frame stands in."""
    asked: Any = request.get_json(silent=True)
    if not isinstance(asked, dict) or not isinstance(asked.get("context"), dict):
        raise BadRequest("Expected an object with the context of the frame.")
    place = place_for(site(), me().account_id, asked["context"])
    frame(site(), str(asked.get("module")), me(), place)  # refuses a module that this person is not shown
    return jsonify(token=tokens.context_token(site(), me().account_id, place.claim()))


@pages.get("/devhost/vendor/<name>")
def vendor_script(name: str) -> Response:
    """The host library and jQuery, as they come."""
    if name not in vendor.SCRIPTS:
        abort(404)
    return send_file(vendor.SCRIPTS[name], mimetype="text/javascript")


@pages.get("/devhost/tokens.css")
def tokens_css() -> Response:
    """The design tokens for these pages."""
    return _text(vendor.tokens_css(), "text/css")


@pages.get("/atlassian-connect/all.js")
def all_js() -> Response:
    """The script for apps in frames, which fetches its style sheets from here and not from Atlassian."""
    return _text(vendor.all_js(request.host_url + "atlassian-connect"), "text/javascript")


@pages.get("/atlassian-connect/<path:name>")
def cdn_file(name: str) -> Response:
    """A style sheet that the script for apps asks for."""
    return _text(vendor.cdn_file(name) or abort(404), "text/css")


def _text(text: str, kind: str) -> Response:
    answer = Response(text, mimetype=kind)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.cache_control.max_age = CACHE_SECONDS
    answer.add_etag()
    return answer.make_conditional(request)
