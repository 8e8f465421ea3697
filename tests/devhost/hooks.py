"""Webhooks that the app registers by REST: what Jira takes, how long it keeps them, and which of them a change concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.devhost import jql
from tests.devhost.errors import BadRequest, JiraError
from tests.devhost.records import Issue, Json

if TYPE_CHECKING:
    from tests.devhost.site import Site

LIFE = timedelta(days=30)
MOST = 100  # of one app on one site
FIELDS = frozenset({"issuekey", "key", "project", "issuetype", "type", "status", "assignee", "reporter"})
OPERATORS = frozenset({"=", "!=", "in", "not in"})


@dataclass
class Hook:
    """One registered webhook. Without ``field_ids`` it is about every field."""

    id: int
    url: str
    events: list[str]
    jql_filter: str
    expires_at: datetime
    field_ids: list[str] = field(default_factory=list)
    property_keys: list[str] = field(default_factory=list)

    def wants(self, site: Site, event: str, issue: Issue, more: Json) -> bool:
        """Is it sent for this? *more* as `Deliverer.publish` takes it."""
        if event not in self.events or self.expires_at <= site.clock():
            return False
        changed = {item["fieldId"] for item in more.get("changelog", {}).get("items", [])}
        if event == "jira:issue_updated" and self.field_ids and not changed & set(self.field_ids):
            return False
        if (
            event.startswith("issue_property_")
            and self.property_keys
            and more["property"]["key"] not in self.property_keys
        ):
            return False
        return bool(jql.parse(self.jql_filter, site).run([issue], None))

    def written(self) -> Json:
        """As REST shows it."""
        shown: Json = {
            "id": self.id,
            "url": self.url,
            "events": self.events,
            "jqlFilter": self.jql_filter,
            "expirationDate": int(self.expires_at.timestamp() * 1000),
        }
        lists = {"fieldIdsFilter": self.field_ids, "issuePropertyKeysFilter": self.property_keys}
        return shown | {name: value for name, value in lists.items() if value}


def register(site: Site, url: str, wanted: list[Json]) -> list[Json]:
    """Add each that can be; a word about each, in their order. `BadRequest` for an address that Jira does not take."""
    app = site.app
    delete(site, [hook.id for hook in site.hooks.values() if hook.expires_at <= site.clock()])
    if app is None or not url.startswith(f"{app.base_url}/"):
        raise BadRequest("The URL must use the same base URL as the app.")
    if any(hook.url != url for hook in site.hooks.values()):
        raise BadRequest("Only a single URL per app is allowed to be registered.")
    return [_register(site, url, each) for each in wanted]


def _register(site: Site, url: str, wanted: Json) -> Json:
    if len(site.hooks) >= MOST:
        return {"errors": [f"The limit of {MOST} webhooks has been reached."]}
    try:
        refused = list(_unsupported(jql.parse(wanted["jqlFilter"], site)))
    except JiraError as error:
        refused = [str(error)]
    if refused:
        return {"errors": refused}
    hook = Hook(
        id=site.next_hook_id(),
        url=url,
        events=wanted["events"],
        jql_filter=wanted["jqlFilter"],
        expires_at=site.clock() + LIFE,
        field_ids=wanted.get("fieldIdsFilter") or [],
        property_keys=wanted.get("issuePropertyKeysFilter") or [],
    )
    site.hooks[hook.id] = hook
    return {"createdWebhookId": hook.id}


def _unsupported(query: jql.Query) -> Iterator[str]:
    """Only a small part of JQL can be used."""
    if query.order or query.where is None:
        yield "The filter must be a condition without an order."
    for clause in query.clauses():
        if clause.field.name.lower() not in FIELDS or clause.operator not in OPERATORS:
            yield f"The clause {clause.field.name} is unsupported"


def refresh(site: Site, ids: list[int]) -> datetime:
    """Let them live for thirty days from now; ids that are not there count for nothing."""
    until = site.clock() + LIFE
    for hook_id in ids:
        if hook_id in site.hooks:
            site.hooks[hook_id].expires_at = until
    return until


def delete(site: Site, ids: list[int]) -> None:
    """Ids that are not there count for nothing."""
    for hook_id in ids:
        site.hooks.pop(hook_id, None)


def wanting(site: Site, event: str, issue: Issue, more: dict[str, Any]) -> dict[str, list[int]]:
    """Ids of the hooks that are sent for this, by address: an address is told once."""
    found: dict[str, list[int]] = {}
    for hook in site.hooks.values():
        if hook.wants(site, event, issue, more):
            found.setdefault(hook.url, []).append(hook.id)
    return found
