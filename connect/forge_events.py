"""What Forge triggers tell, as the same typed events that webhooks yield. A body is a hint to look the issue up.

Fields: developer.atlassian.com, "Jira events" and "Life cycle events". A trigger does not say which entry of the issue's
history it is about, so `StatusChanged.changelog_id` may be "".
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

import msgspec

from connect.errors import BadRequest, Unauthorized
from connect.webhooks import Event, IssueDeleted, StatusChanged, delivery_key

BODY_LIMIT = 5_242_880
_ID = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}-[0-9]{1,19}")
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9:._-]{1,128}")
_YEARS = range(2000, 2100)


class _Project(msgspec.Struct):
    id: object = None


class _Fields(msgspec.Struct):
    project: _Project = msgspec.field(default_factory=_Project)
    updated: object = None


class _Issue(msgspec.Struct):
    id: object = None
    key: object = None
    fields: _Fields = msgspec.field(default_factory=_Fields)


class _Item(msgspec.Struct, rename="camel"):
    field: object = None
    field_id: object = None
    from_: object = msgspec.field(name="from", default=None)
    to: object = None


class _Changelog(msgspec.Struct):
    id: object = None
    items: list[_Item] = []


class _Told(msgspec.Struct, rename="camel"):
    event_type: object = None
    issue: _Issue = msgspec.field(default_factory=_Issue)
    changelog: _Changelog = msgspec.field(default_factory=_Changelog)
    atlassian_id: object = None
    id: object = None  # of an installation, in an event of the app's own life
    app: object = None


class _Body(_Told):
    payload: _Told | None = None  # around the rest, where the sender wraps it


_DECODER = msgspec.json.Decoder(_Body)
_ANYTHING = msgspec.json.Decoder(dict[str, msgspec.Raw])


def parse_trigger(body: bytes, installation_id: str, now: datetime) -> tuple[str, Event] | None:
    """The event in a trigger's body with a key that all deliveries of it share; None if it is none that we follow.

    Raises BadRequest (`bad_json`) if it is no JSON object, and Unauthorized (`body_mismatch`) where it is about another
    installation than the token.
    """
    try:
        body.decode("utf-8")
        found: _Told = _DECODER.decode(body)
    except msgspec.ValidationError:
        _require_object(body)
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("bad_json") from None
    told = found.payload if isinstance(found, _Body) and found.payload is not None else found
    if told.app is not None and told.id is not None and not _is_about(told.id, installation_id):
        raise Unauthorized("body_mismatch")
    if told.event_type == "avi:jira:updated:issue":
        return _status_changed(told, now)
    if told.event_type == "avi:jira:deleted:issue":
        return _deleted(told.issue)
    return None


def _is_about(told: object, installation_id: str) -> bool:
    return told in (installation_id, installation_id.rpartition("/")[2])


def _require_object(body: bytes) -> None:
    try:
        _ANYTHING.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest("bad_json") from None


def _status_changed(told: _Told, now: datetime) -> tuple[str, Event] | None:
    item = next((item for item in told.changelog.items if (item.field_id or item.field) == "status"), None)
    issue_key = _matching(_KEY, told.issue.key)
    if item is None or issue_key is None:
        return None
    ids = [_matching(_ID, each) for each in (told.issue.id, told.issue.fields.project.id, item.from_, item.to)]
    if None in ids:
        return None
    issue_id, project_id, from_status_id, to_status_id = map(str, ids)
    updated_at = _time(told.issue.fields.updated)
    event = StatusChanged(
        issue_id=issue_id,
        issue_key=issue_key,
        project_id=project_id,
        changelog_id=_matching(_ID, told.changelog.id) or "",
        from_status_id=from_status_id,
        to_status_id=to_status_id,
        actor_account_id=_matching(_ACCOUNT_ID, told.atlassian_id),
        happened_at=updated_at or now,
    )
    return _key(event), event


def _key(event: StatusChanged) -> str:
    """The same for every delivery: retries repeat the body. Two moves of one issue at one moment are one move."""
    if event.changelog_id:
        return delivery_key("", event)
    parts = (event.issue_id, event.from_status_id, event.to_status_id, event.happened_at.isoformat())
    return f"issue {event.issue_id} move {hashlib.sha256(' '.join(parts).encode()).hexdigest()[:32]}"


def _deleted(issue: _Issue) -> tuple[str, Event] | None:
    issue_id, project_id = _matching(_ID, issue.id), _matching(_ID, issue.fields.project.id)
    if issue_id is None or project_id is None:
        return None
    event = IssueDeleted(issue_id, project_id)
    return delivery_key("", event), event


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return str(value) if type(value) in (str, int) and pattern.fullmatch(str(value)) else None


def _time(value: object) -> datetime | None:
    """Jira's own spelling: 2026-11-22T16:00:00.000+0000."""
    try:
        found = datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year in _YEARS else None
