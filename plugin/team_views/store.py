"""Table and queries of what members of a team think."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from plugin.database import BigId, Tx, UtcDateTime, metadata, tenant_column

team_view = sa.Table(
    "team_view",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("checkpoint_id", BigId, sa.ForeignKey("checkpoint.id"), nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),  # Atlassian account
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("said_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("tenant_id", "project_id", "checkpoint_id", "account_id"),
)


@dataclass(frozen=True, slots=True)
class TeamCount:
    """How many members of the team think that customers would give this score, 1…5, at one checkpoint."""

    checkpoint_id: int
    score: int
    count: int


def mark_view(tx: Tx, project_id: str, checkpoint_id: int, account_id: str, score: int, now: datetime) -> None:
    """The newer view of a person takes the place of the older one."""
    values = {"score": score, "said_at": now}
    keys = {"project_id": project_id, "checkpoint_id": checkpoint_id, "account_id": account_id}
    statement = tx.insert(team_view).values(tenant_id=tx.tenant_id, **keys, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", *keys], set_=values))


def list_counts(tx: Tx, project_id: str, since: datetime | None) -> list[TeamCount]:
    """Of views since then, or of all."""
    mine = [team_view.c.tenant_id == tx.tenant_id, team_view.c.project_id == project_id]
    if since is not None:
        mine.append(team_view.c.said_at >= since)
    keys = (team_view.c.checkpoint_id, team_view.c.score)
    query = sa.select(*keys, sa.func.count().label("count")).where(*mine).group_by(*keys)
    return [TeamCount(**row._mapping) for row in tx.execute(query)]


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget whose views these are; how many there were."""
    mine = (team_view.c.tenant_id == tx.tenant_id, team_view.c.account_id == account_id)
    nobody = sa.literal("erased:").concat(sa.cast(team_view.c.id, sa.Text))
    return len(tx.execute(sa.update(team_view).where(*mine).values(account_id=nobody).returning(team_view.c.id)).all())
