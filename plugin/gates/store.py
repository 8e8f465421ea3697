"""Table and queries of waivers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from plugin.database import Tx, UtcDateTime, metadata, tenant_column

gate_waiver = sa.Table(
    "gate_waiver",
    metadata,
    tenant_column(),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("waived_by", sa.Text, nullable=False),  # Atlassian account
    sa.Column("waived_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "issue_id"),
)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody let an issue pass the gates of its workflow without the customer. `waived_by`: an Atlassian account."""

    reason: str
    waived_by: str
    waived_at: datetime


_OF_ISSUE = sa.select(*(gate_waiver.c[name] for name in Waiver.__dataclass_fields__)).where(
    gate_waiver.c.tenant_id == sa.bindparam("tenant_id"), gate_waiver.c.issue_id == sa.bindparam("issue_id")
)


def find_waiver(tx: Tx, issue_id: str) -> Waiver | None:
    row = tx.execute(_OF_ISSUE, {"tenant_id": tx.tenant_id, "issue_id": issue_id}).one_or_none()
    return None if row is None else Waiver(**row._mapping)


def add_waiver(tx: Tx, project_id: str, issue_id: str, reason: str, account_id: str, now: datetime) -> None:
    """The newer reason takes the place of an older one."""
    values = {"project_id": project_id, "reason": reason, "waived_by": account_id, "waived_at": now}
    statement = tx.insert(gate_waiver).values(tenant_id=tx.tenant_id, issue_id=issue_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "issue_id"], set_=values))


def delete_waiver(tx: Tx, issue_id: str) -> None:
    tx.execute(sa.delete(gate_waiver).where(_of(tx, issue_id)))


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget who waived; the waiver and its reason stay. How many there were."""
    mine = (gate_waiver.c.tenant_id == tx.tenant_id, gate_waiver.c.waived_by == account_id)
    cleared = sa.update(gate_waiver).where(*mine).values(waived_by="").returning(gate_waiver.c.issue_id)
    return len(tx.execute(cleared).all())


def _of(tx: Tx, issue_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(gate_waiver.c.tenant_id == tx.tenant_id, gate_waiver.c.issue_id == issue_id)
