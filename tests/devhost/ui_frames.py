"""What the scripts of a page ask for: signed addresses and tokens for frames, and the front-end files of others."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, request, send_file, url_for

from tests.devhost import forge, tokens, vendor
from tests.devhost.errors import BadRequest
from tests.devhost.frames import RULE_PAGE, Place, frame, place_for
from tests.devhost.ui_shell import devhost, me, pages, site

SHELL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors http://localhost:*"
)
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


@pages.get("/devhost/forge/<module_key>/<name>")
def forge_resource(module_key: str, name: str) -> Response:
    """A file of the app's static bundle, as Forge serves it: with the bridge put in, and nothing inline allowed."""
    app = site().forge or abort(404)
    path = app.shell / name
    if not path.is_file() or path.parent != app.shell:
        abort(404)
    if path.suffix != ".html":
        return send_file(path)
    bridge = f'<head>\n  <script src="{url_for("pages.static", filename="forge-bridge.js")}"></script>'
    answer = Response(path.read_text("utf-8").replace("<head>", bridge, 1), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = SHELL_POLICY
    return answer


@pages.post("/devhost/forge-call/<what>")
def forge_call(what: str) -> Response:
    """What the bridge asks for: ``context``, or ``invoke`` with {"path", "method", "headers", "body"}."""
    asked: Any = request.get_json(silent=True)
    app = site().forge
    if app is None or not isinstance(asked, dict) or what not in ("context", "invoke"):
        raise BadRequest("Expected an object with module, place and call.")
    module_key, variables = str(asked["module"]), asked["place"]
    place = place_for(site(), me().account_id, variables)
    frame(site(), module_key, me(), place)  # refuses a module that this person is not shown
    extension = forge_extension(place, variables)
    if what == "context":
        return jsonify(forge.context(site(), app, me(), module_key, extension))
    return jsonify(forge.invoke(site(), devhost().keys, me(), module_key, extension, asked["call"]))


def forge_extension(place: Place, variables: dict[str, str]) -> dict[str, Any]:
    """Where a screen stands, in the words of Forge."""
    found = place.claim().get("jira", {})
    if "issuetype" in found.get("issue", {}):
        found["issue"] = {**found["issue"], "type": site().issue_types[found["issue"]["issuetype"]["id"]].name}
    if "dashboard.id" in variables:
        found |= {"dashboard": {"id": variables["dashboard.id"]}, "gadget": {"id": variables["dashboardItem.id"]}}
    if RULE_PAGE in variables:
        found["entryPoint"] = variables[RULE_PAGE]
    return found | {name.replace(".c", "C"): value for name, value in variables.items() if name.endswith(".config")}


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
