"""The lead of a project, whom Rapport tells what somebody should look at."""

from __future__ import annotations

from connect import JiraForbidden, JiraNotFound, Project, User
from plugin.ports import Jira


def lead_of(jira: Jira, project: Project) -> User | None:
    """None where the project has none, or where Jira does not show the account."""
    if project.lead_account_id is None:
        return None
    try:
        return jira.get_user(project.lead_account_id)
    except (JiraNotFound, JiraForbidden):
        return None
