"""One page in the Confluence of the same site, by its REST API version 2, with credentials of its own.

A secret that Jira shared with us is not valid there. The page of a project is found again and updated, never doubled.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from html import escape
from typing import Any

import requests

from connect import BoundedAdapter
from plugin.errors import PluginError
from plugin.exports.store import Page
from plugin.postmortems.document import Document, Evidence, Section, Statement, digest

ROOT = "wiki/api/v2"  # the library itself would ask for wiki/api/v2/2
TIMEOUT_SECONDS = 10
ANSWER_LIMIT = 10_000_000


class ConfluenceTrouble(PluginError):
    """Confluence did not take the page. The message says what to do; nothing half-made is left behind."""

    status = 502
    code = "confluence_unavailable"


def publish(site_url: str, email: str, token: str, space_key: str, document: Document, known: Page | None) -> Page:
    """Make the page, or bring the one that was made before up to date. Raises ConfluenceTrouble."""
    body = storage_format(document, site_url)
    sent = digest(f"{document.title}\n{body}".encode())
    with suppress(KeyError, IndexError, TypeError):
        return _publish(_client(site_url, email, token), site_url, space_key, document.title, body, sent, known)
    raise ConfluenceTrouble("Confluence gave an answer that we cannot read. Nothing was changed.")


def _client(site_url: str, email: str, token: str) -> Any:
    session = requests.Session()
    session.trust_env = False
    private = site_url.startswith("http://")  # which only a site in development has
    adapter = BoundedAdapter(deadline_seconds=TIMEOUT_SECONDS, byte_limit=ANSWER_LIMIT, private_addresses=private)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    from atlassian.confluence import ConfluenceCloud  # noqa: PLC0415 - 9 MB

    made: Any = ConfluenceCloud
    return made(
        url=site_url, username=email, password=token, session=session, timeout=TIMEOUT_SECONDS, retry_with_header=False
    )


def _publish(client: Any, site_url: str, space_key: str, title: str, body: str, sent: str, known: Page | None) -> Page:
    page = _existing(client, space_key, title, known)
    content = {"status": "current", "title": title, "body": {"representation": "storage", "value": body}}
    if page is None:
        space_id = _space_id(client, space_key)
        made = _asked(lambda: client.post(f"{ROOT}/pages", data={**content, "spaceId": space_id}))
    elif known is not None and known.digest == sent and str(page["id"]) == known.page_id:
        return known
    else:
        version = {"number": int(page["version"]["number"]) + 1, "message": "Updated by Rapport"}
        changed = {**content, "id": str(page["id"]), "version": version}
        made = _asked(lambda: client.put(f"{ROOT}/pages/{page['id']}", data=changed))
    return Page(str(made["id"]), f"{site_url}/wiki/pages/viewpage.action?pageId={made['id']}", sent)


def _existing(client: Any, space_key: str, title: str, known: Page | None) -> Mapping[str, Any] | None:
    """The page that we know, unless somebody deleted it; else one of that title, which an attempt cut short has left."""
    if known is not None:
        found: Mapping[str, Any] | None = _asked(
            lambda: client.get(f"{ROOT}/pages/{known.page_id}"), missing_is_none=True
        )
        if found is not None and found.get("status") == "current":
            return found
    space_id = _space_id(client, space_key)
    listed = _asked(
        lambda: client.get(f"{ROOT}/pages", params={"space-id": space_id, "title": title, "status": "current"})
    )
    results: list[Mapping[str, Any]] = listed["results"]
    return results[0] if results else None


def _space_id(client: Any, space_key: str) -> str:
    found = _asked(lambda: client.get(f"{ROOT}/spaces", params={"keys": space_key}))["results"]
    if not found:
        raise ConfluenceTrouble(f"This account sees no space with the key {space_key}. Correct it in the settings.")
    return str(found[0]["id"])


def _asked(call: Any, *, missing_is_none: bool = False) -> Any:
    """The library wraps what it meets in errors of its own; the answer's status says what to do about it."""
    try:
        return call()
    except requests.RequestException as error:
        status = getattr(error.response, "status_code", None)
    if status == 404 and missing_is_none:
        return None
    raise ConfluenceTrouble(_words(status)) from None


def _words(status: int | None) -> str:
    if status in (401, 403):
        return "Confluence refuses this account. Enter a mail address and an API token that may write in the space."
    if status == 404:
        return "Confluence does not know this. Is Confluence part of this site?"
    if status is not None and 400 <= status < 500:
        return "Confluence did not accept the page. Nothing was changed."
    return "Confluence cannot be reached. Nothing was changed; try again later."


def storage_format(document: Document, site_url: str) -> str:
    """The document in Confluence's storage format, every text escaped."""
    parts = [f"<p>{escape(document.as_of)}</p>"]
    for section in document.sections:
        parts += [f"<h2>{escape(section.title)}</h2>", _section(section, site_url)]
    return "".join(parts)


def _section(section: Section, site_url: str) -> str:
    if section.written:
        return "".join(f"<p>{_text(each)}</p>" for each in section.statements) or "<p>–</p>"
    items = "".join(f"<li>{_text(each)} {_links(each.evidence, site_url)}</li>" for each in section.statements)
    return f"<ul>{items}</ul>" if items else "<p>–</p>"


def _text(statement: Statement) -> str:
    return "<br/>".join(escape(line) for line in statement.text.splitlines())


def _links(evidence: tuple[Evidence, ...], site_url: str) -> str:
    return " ".join(
        f'<a href="{escape(site_url + each.place)}">{escape(each.label)}</a>'
        for each in evidence
        if each.place.startswith("/")
    )
