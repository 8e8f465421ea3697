"""What Jira sends, as typed events. A body is unsigned: an event is a hint to look the issue up, never a fact."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from connect.errors import BadRequest

BODY_LIMIT = 5_242_880
_ID = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}-[0-9]{1,19}")
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9:._-]{1,128}")
_IDENTIFIER = re.compile(r"[!-~]{1,255}")
_TIMESTAMPS = range(946_684_800_000, 4_102_444_800_000)  # milliseconds, 2000 to 2100


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """An issue seems to have moved to another status. Ids as Jira spells them ("10007").

    `changelog_id` is "" where Jira does not say which entry of the issue's history it is about.
    `actor_account_id` is None for automatic changes. `happened_at` is Jira's own time (aware UTC), or the time of
    arrival where Jira sent none.
    """

    issue_id: str
    issue_key: str
    project_id: str
    changelog_id: str
    from_status_id: str
    to_status_id: str
    actor_account_id: str | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class IssueDeleted:
    """An issue seems to be gone."""

    issue_id: str
    project_id: str


@dataclass(frozen=True, slots=True)
class PostFunctionRan:
    """A post function of ours seems to have run, after a transition of an issue. `configuration` is what its page saved.

    The others as in StatusChanged. `project_id`, `changelog_id` and `to_status_id` are "" where Jira does not say; then
    `to_status_name` tells where the issue went.
    """

    issue_id: str
    issue_key: str
    project_id: str
    changelog_id: str
    to_status_id: str
    to_status_name: str
    configuration: str
    actor_account_id: str | None
    happened_at: datetime


Event = StatusChanged | IssueDeleted | PostFunctionRan


class _Project(msgspec.Struct):
    id: object = None


class _Fields(msgspec.Struct):
    project: _Project | None = None


class _Issue(msgspec.Struct):
    id: object = None
    key: object = None
    fields: _Fields | None = None


class _Item(msgspec.Struct, rename="camel"):
    field: object = None
    field_id: object = None
    from_: object = msgspec.field(name="from", default=None)
    to: object = None


class _Changelog(msgspec.Struct):
    id: object = None
    items: list[_Item] | None = None


class _User(msgspec.Struct, rename="camel"):
    account_id: object = None


class _Body(msgspec.Struct, rename="camel"):
    webhook_event: object = None
    timestamp: object = None
    issue: _Issue | None = None
    changelog: _Changelog | None = None
    user: _User | None = None


_DECODER = msgspec.json.Decoder(_Body)
_ANYTHING = msgspec.json.Decoder(dict[str, msgspec.Raw])


def parse_event(body: bytes, now: datetime) -> Event | None:
    """The event in a webhook's body, None if it is none that we follow. Raises BadRequest (`bad_json`) if it is no
    JSON object; parts that are missing, null or of another type only make it an event that we do not follow."""
    try:
        body.decode("utf-8")
        found = _DECODER.decode(body)
    except msgspec.ValidationError:
        _require_object(body)
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("bad_json") from None
    if found.webhook_event == "jira:issue_updated":
        return _status_changed(found, now)
    if found.webhook_event == "jira:issue_deleted":
        return _deleted(found)
    return None


def _require_object(body: bytes) -> None:
    """A well-formed object with parts of unexpected types is nothing to follow; anything else is no event at all."""
    try:
        _ANYTHING.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest("bad_json") from None


def _status_changed(found: _Body, now: datetime) -> StatusChanged | None:
    """None unless every id is there: what Jira left out of a webhook, the sweep finds."""
    issue, log = found.issue or _Issue(), found.changelog or _Changelog()
    item = next((item for item in log.items or [] if (item.field_id or item.field) == "status"), _Item())
    issue_key = _matching(_KEY, issue.key)
    ids = [_matching(_ID, value) for value in (issue.id, _project_id(issue), log.id, item.from_, item.to)]
    if issue_key is None or None in ids:
        return None
    issue_id, project_id, changelog_id, from_status_id, to_status_id = map(str, ids)
    return StatusChanged(
        issue_id=issue_id,
        issue_key=issue_key,
        project_id=project_id,
        changelog_id=changelog_id,
        from_status_id=from_status_id,
        to_status_id=to_status_id,
        actor_account_id=_matching(_ACCOUNT_ID, found.user.account_id) if found.user else None,
        happened_at=_time(found.timestamp) or now,
    )


def _deleted(found: _Body) -> IssueDeleted | None:
    issue = found.issue or _Issue()
    issue_id, project_id = _matching(_ID, issue.id), _matching(_ID, _project_id(issue))
    return IssueDeleted(issue_id, project_id) if issue_id and project_id else None


def _project_id(issue: _Issue) -> object:
    return issue.fields.project.id if issue.fields and issue.fields.project else None


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    """Jira spells ids as text or as a number; anything else counts as not sent."""
    return str(value) if type(value) in (str, int) and pattern.fullmatch(str(value)) else None


def _time(value: object) -> datetime | None:
    return datetime.fromtimestamp(value / 1000, UTC) if type(value) is int and value in _TIMESTAMPS else None


def delivery_key(identifier: str, event: Event) -> str:
    """The same for every delivery of one event of one site: Atlassian's `identifier` (header
    X-Atlassian-Webhook-Identifier) if it is sane, else one made from the event."""
    if _IDENTIFIER.fullmatch(identifier):
        return identifier
    if isinstance(event, IssueDeleted):
        return f"issue {event.issue_id} deleted"
    if isinstance(event, PostFunctionRan):
        return _key_of_call(event)
    return f"issue {event.issue_id} change {event.changelog_id}"


def _key_of_call(event: PostFunctionRan) -> str:
    """Where Jira says which change it was, that and the rule; else the moment of arrival, and the worker finds repeats."""
    change = event.changelog_id or event.happened_at.isoformat()
    rule = hashlib.sha256(event.configuration.encode()).hexdigest()[:16]
    return f"issue {event.issue_id} rule {rule} {change}"
