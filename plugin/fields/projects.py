"""Compute how satisfied a project's customers are, and remember what Jira has been told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from plugin.cases import service as cases
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.fields import store
from plugin.fields.project_value import DAYS, project_value
from plugin.jobs import service as jobs
from plugin.metrics.beside import beside
from plugin.metrics.csat import csat
from plugin.questionnaires import service as questionnaires
from plugin.surveys import service as surveys
from plugin.warnings import service as warnings


def value_of_project(tx: Tx, project_id: str, now: datetime) -> dict[str, Any]:
    """The whole property, over the last days that the Satisfaction page shows first."""
    since, apart = now - timedelta(days=DAYS), cases.apart(tx)
    counts = surveys.week_counts(tx, project_id, since, apart=apart)
    marks = surveys.mark_counts(tx, project_id, since, apart=apart)
    versions = questionnaires.list_by_id(tx, {count.questionnaire_id for count in marks})
    people = {contact.id for each in customers.register(tx, project_id) for contact in each.contacts}
    return project_value(
        csat((count.score, count.count) for count in counts),
        beside(marks, versions).informed,
        len(people & surveys.who_answered(tx, project_id)),
        len(people),
        len(warnings.list_open(tx, project_id)),
        now.astimezone(UTC).date(),
    )


def write_soon(tx: Tx, project_id: str, now: datetime) -> None:
    """Have the worker tell Jira how the project stands."""
    jobs.enqueue(tx, "project", f"project:{project_id}", {"project_id": project_id}, now, now, coalesce=True)


def needs_writing(tx: Tx, project_id: str, value: Mapping[str, Any]) -> bool:
    """False where Jira has this value already."""
    return store.find_project_value(tx, project_id) != value


def record_written(tx: Tx, project_id: str, value: Mapping[str, Any], now: datetime) -> None:
    store.mark_project_written(tx, project_id, value, now)
