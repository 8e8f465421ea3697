"""Reads what Jira answers about dates: releases, and due dates that moved."""

from __future__ import annotations

from datetime import date
from typing import Any

from connect.jira_answers import _Changelog, _Raw, _read, _time  # the same reading, in a file of its own
from connect.jira_types import DueChange, Version


class _Version(_Raw):
    id: str
    name: str
    released: bool = False
    release_date: str | None = None


class _Dated(_Raw):
    key: str
    changelog: _Changelog | None = None


class _DatedPage(_Raw):
    issues: list[_Dated]
    next_page_token: str | None = None


def versions(raw: Any) -> list[Version]:
    return [Version(each.id, each.name, each.released, _day(each.release_date)) for each in _read(raw, list[_Version])]


def due_changes_page(raw: Any) -> tuple[list[DueChange], str | None]:
    page = _read(raw, _DatedPage)
    found = [
        DueChange(issue.key, _time(history.created), _day(item.from_), _day(item.to))
        for issue in page.issues
        for history in (issue.changelog or _Changelog()).histories
        for item in history.items
        if (item.field_id or item.field) == "duedate"
    ]
    return found, page.next_page_token


def _day(text: str | None) -> date | None:
    """Jira writes 2026-11-20. What is none counts as not entered: no date is better than a wrong one."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
