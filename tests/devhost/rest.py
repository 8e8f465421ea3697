"""The door of the REST API: who calls, may they, is it what Atlassian's document says, and what went over the wire."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as RouteNotFound

from tests.devhost.contract import Contract, Operation, read_json
from tests.devhost.errors import BadRequest, Forbidden, JiraError, Unauthorized, UnsupportedMediaType
from tests.devhost.forge import find_account
from tests.devhost.records import Json, WireEntry
from tests.devhost.site import Site
from tests.devhost.tokens import installed, verify_app_call

log = logging.getLogger("devhost")
JSON_TYPE = "application/json;charset=UTF-8"  # to the letter: a client library loses the message of any other type
PREFIXES = ("/rest/", "/_edge/")
SERVICE_DESK = "/rest/servicedeskapi/"
FORGE_CALL = "devhost.forge"  # a key of the WSGI environment
KEPT_CHARACTERS = 4000  # of each body in the wire log
BODY_LIMIT = 1_000_000
IMPLIED_SCOPES = {
    "READ": {"READ"},
    "WRITE": {"READ", "WRITE"},
    "DELETE": {"READ", "WRITE", "DELETE"},
    "PROJECT_ADMIN": {"READ", "WRITE", "DELETE", "PROJECT_ADMIN"},
    "ADMIN": {"READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"},
}


@dataclass(frozen=True)
class Caller:
    """Who calls: the app itself, a person through the app's page (``AP.request``), a person, or nobody."""

    account_id: str | None
    is_app: bool = False
    scoped: bool = False  # limited by the scopes of the app's descriptor
    by_token: bool = False  # as the app, with a token that Forge handed out; limited by the scopes of its manifest


def site() -> Site:
    """The site of the request."""
    found: Site = g.site
    return found


def caller() -> Caller:
    """The caller of the request."""
    found: Caller = g.caller
    return found


def actor() -> str:
    """Account id of the caller; `Unauthorized` for nobody."""
    if caller().account_id is None:
        raise Unauthorized("Client must be authenticated to access this resource.")
    return str(caller().account_id)


def is_version_3() -> bool:
    """Version 3 of the API (rich text as documents), not 2 (as text)."""
    return "/rest/api/2/" not in request.path


def answer(body: Any, status: int = 200) -> Response:
    """JSON with the content type that Jira sends."""
    return Response(json.dumps(body), status, content_type=JSON_TYPE)


def empty(status: int = 204) -> Response:
    """No body, no content type."""
    response = Response(b"", status)
    del response.headers["Content-Type"]
    return response


def json_body() -> Json:
    """The JSON object of the body; `BadRequest` for anything else."""
    try:
        value = read_json(request.get_data())
    except ValueError:
        raise BadRequest("There was an error parsing JSON. Check that your request body is valid.") from None
    if not isinstance(value, dict):
        raise BadRequest("Invalid request payload. Refer to the REST API documentation and try again.")
    return value


def page_of(items: list[Any], *, default_size: int = 50) -> Json:
    """The part that ``startAt`` and ``maxResults`` ask for, with its place in the whole."""
    start, size = number_argument("startAt", 0), number_argument("maxResults", default_size)
    return {
        "self": f"{site().base_url}{request.full_path.rstrip('?')}",
        "maxResults": size,
        "startAt": start,
        "total": len(items),
        "isLast": start + size >= len(items),
        "values": items[start : start + size],
    }


def number_argument(name: str, default: int) -> int:
    """A whole number ≥ 0 from the query, `BadRequest` for anything else."""
    text = request.args.get(name, str(default))
    if not text.isdigit():
        raise BadRequest(f"'{text}' is not a valid value for {name}.")
    return int(text)


def list_argument(name: str) -> list[str]:
    """A list from the query, repeated or separated by commas."""
    return [part for value in request.args.getlist(name) for part in value.split(",") if part]


