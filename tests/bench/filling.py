"""Rows to measure with: a site, its checkpoints and contacts, and any number of answers, stored in bulk."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from connect import Installation
from plugin import flow
from plugin.activities.store import activity
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.counts import monday_of
from plugin.customers import service as customers
from plugin.customers.service import ContactDetails
from plugin.database import Database, Tx
from plugin.domain import Checkpoint, Role
from plugin.invitations.store import invitation
from plugin.postmortems import service as postmortems
from plugin.questionnaires import service as questionnaires
from plugin.sealing import Seal
from plugin.surveys.store import survey_response
from plugin.tenants.service import TenantService
from plugin.transitions.store import transition_event
from tests.bench.traffic import FROM_STATUS_ID, TO_STATUS_ID, Signer

ANSWERS_OF_AN_ISSUE = 10
CHECKPOINTS = 5
WRITTEN_ONE_BY_ONE = 1000
YEAR = timedelta(days=365)
COMMENTS = (
    "The new order form saves us an hour a day.",
    "Good work, but we heard of the delay only when we asked.",
    "Please tell us earlier what will change. Our own people had to find out from the screen.",
    "Exactly what we had agreed on.",
)


def install(
    database: Database, secret_keys: Sequence[str], signer: Signer, jira_url: str, now: datetime, token: str = "token"
) -> int:
    """The id of a tenant whose Jira is at `jira_url`."""
    tenants = TenantService(database, Seal(secret_keys), flow.after_uninstall)
    expires_at = now + timedelta(hours=1)
    site = Installation(signer.client_key, signer.secret, jira_url, jira_url, None, token, "body", expires_at)
    tenants.install(site, now)
    tenant = tenants.find_tenant(signer.client_key)
    assert tenant is not None
    return tenant.id


def fill_project(tx: Tx, project_id: str, answers: int, silent: int, now: datetime) -> None:
    """A project whose issues have ten answers and `silent` unanswered asks each, over the last year.

    Above a thousand answers, which must then be whole thousands, the first thousand are multiplied.
    """
    rules = _checkpoints(tx, project_id, now)
    contacts = _contacts(tx, project_id, ANSWERS_OF_AN_ISSUE + silent, now)
    written = min(answers, WRITTEN_ONE_BY_ONE)
    counts = _fill_issues(tx, project_id, written // ANSWERS_OF_AN_ISSUE, rules, contacts, now)
    if answers > written:
        _multiply(tx, project_id, answers // written - 1, counts)


def fill_ledger(tx: Tx, project_id: str, activities: int, now: datetime) -> None:
    """Activities of the last year, half of them done, and a post-mortem that has begun."""
    rows = [
        {
            "project_id": project_id,
            "kind": "update",
            "title": f"Update {number}",
            "planned_on": (now - YEAR * number / activities).date(),
            "done_on": (now - YEAR * number / activities).date() if number % 2 else None,
            "result": "They know what comes next." if number % 2 else "",
            "more_needed": number % 3 == 0,
            "more": "",
            "repeat_days": 0,
            "origin": "person",
            "issue_key": "",
            "noted_for": "",
            "created_at": now - YEAR,
        }
        for number in range(activities)
    ]
    _add(tx, activity, rows)
    postmortems.begin(tx, project_id, now)


def _checkpoints(tx: Tx, project_id: str, now: datetime) -> list[Checkpoint]:
    for number in range(CHECKPOINTS):
        name, status = f"Checkpoint {number + 1}", TO_STATUS_ID if number == 0 else str(100 + number)
        checkpoints.add(tx, project_id, CheckpointDetails(name, (), (), status, "delivery", 2, 14), now)
    return checkpoints.list_of_project(tx, project_id)


def _contacts(tx: Tx, project_id: str, count: int, now: datetime) -> list[tuple[int, int]]:
    """Customer and contact ids."""
    customer_id = customers.add_customer(tx, project_id, f"Customer of {project_id}", now)
    people = [(f"Person {number}", f"person{number}@customer.example") for number in range(count)]
    return [
        (customer_id, customers.add_contact(tx, project_id, customer_id, ContactDetails(name, email, "en", "Europe/Berlin", Role.USER), now))
        for name, email in people
    ]  # fmt: skip


def _fill_issues(
    tx: Tx, project_id: str, issues: int, rules: list[Checkpoint], contacts: list[tuple[int, int]], now: datetime
) -> tuple[int, int, int]:
    """The number of events, invitations and responses that were added, each with ids one after the other."""
    events = [_event(project_id, number, now - timedelta(days=30) - YEAR * number / issues) for number in range(issues)]
    event_ids = _add(tx, transition_event, events)
    questionnaire_id = questionnaires.newest(tx, rules[0].survey_id).id
    asks = [
        _ask(
            rules[number % len(rules)], event, event_id, customer_id, contact_id,
            answered=place < ANSWERS_OF_AN_ISSUE, questionnaire_id=questionnaire_id,
        )
        for number, (event, event_id) in enumerate(zip(events, event_ids, strict=True))
        for place, (customer_id, contact_id) in enumerate(contacts)
    ]  # fmt: skip
    ask_ids = _add(tx, invitation, asks)
    chance = random.Random(issues)  # the same rows in each run
    answered = [(ask_id, ask) for ask_id, ask in zip(ask_ids, asks, strict=True) if ask["answered_at"]]
    _add(tx, survey_response, [_response(ask_id, ask, chance) for ask_id, ask in answered])
    return len(events), len(asks), len(answered)


def _add(tx: Tx, table: sa.Table, rows: list[dict[str, Any]]) -> Sequence[int]:
    """The new rows' ids, in order."""
    statement = sa.insert(table).values(tenant_id=tx.tenant_id)
    return tx.execute(statement.returning(table.c.id, sort_by_parameter_order=True), rows).scalars().all()


