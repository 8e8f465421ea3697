"""What happened on a site as Forge's triggers tell it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.devhost.records import Issue, Json

if TYPE_CHECKING:
    from tests.devhost.site import Site

NAMES = {"jira:issue_updated": "avi:jira:updated:issue", "jira:issue_deleted": "avi:jira:deleted:issue"}


def wanted(site: Site, event: str) -> str | None:
    """The endpoint that asked for a trigger, by its key; None where no trigger of the app is for it."""
    app = site.forge
    if app is None:
        return None
    return next((each["endpoint"] for each in app.modules("trigger") if event in each["events"]), None)


def body(site: Site, event: str, issue: Issue, actor: str, more: dict[str, Any], written: Json) -> bytes:
    """`written` is the issue as the webhook has it. The changelog comes without the id of its entry."""
    told: Json = {"eventType": event, "issue": written, "atlassianId": actor, "selfGenerated": actor == _own(site)}
    if "changelog" in more:
        told["changelog"] = {"items": more["changelog"]["items"]}
    told["associatedUsers"] = [{"accountId": actor}]
    return json.dumps(told).encode()


def body_of_rule(issue: Issue, actor: str, more: dict[str, Any]) -> bytes:
    """Of a post function: little of the issue, and what its page saved as an object."""
    told = {"issue": {"id": issue.id, "key": issue.key}, "atlassianId": actor, "transition": more["transition"]}
    return json.dumps({**told, "configuration": json.loads(more["configuration"]["value"] or "{}")}).encode()


def again(told: bytes, attempts: int) -> bytes:
    """The body of a later attempt."""
    if not attempts:
        return told
    context = {"retryCount": attempts, "retryReason": "INVALID_REMOTE_INVOCATION_ERROR", "retryData": None}
    return json.dumps({**json.loads(told), "retryContext": context}).encode()


def _own(site: Site) -> str:
    return site.forge.account_id if site.forge is not None else ""
