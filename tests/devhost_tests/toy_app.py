"""A minimal app under test: serves a descriptor, keeps every request, answers as it is told."""

from __future__ import annotations

import copy
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

DESCRIPTOR = json.loads((Path(__file__).parents[2] / "atlassian-connect.json").read_text(encoding="utf-8"))
# Ours hears of changes by webhooks that it registers; this one by its descriptor, as any app may.
DESCRIPTOR["modules"]["webhooks"].insert(0, {"event": "jira:issue_updated", "url": "/connect/events"})


@dataclass(frozen=True)
class Received:
    """One request as it arrived; ``target`` is raw."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def token(self) -> str:
        """The JWT of the Authorization header."""
        return self.headers["Authorization"].removeprefix("JWT ")


@dataclass
class ToyApp:
    """``statuses`` maps a path to the answers to give, the last one for ever; anything else is answered 204."""

    descriptor: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(DESCRIPTOR))
    statuses: dict[str, list[int]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def start(self) -> None:
        """Listen on a free port; the descriptor's baseUrl follows."""
        app = Flask(__name__)
        app.add_url_rule("/atlassian-connect.json", view_func=lambda: jsonify(self.descriptor))
        app.add_url_rule("/<path:rest>", view_func=self._keep, methods=["POST"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.descriptor["baseUrl"] = self.url
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _keep(self, rest: str) -> Response:
        raw = request.environ["REQUEST_URI"]
        self.received.append(Received(request.method, raw, dict(request.headers), request.get_data()))
        planned = self.statuses.get("/" + rest, [204])
        return Response(status=planned.pop(0) if len(planned) > 1 else planned[0])

    def at(self, path: str) -> list[Received]:
        """What arrived at a path, in order."""
        return [each for each in self.received if each.target.partition("?")[0] == path]

    @property
    def events(self) -> list[Received]:
        """The webhooks that arrived."""
        return self.at("/connect/events")


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass
