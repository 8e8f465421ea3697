"""Runs checkpoints over the history that was read: gathers what the pure rules need, and writes nothing."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from connect import JiraRejected, User
from plugin.checkpoints.outlook import Outlook
from plugin.checkpoints.workflow import Workflow
from plugin.customers.audience import Audience, Wanted
from plugin.customers.audiences import Trial
from plugin.database import Database, Tx
from plugin.domain import Checkpoint, Contact, SkipReason
from plugin.history import service as history
from plugin.history.service import Reading
from plugin.invitations import asks
from plugin.invitations.deciding import Ask
from plugin.policies import service as policies
from plugin.ports import Jira
from plugin.suggestions.summary import Summary, summarise
from plugin.suggestions.trial import Occurrence, Run, Verdict, days_of_calendar, occurrences

MOST_USERS = 500  # are looked up by name for one run; that is five calls
MOST_DECISIONS = 100_000  # in one run: some seconds, while somebody waits


@dataclass(frozen=True, slots=True)
class Material:
    """What a run needs besides the database."""

    reading: Reading
    workflow: Workflow
    checkpoints: tuple[Checkpoint, ...]
    outlook: Outlook
    users: dict[str, User]

    @property
    def unknown_fields(self) -> tuple[str, ...]:
        """Fields whose people the checkpoints ask, and the reading did not note."""
        wanted = {checkpoint.audience_field for checkpoint in self.checkpoints} - {""}
        return tuple(sorted(wanted.difference(self.reading.people_fields)))


def gather(
    database: Database,
    tenant_id: int,
    jira: Jira,
    reading: Reading,
    workflow: Workflow,
    checkpoints: Sequence[Checkpoint],
) -> Material:
    """Ask Jira who meets conditions and who people are, as of now: the past is not searchable. Raises JiraError."""
    switched_on = tuple(replace(checkpoint, enabled=True) for checkpoint in checkpoints)
    conditions = {checkpoint.condition for checkpoint in switched_on} - {""}
    found = {condition: _met(jira, condition, reading) for condition in conditions}
    met = {condition: ids for condition, ids in found.items() if ids is not None}
    outlook = Outlook(met, frozenset(found.keys() - met.keys()))
    with database.reading(tenant_id) as tx:
        accounts = _accounts(tx, reading, switched_on)
    users = {user.account_id: user for user in jira.list_users(accounts[:MOST_USERS])} if accounts else {}
    return Material(reading, workflow, switched_on, outlook, users)


def run(tx: Tx, material: Material, now: datetime, most: int = MOST_DECISIONS) -> Summary:
    """What the checkpoints would have done since the reading's beginning, person by person; after `most` decisions it
    stops, and says at which moment."""
    decisions = verdicts(tx, material, now)
    summary = summarise(islice(decisions, most))
    left_out = next(decisions, None)
    return summary if left_out is None else replace(summary, stopped_at=left_out.occurrence.trigger.happened_at)


def verdicts(tx: Tx, material: Material, now: datetime) -> Iterator[Verdict]:
    """Each single decision, oldest first."""
    reading, mine = material.reading, {checkpoint.id for checkpoint in material.checkpoints}
    audiences = Trial(tx, reading.project_id)

    def audience_of(checkpoint: Checkpoint, occurrence: Occurrence) -> Audience:
        if occurrence.change is None:
            return audiences.of_project(Wanted(checkpoint.audience_roles))
        if checkpoint.condition in material.outlook.unreadable:
            return Audience(gap=SkipReason.CONDITION_UNREADABLE)
        people = occurrence.change.people.get(checkpoint.audience_field, ())
        users = tuple(material.users.get(each, User(each, "", None, None)) for each in people)
        wanted = Wanted(checkpoint.audience_roles, users if checkpoint.audience_field else None, checkpoint.by_comment)
        return audiences.of_issue(occurrence.trigger.issue_id, wanted)

    def real_asks_of(contact: Contact) -> list[Ask]:
        if contact.id < 0:
            return []
        return [ask for ask in asks.of_people(tx, [contact], now)[contact.id] if ask.checkpoint_id not in mine]

    runs = Run(policies.of_site(tx), audience_of, real_asks_of)
    yield from runs.over(_timeline(tx, material, now))


def _timeline(tx: Tx, material: Material, now: datetime) -> list[Occurrence]:
    """Changes and days of the calendar, oldest first."""
    to_status_ids = {checkpoint.to_status_id for checkpoint in material.checkpoints} - {""}
    changes = history.changes(tx, material.reading, to_status_ids)
    project_id = material.reading.project_id
    moved = occurrences(changes, project_id, material.checkpoints, material.workflow, material.outlook)
    days = (days_of_calendar(checkpoint, material.reading.since, now) for checkpoint in material.checkpoints)
    return list(heapq.merge(moved, *days, key=lambda each: each.trigger.happened_at))


def _met(jira: Jira, condition: str, reading: Reading) -> frozenset[str] | None:
    """Ids of the issues of the reading that meet a condition; None where Jira cannot read it."""
    try:
        return jira.search_ids(f"({condition}) AND {history.which(reading)}")
    except JiraRejected:
        if jira.find_jql_errors(condition):
            return None
        raise


def _accounts(tx: Tx, reading: Reading, checkpoints: Sequence[Checkpoint]) -> list[str]:
    """Accounts in the fields whose people are asked, in the changes that could concern."""
    found: dict[str, None] = {}
    by_field: dict[str, set[str]] = {}
    for checkpoint in checkpoints:
        if checkpoint.audience_field:
            by_field.setdefault(checkpoint.audience_field, set()).add(checkpoint.to_status_id)
    for field, to_status_ids in by_field.items():
        for change in history.changes(tx, reading, to_status_ids):
            found.update(dict.fromkeys(change.people.get(field, ())))
    return list(found)
