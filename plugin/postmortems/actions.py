"""Speaks with Jira about one action: makes its issue, and reads where it stands."""

from __future__ import annotations

from datetime import datetime

from connect import Issue, JiraNotFound, JiraRejected, NewIssue, Project
from plugin.cases.case import progress
from plugin.errors import Invalid
from plugin.postmortems.store import ActionItem
from plugin.work import Work

LABEL = "post-mortem"


def make_issue(work: Work, action: ActionItem) -> tuple[str, str]:
    """Id and key of the action's issue: the one that an attempt cut short has left behind, or a new one."""
    mark = f"rapport-action-{action.id}"
    if work.job.attempts > 1:
        found = work.jira.search_page(f'project = {action.project_id} AND labels = "{mark}"', size=1).issues
        if found:
            return found[0].id, found[0].key
    kind = _task(work.jira.get_project(action.project_id))
    text = {"type": "paragraph", "content": [{"type": "text", "text": "Decided in the project’s post-mortem."}]}
    words = {"type": "doc", "version": 1, "content": [text]}
    whole = NewIssue(action.project_id, kind, action.title, words, (LABEL, mark), action.target_on, action.owner_account_id)  # fmt: skip
    try:
        return work.jira.create_issue(whole)
    except JiraRejected:
        return work.jira.create_issue(NewIssue(action.project_id, kind, action.title, words))


def _task(project: Project) -> str:
    kinds = [kind for kind in project.issue_types if not kind.subtask]
    if not kinds:
        raise Invalid("the project has no kind of issue that an action could be")
    return next((kind.id for kind in kinds if kind.name == "Task"), kinds[0].id)


def look(work: Work, action: ActionItem) -> tuple[Issue, datetime | None] | None:
    """The issue and since when it is done; None where it is gone."""
    try:
        issue = work.jira.get_issue(action.jira_issue_id or "")
    except JiraNotFound:
        return None
    categories = {status.id: status.category for status in work.jira.get_project(issue.project_id).statuses}
    return issue, progress(issue.changes, categories).closed_at
