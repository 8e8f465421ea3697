"""How Jira's answers are read: only the parts that we use, checked, and an error instead of a guess."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from connect.errors import JiraUnreachable
from connect.shapes import Shape, shaped


class Raw(msgspec.Struct, rename="camel"):
    """Base of what is read: camelCase names, everything else ignored."""


class Account(Raw):
    account_id: str
    display_name: str = ""
    locale: str | None = None
    time_zone: str | None = None
    email_address: str | None = None
    account_type: str = "atlassian"
    active: bool = True


class Item(Raw):
    field: str = ""
    field_id: str | None = None
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    to_string: str | None = None


class History(Raw):
    id: str
    created: str
    author: Account | None = None
    items: list[Item] = []


class Changelog(Raw):
    histories: list[History] = []
    total: int | None = None


def read(raw: Any, shape: type[Shape]) -> Shape:
    """Raises JiraUnreachable for an answer of another shape."""
    try:
        return shaped(_storable(raw), shape)
    except (msgspec.ValidationError, RecursionError):
        raise JiraUnreachable("unexpected_answer") from None


def _storable(value: Any) -> Any:
    """The same without NUL and halves of characters, which JSON can say and no database stores: whoever names an issue
    must not stop the work that follows."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    if isinstance(value, dict):
        return {name: _storable(part) for name, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list) else value


def moment(text: str) -> datetime:
    """Aware UTC. Jira writes 2026-11-20T10:15:30.123+0000. Raises JiraUnreachable for what is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise JiraUnreachable("unexpected_answer") from None
