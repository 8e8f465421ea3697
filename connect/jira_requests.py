"""Reads what a service desk says of its requests. Source: Atlassian's OpenAPI document of Jira Service Management."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from connect.jira_reading import Raw, read

CSAT = "csat"


class _Feedback(Raw):
    type: str = CSAT
    rating: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None


def rating(raw: Any) -> int | None:
    """1 to 5; None where nobody has rated, or by another measure. Raises JiraUnreachable for what is neither."""
    found = read(raw, _Feedback)
    return found.rating if found.type == CSAT else None
