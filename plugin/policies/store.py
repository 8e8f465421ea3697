"""Table and queries of a site's ask policy."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from plugin.asking import AskPolicy
from plugin.database import BigId, Json, Tx, UtcDateTime, metadata

ask_policy = sa.Table(
    "ask_policy",
    metadata,
    sa.Column(
        "tenant_id", BigId, sa.ForeignKey("tenant.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("quiet_days", sa.Integer, nullable=False),
    sa.Column("asks_per_quarter", sa.Integer, nullable=False),
    sa.Column("internal_domains", Json, nullable=False),
    sa.Column("storm_cap", sa.Integer, nullable=False),
    sa.Column("sending_from_hour", sa.Integer, nullable=False),
    sa.Column("sending_until_hour", sa.Integer, nullable=False),
    sa.Column("working_days_only", sa.Boolean, nullable=False),
    sa.Column("oldest_event_days", sa.Integer, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)


def find_policy(tx: Tx) -> AskPolicy | None:
    """None where the site never changed anything."""
    columns = [ask_policy.c[name] for name in AskPolicy.__dataclass_fields__]
    row = tx.execute(sa.select(*columns).where(ask_policy.c.tenant_id == tx.tenant_id)).one_or_none()
    return None if row is None else AskPolicy(**{**row._mapping, "internal_domains": tuple(row.internal_domains)})


def mark_policy(tx: Tx, policy: AskPolicy, by: str, now: datetime) -> None:
    values = {name: getattr(policy, name) for name in AskPolicy.__dataclass_fields__}
    values |= {"internal_domains": list(policy.internal_domains), "changed_by": by, "changed_at": now}
    statement = tx.insert(ask_policy).values(tenant_id=tx.tenant_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_=values))


def clear_author(tx: Tx, account_id: str) -> int:
    """Forget that this account changed the policy; the number of rows."""
    mine = (ask_policy.c.tenant_id == tx.tenant_id, ask_policy.c.changed_by == account_id)
    cleared = sa.update(ask_policy).where(*mine).values(changed_by="").returning(ask_policy.c.tenant_id)
    return len(tx.execute(cleared).all())