def attach_rest(
    app: Flask, blueprints: list[Blueprint], the_site: Site, load_contract: Callable[[], Contract | None]
) -> None:
    """Put the REST API of one site into its Flask app. The contract is loaded by the first call."""
    for blueprint in blueprints:
        app.register_blueprint(blueprint)

    @app.before_request
    def begin() -> Response | None:
        g.site = the_site
        if not request.path.startswith(PREFIXES):
            return None
        g.started, g.contract = time.perf_counter(), load_contract()
        contract: Contract | None = g.contract
        g.operation = contract.operation(request.method, request.path) if contract else None
        g.entry = _open_entry(the_site)
        _check_request(contract)
        return _fault() or _admit()

    @app.after_request
    def finish(response: Response) -> Response:
        if "entry" in g:
            _close_entry(g.entry, g.contract, response)
        return response

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if g.pop("locked", False):
            the_site.lock.release()

    app.wsgi_app = ForgeGateway(app.wsgi_app, the_site)  # type: ignore[method-assign]
    app.register_error_handler(JiraError, _refuse)
    app.register_error_handler(RouteNotFound, _unknown)
    app.register_error_handler(MethodNotAllowed, _unknown)
    app.register_error_handler(Exception, _crash)


def _open_entry(the_site: Site) -> WireEntry:
    body = request.get_data(as_text=True)[:KEPT_CHARACTERS]
    entry = WireEntry(
        at=the_site.clock(), direction="to jira", method=request.method, url=raw_target(), request_body=body
    )
    return the_site.record(entry)


def raw_target() -> str:
    """The request target as it stood in the request line, not decoded."""
    return str(request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or request.full_path.rstrip("?"))


def _check_request(contract: Contract | None) -> None:
    if contract is None:
        return
    if g.operation is None:
        if request.path.startswith("/rest/"):
            g.entry.problems.append("request: Jira's REST API has no such operation")
        return
    target = raw_target().partition("?")
    body = request.get_data()
    g.entry.problems += contract.request_problems(g.operation, target[2], body, request.content_type or "")


def _fault() -> Response | None:
    """What the fault switches ask for, or None."""
    faults = site().faults
    time.sleep(faults.jira_delay_seconds if faults.jira_path in request.path else 0)
    if faults.jira_status is None or faults.jira_path not in request.path or faults.jira_times == 0:
        return None
    if faults.jira_times is not None:
        faults.jira_times -= 1
    g.caller, g.entry.note = Caller(None), "fault switched on"
    response = answer(_error_body("The stand-in was told to fail."), faults.jira_status)
    if faults.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(faults.retry_after_seconds)
    if faults.jira_status == 429:
        response.headers["RateLimit-Reason"] = faults.rate_limit_reason
    return response


def _admit() -> None:
    """Establish the caller, check what the app's scopes allow, and refuse a body of the wrong shape.

    From here to the end of the request the site stands still for others.
    """
    site().lock.acquire()
    g.locked, g.caller = True, Caller(None)
    g.caller = _identify()
    who = "the app" if g.caller.is_app else g.caller.account_id or "nobody"
    g.entry.note = f"{who}{' through the app' if g.caller.scoped and not g.caller.is_app else ''}"
    if request.method == "GET" and request.get_data():
        raise Forbidden("A GET request must not have a body.")
    if (request.content_length or 0) > BODY_LIMIT:
        raise BadRequest("The request body is too large.")
    if g.caller.scoped:
        _check_scope(g.operation)
    if g.caller.by_token:
        _check_forge_scope(g.operation)
    if request.get_data() and request.mimetype != "application/json":
        raise UnsupportedMediaType("Only application/json is understood here.")
    if any(each.startswith("request: body") for each in g.entry.problems):
        raise BadRequest("Invalid request payload. Refer to the REST API documentation and try again.")


