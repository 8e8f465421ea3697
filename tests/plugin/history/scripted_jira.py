"""A Jira with as many issues as a test wants, which counts what it is asked, and fails where it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connect import Issue, IssuePage, IssueType, JiraError, PeopleField, Project, Status, StatusChange, User
from tests.plugin.asking import NOW

REPORTER = User("712020:rita", "Rita Reporter", None, None)


def an_issue(number: int, changes: Sequence[StatusChange] = (), issue_type_id: str = "10001") -> Issue:
    return Issue(
        id=str(20000 + number),
        key=f"DEMO-{number}",
        project_id="10000",
        project_key="DEMO",
        project_name="Demo",
        issue_type_id=issue_type_id,
        issue_type_name="Story",
        status_id="3",
        status_name="Review",
        summary="Something",
        assignee_account_id=None,
        assignee_name=None,
        reporter_account_id=REPORTER.account_id,
        updated_at=NOW,
        changes=tuple(changes),
        history_complete=number % 1000 != 0,
        people={"reporter": (REPORTER,), "customfield_10031": ()},
    )


def moves(number: int, *days_ago: int, now: datetime = NOW) -> tuple[StatusChange, ...]:
    """An issue that went on by a status on each of these days: 1 → 2 → 3 …"""
    return tuple(
        StatusChange(f"{number}0{step}", now - timedelta(days=days), "712020:tom", str(step), str(step + 1))
        for step, days in enumerate(days_ago, 1)
    )


@dataclass
class ScriptedJira:
    """`failures`: what the calls for pages raise before they answer again."""

    issues: int
    now: datetime = NOW
    failures: list[JiraError] = field(default_factory=list)
    asked: list[tuple[str, str | None, int]] = field(default_factory=list)  # JQL, token, size
    counted: int = 0

    def count_issues(self, jql: str) -> int:
        self.counted += 1
        return self.issues

    def get_project(self, project_id: str) -> Project:
        statuses = (
            Status("1", "To do", "new"),
            Status("2", "Doing", "indeterminate"),
            Status("3", "Review", "indeterminate"),
        )
        return Project(project_id, "DEMO", "Demo", None, (IssueType("10001", "Story", False),), statuses)

    def list_people_fields(self) -> list[PeopleField]:
        return [PeopleField(each, each, "") for each in ("assignee", "reporter", "customfield_10031")]

    def search_page(
        self,
        jql: str,
        token: str | None = None,
        *,
        size: int = 100,
        with_changes: bool = False,
        people_fields: Sequence[str] = (),
    ) -> IssuePage:
        assert with_changes
        assert tuple(people_fields) == ("reporter", "customfield_10031")
        self.asked.append((jql, token, size))
        if self.failures:
            raise self.failures.pop(0)
        start = int(token or 0)
        end = min(start + size, self.issues)
        found = tuple(an_issue(number, moves(number, 95, 60, 30, now=self.now)) for number in range(start, end))
        return IssuePage(found, str(end) if end < self.issues else None)
