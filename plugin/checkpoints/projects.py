"""What a checkpoint by the calendar must know of its project from Jira: its name, and whether anything goes on in it."""

from __future__ import annotations

from dataclasses import dataclass

from connect import JiraNotFound, JiraRejected
from plugin.domain import Checkpoint
from plugin.ports import Jira


@dataclass(frozen=True, slots=True)
class KnownProject:
    """`resting`: no issue was touched since the last time, or Jira does not have the project any more."""

    key: str
    name: str
    resting: bool


def look_up(jira: Jira, checkpoint: Checkpoint) -> KnownProject:
    """A checkpoint that asks only once is asked for by somebody, and does not mind a resting project."""
    try:
        project = jira.get_project(checkpoint.project_id)
        weeks = checkpoint.every_weeks
        resting = weeks is not None and _touched(jira, project.id, weeks) == 0
    except (JiraNotFound, JiraRejected):
        return KnownProject("", "", resting=True)
    return KnownProject(project.key, project.name, resting)


def _touched(jira: Jira, project_id: str, weeks: int) -> int:
    return jira.count_issues(f"project = {project_id} AND updated >= -{weeks}w")
