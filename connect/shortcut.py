"""Webhooks on a short way past Flask: the same checks by the same functions and the same answer, at a fraction of the cost.

A bulk change of ten thousand issues arrives as ten thousand webhooks. Only what looks exactly as Jira sends it goes this
way; anything else, and every refusal and error, is Flask's to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from connect.errors import BadRequest, Unavailable
from connect.tenants import Principal, Tenant
from connect.verification import Verifier
from connect.webhooks import BODY_LIMIT

PATH = "/connect/events"
IDENTIFIER = "HTTP_X_ATLASSIAN_WEBHOOK_IDENTIFIER"
QUERY_LIMIT = 100  # Jira sends none, or two short parameters
_TYPES = frozenset(
    (
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json;charset=UTF-8",
    )
)
_UNUSUAL = frozenset(("HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"))
_MET = "connect.met"
_STORED = "connect.stored"

Receive = Callable[[Sequence[tuple[Tenant, str, bytes]]], list[Exception | None]]


@dataclass(frozen=True, slots=True)
class Met:
    """What stopped a webhook on the short way, and who had sent it, if that was known by then."""

    principal: Principal | None
    error: Exception


def met_before(environ: WSGIEnvironment) -> Met | None:
    """What stopped this request on the short way: nothing is tried twice, where trying can take seconds."""
    met: Met | None = environ.get(_MET)
    return met


class Shortcut:
    """A WSGI application in front of `app`. `receive([(tenant, identifier, body), …])` returns after a durable commit, with
    what stopped each, or None; `headers` are those of the answer, 204. A server can have requests to `path` taken several
    at once before it calls us for each."""

    path = PATH

    def __init__(
        self,
        app: WSGIApplication,
        *,
        verifier: Verifier,
        receive: Receive,
        base_url: str,
        headers: Iterable[tuple[str, str]],
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._receive = receive
        self._hosts = frozenset((urlsplit(base_url).netloc, urlsplit(base_url).hostname))
        self._headers = tuple(headers)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _STORED not in environ and _MET not in environ:
            self.take_together([environ])
        if _STORED not in environ:
            return self._app(environ, start_response)
        start_response("204 NO CONTENT", list(self._headers))
        return (b"",)

    def take_together(self, environs: Sequence[WSGIEnvironment]) -> list[bool]:
        """Store what these requests tell us, in one commit: for each whether it is stored. Does not raise: what stopped
        the others stays with them, for Flask to answer."""
        sent = self._verified([each for each in environs if self._is_usual(each)])
        webhooks = [(caller.tenant, environ.get(IDENTIFIER, ""), body) for environ, caller, body in sent]
        for (environ, caller, _), error in zip(sent, self._stopped_by(webhooks), strict=True):
            if error is None:
                environ[_STORED] = True
            else:
                environ[_MET] = Met(caller, error)
        return [_STORED in each for each in environs]

    def _stopped_by(self, webhooks: Sequence[tuple[Tenant, str, bytes]]) -> list[Exception | None]:
        if not webhooks:
            return []
        try:
            return self._receive(webhooks)
        except Exception as error:
            return [error for _ in webhooks]

    def _verified(self, environs: Sequence[WSGIEnvironment]) -> list[tuple[WSGIEnvironment, Principal, bytes]]:
        """Those that are what they say, with their callers and bodies. Once the database was away, no other request of
        these waits for it in turn."""
        verified = []
        away: Unavailable | None = None
        for environ in environs:
            principal = None
            try:
                if away is not None:
                    raise away
                principal = self._verifier.site_call(environ)
                verified.append((environ, principal, _body(environ)))
            except Exception as error:
                away = error if isinstance(error, Unavailable) else away
                environ[_MET] = Met(principal, error)
        return verified

    def _is_usual(self, environ: WSGIEnvironment) -> bool:
        length = environ.get("CONTENT_LENGTH", "")
        return (
            environ["REQUEST_METHOD"] == "POST"
            and environ["PATH_INFO"] == PATH
            and environ.get("HTTP_HOST") in self._hosts
            and environ.get("CONTENT_TYPE") in _TYPES
            and length.isascii()
            and length.isdecimal()
            and len(length) < 8
            and int(length) <= BODY_LIMIT
            and len(environ.get("QUERY_STRING", "")) < QUERY_LIMIT
            and _UNUSUAL.isdisjoint(environ)
        )


def _body(environ: WSGIEnvironment) -> bytes:
    """The declared number of bytes. BadRequest (`body_cut_short`) where fewer came."""
    length = int(environ["CONTENT_LENGTH"])
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) < length:
        raise BadRequest("body_cut_short")
    return body