def _identify() -> Caller:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and FORGE_CALL in request.environ:
        account = find_account(site(), token.strip())
        if account is None:
            raise Unauthorized("Unauthorized; scope does not match")
        return Caller(account, is_app=True, by_token=True)
    if scheme:
        if scheme.upper() != "JWT" or FORGE_CALL in request.environ:
            raise Unauthorized("Only the app's JWT is understood here.")
        verify_app_call(site(), token.strip(), request.method, raw_target())
        return Caller(installed(site()).account_id, is_app=True, scoped=True)
    if "jwt" in request.args:
        raise Unauthorized("The app's JWT belongs into the Authorization header.")
    account_id = request.cookies.get(site().user_cookie)
    if account_id not in site().users:
        return Caller(None)
    return Caller(account_id, scoped=_through_app())


def _through_app() -> bool:
    """Does the call come from the app's page? The host page then names the app, as Jira's does."""
    key = request.headers.get("AP-Client-Key")
    if key is None:
        return False
    app = site().app
    if app is None or key != app.key:
        raise Forbidden(f"No app with the key '{key}' is installed.")
    return True


def _check_scope(operation: Operation | None) -> None:
    app = site().app
    held = {"NONE"} | {each for scope in (app.scopes if app else ()) for each in IMPLIED_SCOPES.get(scope, {scope})}
    if operation is not None and operation.scope not in held:
        raise Forbidden(f"Request not in an authorized API scope: {operation.name} needs {operation.scope}")


def _check_forge_scope(operation: Operation | None) -> None:
    app = site().forge
    held = app.scopes if app is not None else frozenset()
    if operation is not None and not any(each <= held for each in operation.forge_scopes):
        raise Unauthorized(f"Unauthorized; scope does not match: {operation.name} needs {operation.forge_scopes}")


class ForgeGateway:
    """`/ex/jira/<cloud id>/rest/…` leads to the site's REST, as Atlassian's gateway does for calls with its tokens."""

    def __init__(self, application: Any, the_site: Site) -> None:
        self._application = application
        self._prefix = f"/ex/jira/{the_site.cloud_id}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path.startswith(f"{self._prefix}/rest/"):
            environ = {**environ, "PATH_INFO": path.removeprefix(self._prefix), FORGE_CALL: True}
        return self._application(environ, start_response)


def _close_entry(entry: WireEntry, contract: Contract | None, response: Response) -> None:
    entry.status = response.status_code
    entry.milliseconds = (time.perf_counter() - g.started) * 1000
    entry.response_body = response.get_data(as_text=True)[:KEPT_CHARACTERS]
    # Version 2 differs in its bodies (text instead of documents), and there is no document of it here.
    if contract is not None and g.operation is not None and is_version_3():
        content_type = response.headers.get("Content-Type", "")
        body = response.get_data()
        entry.problems += contract.response_problems(g.operation, response.status_code, body, content_type)


def _refuse(error: JiraError) -> Response:
    if request.path.startswith("/rest/atlassian-connect/"):
        return answer({"message": str(error), "statusCode": error.status}, error.status)
    if request.path.startswith(SERVICE_DESK):
        return answer(_error_body(str(error)), error.status)
    return answer(error.body(), error.status)


def _error_body(message: str) -> Json:
    if request.path.startswith(SERVICE_DESK):
        return {"errorMessage": message, "i18nErrorMessage": {"i18nKey": "", "parameters": []}}
    return {"errorMessages": [message], "errors": {}}


def _unknown(error: HTTPException) -> Any:
    """A path or method of the API that the stand-in does not have is a gap to be seen: 501, not 404."""
    if not request.path.startswith(PREFIXES):
        return error
    log.warning("not implemented: %s %s", request.method, request.path)
    message = f"The stand-in has no {request.method} {request.path}."
    return answer(_error_body(message), 501)


def _crash(error: Exception) -> Any:
    """A mistake of the stand-in itself: shown in the log and in the wire log, so that a test cannot overlook it."""
    if isinstance(error, HTTPException):
        return error
    if "entry" not in g:
        raise error
    log.exception("the stand-in failed at %s %s", request.method, request.path)
    g.entry.problems.append(f"response: the stand-in failed: {error!r}")
    return answer({"errorMessages": ["Internal server error"], "errors": {}}, 500)
