"""Table and queries of service desk ratings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from plugin.database import Tx, UtcDateTime, metadata, tenant_column

desk_rating = sa.Table(
    "desk_rating",
    metadata,
    tenant_column(),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("rating", sa.Integer, nullable=True),  # None: nobody has rated it
    sa.Column("found_at", UtcDateTime, nullable=True),  # when we first read this rating: Jira does not say when it was given
    sa.Column("looked_at", UtcDateTime, nullable=False),
    sa.Column("given", sa.Integer, nullable=True),  # what we rated it with ourselves, from a survey's answer
    sa.Column("giving", sa.Integer, nullable=True),  # what we are about to: whether Jira took it is not known yet
    sa.PrimaryKeyConstraint("tenant_id", "issue_id"),
    sa.Index("ix_desk_rating_project", "tenant_id", "project_id", "found_at"),
)  # fmt: skip

desk_writing = sa.Table(
    "desk_writing",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("refused_at", UtcDateTime, nullable=True),
    sa.PrimaryKeyConstraint("tenant_id", "project_id"),
)


@dataclass(frozen=True, slots=True)
class DeskRating:
    """What Jira said of one request. `rating` 1…5 and `found_at` are None while nobody has rated it.

    `given` is the score that we rated it with ourselves; `giving` the one that we are about to.
    """

    issue_id: str
    project_id: str
    rating: int | None
    found_at: datetime | None
    looked_at: datetime
    given: int | None = None
    giving: int | None = None

    @property
    def from_us(self) -> frozenset[int]:
        """The ratings that can be there because we gave them."""
        return frozenset(each for each in (self.given, self.giving) if each is not None)

    @property
    def ours(self) -> bool:
        """The rating came from us and says nothing new. The reporter's own one takes its place, if it is another."""
        return self.rating in self.from_us


@dataclass(frozen=True, slots=True)
class Writing:
    """Whether a project's requests are rated by us. `refused_at`: Jira did not let us, which switched it off."""

    enabled: bool = False
    refused_at: datetime | None = None


_OF_ISSUE = sa.select(*(desk_rating.c[name] for name in DeskRating.__dataclass_fields__)).where(
    desk_rating.c.tenant_id == sa.bindparam("tenant_id"), desk_rating.c.issue_id == sa.bindparam("issue_id")
)


def find_rating(tx: Tx, issue_id: str) -> DeskRating | None:
    """None where we never looked: it is no request, or not done yet."""
    row = tx.execute(_OF_ISSUE, {"tenant_id": tx.tenant_id, "issue_id": issue_id}).one_or_none()
    return None if row is None else DeskRating(**row._mapping)


def mark_rating(tx: Tx, found: DeskRating) -> None:
    """In place of what was known of the request."""
    values = {name: getattr(found, name) for name in DeskRating.__dataclass_fields__}
    statement = tx.insert(desk_rating).values(tenant_id=tx.tenant_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "issue_id"], set_=values))


def find_writing(tx: Tx, project_id: str) -> Writing | None:
    """None where nobody ever switched it."""
    mine = (desk_writing.c.tenant_id == tx.tenant_id, desk_writing.c.project_id == project_id)
    row = tx.execute(sa.select(desk_writing.c.enabled, desk_writing.c.refused_at).where(*mine)).one_or_none()
    return None if row is None else Writing(**row._mapping)


def mark_writing(tx: Tx, project_id: str, writing: Writing) -> None:
    values = {"enabled": writing.enabled, "refused_at": writing.refused_at}
    statement = tx.insert(desk_writing).values(tenant_id=tx.tenant_id, project_id=project_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "project_id"], set_=values))


def has_requests(tx: Tx, project_id: str) -> bool:
    """Whether we ever looked at a request of this project."""
    return (
        tx.execute(sa.select(desk_rating.c.issue_id).where(*_of_project(tx, project_id)).limit(1)).first() is not None
    )


def list_counts(tx: Tx, project_id: str, since: datetime | None) -> list[tuple[int, int, datetime]]:
    """(rating, how many requests, when the newest was found) of what reporters gave, found since then, or ever; best first."""
    columns = (
        desk_rating.c.rating,
        sa.func.count().label("n"),
        sa.func.max(desk_rating.c.found_at).label("found_at"),
    )
    theirs = [desk_rating.c.rating.is_distinct_from(ours) for ours in (desk_rating.c.given, desk_rating.c.giving)]
    found = desk_rating.c.found_at.is_not(None) if since is None else desk_rating.c.found_at >= since
    mine = (*_of_project(tx, project_id), found, *theirs)
    query = sa.select(*columns).where(*mine).group_by(desk_rating.c.rating).order_by(desk_rating.c.rating.desc())
    return [(row.rating, row.n, row.found_at) for row in tx.execute(query)]


def _of_project(tx: Tx, project_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return desk_rating.c.tenant_id == tx.tenant_id, desk_rating.c.project_id == project_id
