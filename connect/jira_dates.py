"""Reads what Jira answers about dates: releases, and due dates that moved."""

from __future__ import annotations

from datetime import date
from typing import Any

from connect.jira_reading import Changelog, Raw, moment, read
from connect.jira_types import DueChange, Version


class _Version(Raw):
    id: str
    name: str
    released: bool = False
    release_date: str | None = None


class _Dated(Raw):
    key: str
    changelog: Changelog | None = None


class _DatedPage(Raw):
    issues: list[_Dated]
    next_page_token: str | None = None


def versions(raw: Any) -> list[Version]:
    return [Version(each.id, each.name, each.released, _day(each.release_date)) for each in read(raw, list[_Version])]


def due_changes_page(raw: Any) -> tuple[list[DueChange], str | None]:
    page = read(raw, _DatedPage)
    found = [
        DueChange(issue.key, moment(history.created), _day(item.from_), _day(item.to))
        for issue in page.issues
        for history in (issue.changelog or Changelog()).histories
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
