"""A stand-in for everything beyond our own process: Atlassian's key server and Jira, at their real addresses.

It takes the place of the one transport that all calls of ours go through, so the app runs as in production, and each call
that it makes is seen with its true address. Whatever else would open a connection fails.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests import PreparedRequest, Response

from connect import transport

KEY_SERVER = "https://connect-install-keys.atlassian.com/"
PERMISSIONS = "/rest/api/3/permissions/check"
REAL_SEND = transport.BoundedAdapter.send
_ADAPTER = transport.BoundedAdapter(deadline_seconds=0.5, byte_limit=16_384, private_addresses=True)
_LOOK_UP = socket.getaddrinfo


class Internet:
    """`keys` are the public keys that Atlassian publishes, by id; `admins` the accounts to which Jira grants everything.

    `calls` holds method and address of each call. `trouble`, while it is set, is raised by every call.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.keys: dict[str, bytes] = {}
        self.admins: set[str] = set()
        self.trouble: Exception | None = None
        self.answers: dict[str, Callable[[PreparedRequest], Response]] = {}

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Take the place of the transport until `patch` is undone."""
        patch.setattr(transport.BoundedAdapter, "send", lambda _self, request, *_, **__: self._send(request))
        patch.setattr(socket, "getaddrinfo", _only_here)

    def divert(self, url: str, to: str) -> None:
        """From now on a call of `url` really goes over the network, to a server of the test at `to`."""

        def send(request: PreparedRequest) -> Response:
            request.url = to
            return REAL_SEND(_ADAPTER, request)

        self.answers[url] = send

    def _send(self, request: PreparedRequest) -> Response:
        url = request.url or ""
        self.calls.append(f"{request.method} {url}")
        if self.trouble is not None:
            raise self.trouble
        if url in self.answers:
            return self.answers[url](request)
        if url.startswith(KEY_SERVER):
            pem = self.keys.get(url.removeprefix(KEY_SERVER))
            return answer(request, 404 if pem is None else 200, pem or b"")
        if url.endswith(PERMISSIONS):
            return answer(request, 200, json.dumps(self._granted(json.loads(request.body or b""))).encode())
        raise requests.ConnectionError(f"nobody answers at {url}")

    def _granted(self, question: dict[str, Any]) -> dict[str, Any]:
        if question.get("accountId") not in self.admins:
            return {"globalPermissions": [], "projectPermissions": []}
        about = [
            {"permission": name, "issues": asked.get("issues", []), "projects": asked.get("projects", [])}
            for asked in question.get("projectPermissions") or []
            for name in asked["permissions"]
        ]
        return {"globalPermissions": question.get("globalPermissions") or [], "projectPermissions": about}


def answer(request: PreparedRequest, status: int, body: bytes, **headers: str) -> Response:
    """An answer as the transport gives it: read whole."""
    response = Response()
    response.status_code, response._content, response.url = status, body, request.url or ""
    response.request = request
    response.headers.update({"Content-Type": "application/json", **headers})
    return response


def _only_here(host: Any, *args: Any, **options: Any) -> Any:
    assert host in ("localhost", "127.0.0.1"), f"a name was looked up: {host}"
    return _LOOK_UP(host, *args, **options)
