"""Tables and queries of cases."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from plugin.cases.case import Case
from plugin.database import BigId, Tx, UtcDateTime, metadata, tenant_column
from plugin.errors import NotFound

customer_case = sa.Table(
    "customer_case",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("invitation_id", BigId, sa.ForeignKey("invitation.id"), nullable=True),  # or a conversation
    sa.Column("conversation_id", BigId, sa.ForeignKey("conversation.id"), nullable=True),
    sa.Column("checkpoint_id", BigId, sa.ForeignKey("checkpoint.id"), nullable=True),
    sa.Column("customer_id", BigId, sa.ForeignKey("customer.id"), nullable=True),
    sa.Column("contact_id", BigId, sa.ForeignKey("contact.id"), nullable=True),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("issue_key", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),  # whose holidays count, or ""
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("low_score", sa.Integer, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("jira_issue_id", sa.Text, nullable=True),
    sa.Column("jira_issue_key", sa.Text, nullable=True),
    sa.Column("jira_issue_gone", sa.Boolean, nullable=False),
    sa.Column("contacted_at", UtcDateTime, nullable=True),
    sa.Column("closed_at", UtcDateTime, nullable=True),
    sa.Column("recheck_id", BigId, sa.ForeignKey("invitation.id"), nullable=True),
    sa.Column("recheck_score", sa.Integer, nullable=True),
    sa.Column("rechecked_at", UtcDateTime, nullable=True),
    sa.Column("withdrawn_at", UtcDateTime, nullable=True),
    sa.Column("told", sa.Text, nullable=False),
    sa.UniqueConstraint("tenant_id", "invitation_id"),
    sa.UniqueConstraint("tenant_id", "conversation_id"),
    sa.Index("ix_customer_case_project", "tenant_id", "project_id", "opened_at"),
    sa.Index("ix_customer_case_issue", "tenant_id", "issue_id"),
    sa.Index("ix_customer_case_jira", "tenant_id", "jira_issue_id"),
)

case_policy = sa.Table(
    "case_policy",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("issue_type_id", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("contact_hours", sa.Integer, nullable=False),
    sa.Column("with_words", sa.Boolean, nullable=False),
    sa.Column("mail_to", sa.Text, nullable=False),
    sa.Column("recheck_checkpoint_id", BigId, sa.ForeignKey("checkpoint.id"), nullable=True),
    sa.PrimaryKeyConstraint("tenant_id", "project_id"),
)

_COLUMNS = [customer_case.c[name] for name in Case.__dataclass_fields__]
_OF_ISSUE = (
    sa.select(*_COLUMNS)
    .where(customer_case.c.tenant_id == sa.bindparam("tenant_id"), customer_case.c.issue_id == sa.bindparam("issue_id"))
    .order_by(customer_case.c.opened_at, customer_case.c.id)
)


@dataclass(frozen=True, slots=True)
class CasePolicy:
    """How a project follows up low answers.

    `issue_type_id` "" means a task, or the first kind there is. `contact_hours` are working hours to the first
    contact. `with_words`: everybody who sees the Jira issue may read the customer's name and words. `mail_to`: who is
    told by mail; "" for the project's lead, where Jira shows us the address.
    """

    issue_type_id: str = ""
    label: str = "customer-satisfaction"
    contact_hours: int = 16
    with_words: bool = False
    mail_to: str = ""
    recheck_checkpoint_id: int | None = None


def find_policy(tx: Tx, project_id: str) -> CasePolicy | None:
    columns = [case_policy.c[name] for name in CasePolicy.__dataclass_fields__]
    mine = (case_policy.c.tenant_id == tx.tenant_id, case_policy.c.project_id == project_id)
    row = tx.execute(sa.select(*columns).where(*mine)).one_or_none()
    return None if row is None else CasePolicy(**row._mapping)


def mark_policy(tx: Tx, project_id: str, **changes: object) -> None:
    """Change some of a project's policy; what was never entered is as in `CasePolicy`."""
    whole = {name: getattr(CasePolicy(), name) for name in CasePolicy.__dataclass_fields__} | changes
    statement = tx.insert(case_policy).values(tenant_id=tx.tenant_id, project_id=project_id, **whole)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "project_id"], set_=changes))


def list_recheck_checkpoints(tx: Tx) -> list[int]:
    mine = (case_policy.c.tenant_id == tx.tenant_id, case_policy.c.recheck_checkpoint_id.is_not(None))
    return list(tx.execute(sa.select(case_policy.c.recheck_checkpoint_id).where(*mine)).scalars())


def add_case(tx: Tx, values: Mapping[str, Any]) -> int | None:
    """The id, or None where this ask or conversation has its case already."""
    fixed = {"tenant_id": tx.tenant_id, "jira_issue_gone": False, "told": ""}
    statement = tx.insert(customer_case).values(**fixed, **values).on_conflict_do_nothing()
    added: int | None = tx.execute(statement.returning(customer_case.c.id)).scalar_one_or_none()
    return added


def mark_case(tx: Tx, case_id: int, **changes: object) -> None:
    mine = (customer_case.c.tenant_id == tx.tenant_id, customer_case.c.id == case_id)
    tx.execute(sa.update(customer_case).where(*mine).values(**changes))


def get_case(tx: Tx, case_id: int) -> Case:
    """Raises NotFound."""
    row = _where(tx, customer_case.c.id == case_id).one_or_none()
    if row is None:
        raise NotFound("this case does not exist any more")
    return Case(**row._mapping)


def list_cases_of_issue(tx: Tx, issue_id: str) -> list[Case]:
    """About that issue, oldest first."""
    return [Case(**row._mapping) for row in tx.execute(_OF_ISSUE, {"tenant_id": tx.tenant_id, "issue_id": issue_id})]


def list_cases_of_project(tx: Tx, project_id: str) -> list[Case]:
    """Oldest first."""
    return [Case(**row._mapping) for row in _where(tx, customer_case.c.project_id == project_id)]


def ids_of_jira_issues(issue_ids: sa.BindParameter[list[str]]) -> sa.Select[tuple[int]]:
    """For a statement with the parameters `tenant_id` and `issue_ids`."""
    mine = customer_case.c.tenant_id == sa.bindparam("tenant_id", type_=BigId)
    return sa.select(customer_case.c.id).where(mine, customer_case.c.jira_issue_id.in_(issue_ids))


def list_followed_project_ids(tx: Tx) -> list[str]:
    """Of cases that have a Jira issue."""
    mine = customer_case.c.tenant_id == tx.tenant_id
    followed = sa.and_(customer_case.c.jira_issue_id.is_not(None), customer_case.c.jira_issue_gone.is_(False))
    return list(tx.execute(sa.select(customer_case.c.project_id).where(mine, followed).distinct()).scalars())


def _where(tx: Tx, condition: sa.ColumnElement[bool]) -> sa.CursorResult[Any]:
    mine = sa.and_(customer_case.c.tenant_id == tx.tenant_id, condition)
    return tx.execute(sa.select(*_COLUMNS).where(mine).order_by(customer_case.c.opened_at, customer_case.c.id))


def list_ids_of_contacts(tx: Tx, contact_ids: Collection[int]) -> list[int]:
    mine = (customer_case.c.tenant_id == tx.tenant_id, customer_case.c.contact_id.in_(contact_ids))
    return list(tx.execute(sa.select(customer_case.c.id).where(*mine)).scalars())
