"""Compute an issue's satisfaction, and remember what Jira has been told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.asking import Skip
from plugin.cases import service as cases
from plugin.cases.service import Case, CaseState
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Checkpoint, Contact, Customer, Invitation, Response, SatisfactionState
from plugin.fields import projection, projects, store
from plugin.gates import service as gates
from plugin.gates.service import Waiver
from plugin.invitations import service as invitations
from plugin.jobs import service as jobs
from plugin.questionnaires import service as questionnaires
from plugin.surveys import service as surveys


@dataclass(frozen=True, slots=True)
class IssueSatisfaction:
    """All that is known of one issue, newest first. `offered`: its project's customers. `checkpoints`: of its answers."""

    state: SatisfactionState
    score: float | None
    answered_at: datetime | None
    customer: Customer | None
    offered: tuple[Customer, ...]
    invitations: tuple[Invitation, ...]
    skips: tuple[Skip, ...]
    responses: tuple[Response, ...]
    checkpoints: Mapping[int, Checkpoint]
    waiver: Waiver | None
    cases: tuple[Case, ...]


def of_issue(tx: Tx, project_id: str, issue_id: str, now: datetime) -> IssueSatisfaction:
    """Works for any issue; one that nobody was asked about is `not asked`."""
    asks, skips = invitations.list_of_issue(tx, issue_id)
    responses = surveys.list_of_issue(tx, issue_id)
    rules = checkpoints.list_by_id(tx, {response.checkpoint_id for response in responses})
    low_scores = {checkpoint.id: checkpoint.low_score for checkpoint in rules.values()}
    offered = customers.list_customers(tx, project_id)
    followed_up = cases.list_of_issue(tx, issue_id)
    recovered = any(case.state is CaseState.RECOVERED for case in followed_up if case.invitation_id is not None)
    return IssueSatisfaction(
        state=projection.state(asks, skips, responses, low_scores, now, recovered=recovered),
        score=projection.score(responses),
        answered_at=responses[0].answered_at if responses else None,
        customer=_customer(tx, offered, issue_id, asks),
        offered=tuple(offered),
        invitations=tuple(asks),
        skips=tuple(skips),
        responses=tuple(responses),
        checkpoints=rules,
        waiver=gates.find_waiver(tx, issue_id),
        cases=tuple(followed_up),
    )


def value_of_issue(tx: Tx, project_id: str, issue_id: str, now: datetime) -> dict[str, Any]:
    """What the issue's fields say, as Jira is told it."""
    it = of_issue(tx, project_id, issue_id, now)
    more = [response for response in it.responses if response.answers]
    informed = projection.informed(more, questionnaires.list_by_id(tx, {one.questionnaire_id for one in more}))
    name, waived = None if it.customer is None else it.customer.name, it.waiver is not None
    return projection.property_value(it.state, it.score, it.answered_at, name, informed=informed, waived=waived)


def people(tx: Tx, it: IssueSatisfaction, *, registered: bool) -> dict[int, Contact]:
    """Who was asked about an issue or was not, by contact id; if `registered`, also those whom the project's customers have
    by now, by name."""
    skipped = {skip.contact_id for skip in it.skips if skip.contact_id is not None}
    ids = {ask.contact_id for ask in it.invitations} | skipped
    return customers.list_contacts_by_id(tx, ids, of=it.offered if registered else ())


def _customer(tx: Tx, offered: Sequence[Customer], issue_id: str, asks: Sequence[Invitation]) -> Customer | None:
    """The one chosen for the issue; else the one asked last, which stays when the issue moves to another project or
    that gets more customers; else the project's only one."""
    chosen = customers.find_chosen(tx, issue_id)
    if chosen is None and asks:
        asked = next((customer for customer in offered if customer.id == asks[0].customer_id), None)
        return asked or customers.get_customer(tx, asks[0].customer_id)
    return chosen or (offered[0] if len(offered) == 1 else None)


def write_soon(tx: Tx, project_id: str, issue_id: str, now: datetime) -> None:
    """Have the worker tell Jira how the issue stands."""
    payload = {"project_id": project_id, "issue_id": issue_id}
    jobs.enqueue(tx, "fields", f"fields:{issue_id}", payload, now, now, coalesce=True)


def needs_writing(tx: Tx, issue_id: str, value: Mapping[str, Any]) -> bool:
    """False where Jira has this value already."""
    return store.find_written_value(tx, issue_id) != value


def record_written(tx: Tx, project_id: str, issue_id: str, value: Mapping[str, Any], now: datetime) -> None:
    store.mark_written(tx, project_id, issue_id, value, now)


def write_all_soon(tx: Tx, now: datetime) -> int:
    """Have every issue of the site told again that somebody was asked about or that Jira was told of, and every project;
    how many issues."""
    issues = {issue_id: project_id for project_id, issue_id in invitations.list_issues(tx)} | store.list_written(tx)
    store.delete_written(tx)
    for issue_id, project_id in sorted(issues.items()):
        write_soon(tx, project_id, issue_id, now)
    for project_id in sorted({*checkpoints.project_ids(tx), *issues.values()}):
        projects.write_soon(tx, project_id, now)
    return len(issues)