def _multiply(tx: Tx, project_id: str, copies: int, counts: tuple[int, int, int]) -> None:
    """Copies of the project's newest rows, made by the database itself. Copy n has ids that lie n times further on."""
    events, asks, answers = counts
    issue_id = {"issue_id": "e.issue_id || '.' || n"}
    issue = {**issue_id, "issue_key": "e.issue_key || '.' || n"}
    once = {"delivery_key": "e.delivery_key || '.' || n", "changelog_id": "e.changelog_id || '.' || n"}
    _copy(tx, project_id, copies, transition_event, {"id": f"e.id + n * {events}", **issue, **once})
    asked = {"id": f"e.id + n * {asks}", "event_id": f"e.event_id + n * {events}"}
    _copy(tx, project_id, copies, invitation, {**asked, **issue})
    answered = {"id": f"e.id + n * {answers}", "invitation_id": f"e.invitation_id + n * {asks}"}
    _copy(tx, project_id, copies, survey_response, {**answered, **issue_id})


def _copy(tx: Tx, project_id: str, copies: int, table: sa.Table, changed: Mapping[str, str]) -> None:
    names = [column.name for column in table.columns]
    values = ", ".join(changed.get(name, f"e.{name}") for name in names)
    statement = f"""
        INSERT INTO {table.name} ({", ".join(names)})
        WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < :copies)
        SELECT {values} FROM {table.name} e CROSS JOIN copy
        WHERE e.tenant_id = :tenant_id AND e.project_id = :project_id
    """
    tx.execute(sa.text(statement), {"copies": copies, "tenant_id": tx.tenant_id, "project_id": project_id})
    if tx.connection.dialect.name == "postgresql":
        last = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
        tx.execute(sa.text(last))


def _event(project_id: str, number: int, happened_at: datetime) -> dict[str, Any]:
    issue_id = f"{project_id}{number:05d}"
    return {
        "delivery_key": f"filled {issue_id}",
        "issue_id": issue_id,
        "issue_key": f"DEMO-{number}",
        "project_id": project_id,
        "changelog_id": issue_id,
        "from_status_id": FROM_STATUS_ID,
        "to_status_id": TO_STATUS_ID,
        "happened_at": happened_at,
        "received_at": happened_at,
        "outcome": "decided",
    }


def _ask(
    rule: Checkpoint,
    event: dict[str, Any],
    event_id: int,
    customer_id: int,
    contact_id: int,
    *,
    answered: bool,
    questionnaire_id: int,
) -> dict[str, Any]:
    asked_at = event["happened_at"]
    return {
        "checkpoint_id": rule.id,
        "event_id": event_id,
        "issue_id": event["issue_id"],
        "issue_key": event["issue_key"],
        "project_id": event["project_id"],
        "customer_id": customer_id,
        "contact_id": contact_id,
        "questionnaire_id": questionnaire_id,
        "context": {"summary": "Order form for wholesale customers", "projectName": "Web shop"},
        "created_at": asked_at,
        "due_at": asked_at,
        "sent_at": asked_at,
        "answered_at": asked_at + timedelta(hours=5) if answered else None,
        "expires_at": asked_at + timedelta(days=14),
    }


def _response(ask_id: int, ask: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    same = ("project_id", "checkpoint_id", "issue_id", "contact_id", "questionnaire_id", "answered_at")
    marks = chance.choice(
        ({}, {"informed": "too_little"}, {"informed": "about_right"}, *({"effort": n} for n in (3, 6, 7)))
    )
    return {
        "invitation_id": ask_id,
        "version": 1,
        **{name: ask[name] for name in same},
        "monday": monday_of(ask["answered_at"]),
        "score": chance.choice((None, 1, 2, 3, 4, 4, 4, 5, 5, 5)),
        "comment": chance.choice(COMMENTS) if chance.random() < 0.3 else "",
        "answers": marks,
        "marks": json.dumps(marks) if marks else "",
        "language": "en",
        "counted": True,
    }
