"""What only Jira knows when a change is matched with checkpoints: the order of statuses, and who meets a condition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connect import Issue, JiraRejected
from plugin.checkpoints import service
from plugin.checkpoints.matching import Move
from plugin.database import Database
from plugin.domain import Checkpoint, TransitionEvent
from plugin.errors import Outdated
from plugin.ports import Jira


@dataclass(frozen=True, slots=True)
class Happened:
    """An issue of a project made a move."""

    issue_id: str
    project_id: str
    move: Move

    @classmethod
    def of(cls, event: TransitionEvent, issue: Issue) -> Happened:
        move = Move(issue.issue_type_id, event.from_status_id, event.to_status_id)
        return cls(issue.id, issue.project_id, move)


@dataclass(frozen=True, slots=True)
class Outlook:
    """For each condition the issues that meet it; and the conditions that Jira cannot read (any more)."""

    met: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()

    def is_met(self, checkpoint: Checkpoint, issue_id: str) -> bool | None:
        """None where Jira cannot read the condition. Raises Outdated for one that was written a moment ago."""
        if not checkpoint.condition:
            return True
        if checkpoint.condition in self.unreadable:
            return None
        if checkpoint.condition not in self.met:
            raise Outdated("the checkpoint was changed meanwhile")
        return issue_id in self.met[checkpoint.condition]


def look(database: Database, tenant_id: int, jira: Jira, happened: Iterable[Happened], now: datetime) -> Outlook:
    """Ask Jira what is needed to match these changes, which is nothing for most checkpoints."""
    events = list(happened)
    with database.reading(tenant_id) as tx:
        unplaced = {
            each.project_id for each in events if service.must_learn_workflow(tx, each.project_id, each.move, now)
        }
    for project in [jira.get_project(project_id) for project_id in unplaced]:
        with database.transaction(tenant_id) as tx:
            service.learn_workflow(tx, project, now)
    wanted: dict[str, set[str]] = defaultdict(set)
    with database.reading(tenant_id) as tx:
        for each in events:
            for checkpoint in service.concerned(tx, each.project_id, each.move):
                if checkpoint.condition:
                    wanted[checkpoint.condition].add(each.issue_id)
    found = {condition: _met(jira, condition, issue_ids) for condition, issue_ids in wanted.items()}
    met = {condition: ids for condition, ids in found.items() if ids is not None}
    return Outlook(met, frozenset(found.keys() - met.keys()))


def _met(jira: Jira, condition: str, issue_ids: set[str]) -> frozenset[str] | None:
    try:
        return jira.find_matching(condition, sorted(issue_ids))
    except JiraRejected:
        if jira.find_jql_errors(condition):
            return None
        raise
