"""The little of Confluence's REST API (version 2) that a page needs: spaces by key, pages by title or id, create, update.

Shapes as Atlassian documents them; unlike Jira's, their OpenAPI document does not lie beside this code, so the checks
here are written by hand: required properties, no unknown ones, and a version that is exactly one higher.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tests.devhost.rest import site
from tests.devhost.site import Site

api = Blueprint("rest_confluence", __name__, url_prefix="/wiki/api/v2")
ACCOUNT, TOKEN = "writer@firm.example", "confluence-token-for-tests"
CREATED = {"spaceId", "status", "title", "body"}
UPDATED = {"id", "status", "title", "body", "version"}


@dataclass
class Confluence:
    """One site's wiki."""

    spaces: dict[str, str] = field(default_factory=lambda: {"TEAM": "65001"})
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: int | None = None  # answers with it instead, for tests
    calls: list[str] = field(default_factory=list)


def wiki_of(the_site: Site) -> Confluence:
    """The wiki of a site; empty until somebody writes."""
    found: Confluence = the_site.__dict__.setdefault("wiki", Confluence())
    return found


def wiki() -> Confluence:
    return wiki_of(site())


@api.before_request
def admit() -> Response | None:
    """Basic authentication with an API token; a Jira app's JWT means nothing here."""
    wiki().calls.append(f"{request.method} {request.path}")
    if wiki().status is not None:
        return problem(wiki().status)
    wanted = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    return None if request.headers.get("Authorization") == f"Basic {wanted}" else problem(401)


def problem(status: int) -> Response:
    answer = jsonify(errors=[{"status": status, "code": "REFUSED", "title": "Refused", "detail": None}])
    answer.status_code = status
    return answer


@api.get("/spaces")
def spaces() -> Response:
    keys = request.args.getlist("keys")
    found = [{"id": id_, "key": key} for key, id_ in wiki().spaces.items() if key in keys]
    return jsonify(results=found, _links={})


@api.get("/pages")
def list_pages() -> Response:
    wanted = request.args["space-id"], request.args["title"]
    found = [shown(page) for page in wiki().pages.values() if (page["spaceId"], page["title"]) == wanted]
    return jsonify(results=[page for page in found if page["status"] == "current"], _links={})


@api.get("/pages/<page_id>")
def get_page(page_id: str) -> Response:
    page = wiki().pages.get(page_id)
    return problem(404) if page is None else jsonify(shown(page))


@api.post("/pages")
def create_page() -> Response:
    sent = request.get_json()
    taken = any(page["title"] == sent.get("title") and page["status"] == "current" for page in wiki().pages.values())
    if set(sent) != CREATED or sent["spaceId"] not in wiki().spaces.values() or not body_is_sound(sent) or taken:
        return problem(400)
    page_id = str(98001 + len(wiki().pages))
    wiki().pages[page_id] = {**sent, "id": page_id, "version": {"number": 1}}
    return jsonify(shown(wiki().pages[page_id]))


@api.put("/pages/<page_id>")
def update_page(page_id: str) -> Response:
    sent, page = request.get_json(), wiki().pages.get(page_id)
    if page is None:
        return problem(404)
    if set(sent) != UPDATED or sent["id"] != page_id or not body_is_sound(sent):
        return problem(400)
    if sent["version"]["number"] != page["version"]["number"] + 1:
        return problem(409)
    page.update(sent)
    return jsonify(shown(page))


def body_is_sound(sent: dict[str, Any]) -> bool:
    body = sent.get("body") or {}
    return sent.get("status") == "current" and body.get("representation") == "storage" and bool(body.get("value"))


def shown(page: dict[str, Any]) -> dict[str, Any]:
    kept = {name: page[name] for name in ("id", "status", "title", "spaceId")}
    return {**kept, "version": {"number": page["version"]["number"], "message": "", "minorEdit": False}, "_links": {}}
