"""What Jira sends when a post function of ours runs, as a typed event. Its body is a hint to look the issue up.

Connect: `configuration.value`, and `transition` with names of statuses. Forge: `configuration` as it was saved,
`transition` with objects, and a `changelog`; developer.atlassian.com, "Jira workflow post function" (Preview). Read alike,
as neither document shows a whole body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from connect.errors import BadRequest
from connect.webhooks import PostFunctionRan

LONGEST_NAME = 255
LONGEST_CONFIGURATION = 4000
_ID = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}-[0-9]{1,19}")
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9:._-]{1,128}")
_ANYTHING = msgspec.json.Decoder(dict[str, Any])
Parts = Mapping[str, Any]


def parse_call(body: bytes, actor_account_id: str | None, now: datetime) -> PostFunctionRan | None:
    """None where it does not name an issue. Raises BadRequest (`bad_json`) if the body is no JSON object."""
    try:
        body.decode("utf-8")
        found = _ANYTHING.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("bad_json") from None
    issue, log = _part(found, "issue"), _part(found, "changelog")
    issue_id, issue_key = _matching(_ID, issue.get("id")), _matching(_KEY, issue.get("key"))
    if not issue_id or not issue_key:
        return None
    to_id, to_name = _goal(_part(found, "transition"), log)
    return PostFunctionRan(
        issue_id=issue_id,
        issue_key=issue_key,
        project_id=_matching(_ID, _part(_part(issue, "fields"), "project").get("id")),
        changelog_id=_matching(_ID, log.get("id")),
        to_status_id=to_id,
        to_status_name=to_name,
        configuration=_configuration(found.get("configuration")),
        actor_account_id=actor_account_id or _matching(_ACCOUNT_ID, found.get("atlassianId")) or None,
        happened_at=now,
    )


def _goal(transition: Parts, log: Parts) -> tuple[str, str]:
    """Id and name of the status to which the issue went, as far as they are told."""
    items = log.get("items")
    changed: Parts = next(filter(_is_status, items), {}) if isinstance(items, list) else {}
    to = _part(transition, "to")
    to_id = _matching(_ID, changed.get("to")) or _matching(_ID, to.get("id"))
    return to_id, _words(transition.get("to_status") or to.get("name") or changed.get("toString"))


def _is_status(item: object) -> bool:
    return isinstance(item, dict) and (item.get("fieldId") or item.get("field")) == "status"


def _configuration(sent: object) -> str:
    """As the page saved it. What is longer than any page of ours saves counts as empty."""
    value = sent.get("value", sent) if isinstance(sent, dict) else sent
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except RecursionError:
        text = ""
    return text if len(text) <= LONGEST_CONFIGURATION and "\0" not in text else ""


def _part(found: Parts, name: str) -> Parts:
    part = found.get(name)
    return part if isinstance(part, dict) else {}


def _words(value: object) -> str:
    return value[:LONGEST_NAME].replace("\0", "") if isinstance(value, str) else ""


def _matching(pattern: re.Pattern[str], value: object) -> str:
    """Jira spells ids as text or as a number; "" for anything else."""
    return str(value) if type(value) in (str, int) and pattern.fullmatch(str(value)) else ""
