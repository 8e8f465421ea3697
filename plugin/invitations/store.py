"""Tables and queries of invitations and survey links."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from plugin.asking import AskCount
from plugin.counts import FunnelCount, Reached
from plugin.database import BigId, Json, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import Invitation
from plugin.errors import NotFound
from plugin.invitations.deciding import Ask

invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("checkpoint_id", BigId, sa.ForeignKey("checkpoint.id"), nullable=False),
    sa.Column("event_id", BigId, sa.ForeignKey("transition_event.id"), nullable=False),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("issue_key", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("customer_id", BigId, sa.ForeignKey("customer.id"), nullable=False),
    sa.Column("contact_id", BigId, sa.ForeignKey("contact.id"), nullable=False),
    sa.Column("questionnaire_id", BigId, sa.ForeignKey("questionnaire.id"), nullable=False),
    sa.Column("in_turn", sa.Text, nullable=False, server_default=""),
    sa.Column("exempt", sa.Boolean, nullable=False, default=False),
    sa.Column("context", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column(
        "sealed_token", sa.Text, nullable=False, server_default=""
    ),  # only between making the link and sending it
    sa.Column("attempted_at", UtcDateTime, nullable=True),
    sa.Column("sent_at", UtcDateTime, nullable=True),
    sa.Column("failed_at", UtcDateTime, nullable=True),
    sa.Column("failure", sa.Text, nullable=False, server_default=""),
    sa.Column("begun_at", UtcDateTime, nullable=True),
    sa.Column("answered_at", UtcDateTime, nullable=True),
    sa.Column("reminders", sa.Integer, nullable=False, server_default="0"),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("tenant_id", "checkpoint_id", "issue_id", "contact_id", "event_id", name="uq_invitation_ask"),
    sa.Index("ix_invitation_issue", "tenant_id", "issue_id"),
    # Covers the counts of a project's page: they never touch the rows of its neighbours, nor their texts.
    sa.Index(
        "ix_invitation_counts",
        "tenant_id",
        "project_id",
        "created_at",
        "checkpoint_id",
        "contact_id",
        "answered_at",
        "expires_at",
        "sent_at",
        "failed_at",
        "begun_at",
    ),
    sa.Index("ix_invitation_event", "tenant_id", "event_id"),
    sa.Index("ix_invitation_contact", "tenant_id", "contact_id", "project_id"),
    sa.Index("ix_invitation_checkpoint", "tenant_id", "checkpoint_id", "created_at"),
)

survey_link = sa.Table(
    "survey_link",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("tenant_id", BigId, sa.ForeignKey("tenant.id", ondelete="CASCADE"), nullable=False),
    sa.Column("invitation_id", BigId, sa.ForeignKey("invitation.id", ondelete="CASCADE"), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime, nullable=True),  # leads nowhere any more, and says so
    sa.Index("ix_survey_link_invitation", "tenant_id", "invitation_id"),
)

_INVITATION_COLUMNS = [invitation.c[name] for name in Invitation.__dataclass_fields__]
_OF_ISSUE = (
    sa.select(*_INVITATION_COLUMNS)
    .where(invitation.c.tenant_id == sa.bindparam("tenant_id"), invitation.c.issue_id == sa.bindparam("issue_id"))
    .order_by(invitation.c.id.desc())
)


def _invitation(row: sa.Row[Any]) -> Invitation:
    return Invitation(**row._mapping)


def add_invitation(tx: Tx, values: Mapping[str, Any]) -> int | None:
    """The id, or None where this contact was invited for this event already."""
    statement = tx.insert(invitation).values(tenant_id=tx.tenant_id, **values).on_conflict_do_nothing()
    added: int | None = tx.execute(statement.returning(invitation.c.id)).scalar_one_or_none()
    return added


def get_invitation(tx: Tx, invitation_id: int) -> Invitation:
    """Raises NotFound."""
    found = find_invitation(tx, invitation_id)
    if found is None:
        raise NotFound("this invitation does not exist any more")
    return found


def find_invitation(tx: Tx, invitation_id: int) -> Invitation | None:
    row = tx.execute(sa.select(*_INVITATION_COLUMNS).where(_mine(tx, invitation_id))).one_or_none()
    return None if row is None else _invitation(row)


def delete_invitation(tx: Tx, invitation_id: int) -> None:
    """Only before any mail could leave."""
    tx.execute(sa.delete(invitation).where(_mine(tx, invitation_id)))


def list_asks(tx: Tx, contact_ids: Collection[int], now: datetime) -> list[tuple[int, Ask]]:
    """Contact id and ask, for every ask of these contacts that disturbed them or still will."""
    columns = ("contact_id", "checkpoint_id", "issue_id", "project_id", "due_at", "attempted_at", "sent_at", "event_id")
    never_left = sa.and_(
        invitation.c.sent_at.is_(None),
        sa.or_(invitation.c.failed_at.is_not(None), invitation.c.expires_at <= now),
    )
    mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.contact_id.in_(contact_ids), sa.not_(never_left))
    change = invitation.c.context["change"].as_string().label("change")
    query = sa.select(*(invitation.c[name] for name in columns), invitation.c.id, change).where(*mine)
    return [
        (
            row.contact_id,
            Ask(
                checkpoint_id=row.checkpoint_id,
                issue_id=row.issue_id,
                project_id=row.project_id,
                asked_at=row.sent_at or row.attempted_at or row.due_at,
                left=row.attempted_at is not None,
                invitation_id=row.id,
                change_id=row.change or "",
                event_id=row.event_id,
            ),
        )
        for row in tx.execute(query.order_by(invitation.c.id))
    ]


def count_asks_since(tx: Tx, checkpoint_id: int, since: datetime) -> int:
    """How many people a checkpoint decided to ask after that moment."""
    mine = (
        invitation.c.tenant_id == tx.tenant_id,
        invitation.c.checkpoint_id == checkpoint_id,
        invitation.c.created_at > since,
    )
    found: int = tx.execute(sa.select(sa.func.count()).select_from(invitation).where(*mine)).scalar_one()
    return found


def get_sealed_token(tx: Tx, invitation_id: int) -> str:
    """The sealed link of a mail that may have left already; "" where none was made or it certainly left."""
    sealed: str = tx.execute(sa.select(invitation.c.sealed_token).where(_mine(tx, invitation_id))).scalar_one()
    return sealed


def mark_link_made(tx: Tx, invitation_id: int, sealed_token: str, digest: str, now: datetime) -> None:
    first = sa.func.coalesce(invitation.c.attempted_at, sa.literal(now, UtcDateTime))
    changes = {"sealed_token": sealed_token, "attempted_at": first}
    tx.execute(sa.update(invitation).where(_mine(tx, invitation_id)).values(**changes))
    link = {"digest": digest, "tenant_id": tx.tenant_id, "invitation_id": invitation_id, "created_at": now}
    tx.execute(sa.insert(survey_link).values(**link))


def mark_sent(tx: Tx, invitation_id: int, now: datetime) -> None:
    """The mail left: from here on only the hash of its link is kept."""
    tx.execute(
        sa.update(invitation)
        .where(_mine(tx, invitation_id))
        .values(sent_at=now, sealed_token="", failed_at=None, failure="")
    )


def mark_reminded(tx: Tx, invitation_id: int, reminder: int) -> None:
    tx.execute(
        sa.update(invitation).where(_mine(tx, invitation_id)).values(reminders=reminder, sealed_token="", failure="")
    )


def mark_put_off(tx: Tx, invitation_id: int, due_at: datetime, expires_at: datetime) -> None:
    """Not before `due_at`; the time to answer moves along."""
    tx.execute(sa.update(invitation).where(_mine(tx, invitation_id)).values(due_at=due_at, expires_at=expires_at))


def mark_failed(tx: Tx, invitation_id: int, failure: str, now: datetime) -> None:
    tx.execute(
        sa.update(invitation).where(_mine(tx, invitation_id)).values(failed_at=now, failure=failure, sealed_token="")
    )


def mark_trouble(tx: Tx, invitation_id: int, failure: str) -> None:
    """Not sent yet, and why; it will be tried again."""
    tx.execute(sa.update(invitation).where(_mine(tx, invitation_id)).values(failure=failure))


def count_asks(tx: Tx, project_id: str, contact_id: int) -> int:
    """How often a project has asked a person."""
    mine = (
        invitation.c.tenant_id == tx.tenant_id,
        invitation.c.contact_id == contact_id,
        invitation.c.project_id == project_id,
    )
    found: int = tx.execute(sa.select(sa.func.count()).select_from(invitation).where(*mine)).scalar_one()
    return found


def list_invitations_of_issue(tx: Tx, issue_id: str) -> list[Invitation]:
    """Newest first."""
    found = tx.execute(_OF_ISSUE, {"tenant_id": tx.tenant_id, "issue_id": issue_id})
    return [_invitation(row) for row in found]


def list_invitations_by_id(tx: Tx, invitation_ids: Collection[int]) -> dict[int, Invitation]:
    mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.id.in_(invitation_ids))
    return {row.id: _invitation(row) for row in tx.execute(sa.select(*_INVITATION_COLUMNS).where(*mine))}


def list_invitations_of_people(
    tx: Tx, project_id: str, contact_ids: Collection[int], since: datetime
) -> list[Invitation]:
    """Of one project, oldest first."""
    mine = (
        invitation.c.tenant_id == tx.tenant_id,
        invitation.c.project_id == project_id,
        invitation.c.contact_id.in_(contact_ids),
        invitation.c.created_at >= since,
    )
    return [
        _invitation(row) for row in tx.execute(sa.select(*_INVITATION_COLUMNS).where(*mine).order_by(invitation.c.id))
    ]


def list_invitations_of_contacts(tx: Tx, contact_ids: Collection[int], project_id: str, limit: int) -> list[Invitation]:
    """The newest first."""
    mine = (
        invitation.c.tenant_id == tx.tenant_id,
        invitation.c.contact_id.in_(contact_ids),
        invitation.c.project_id == project_id,
    )
    query = sa.select(*_INVITATION_COLUMNS).where(*mine).order_by(invitation.c.id.desc()).limit(limit)
    return [_invitation(row) for row in tx.execute(query)]


def list_invitations_of_events(tx: Tx, event_ids: list[int]) -> list[Invitation]:
    mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.event_id.in_(event_ids))
    return [
        _invitation(row) for row in tx.execute(sa.select(*_INVITATION_COLUMNS).where(*mine).order_by(invitation.c.id))
    ]


def mark_begun(tx: Tx, invitation_id: int, now: datetime) -> None:
    """Keeps the first date."""
    first = sa.func.coalesce(invitation.c.begun_at, sa.literal(now, UtcDateTime))
    tx.execute(sa.update(invitation).where(_mine(tx, invitation_id)).values(begun_at=first))


def mark_answered(tx: Tx, invitation_id: int, now: datetime) -> None:
    """Keeps the first date: a later version of the answer is no second answer."""
    first = sa.func.coalesce(invitation.c.answered_at, sa.literal(now, UtcDateTime))
    tx.execute(sa.update(invitation).where(_mine(tx, invitation_id)).values(answered_at=first))


def mark_unanswered(tx: Tx, invitation_id: int) -> None:
    tx.execute(sa.update(invitation).where(_mine(tx, invitation_id)).values(answered_at=None))


def _over(now: datetime) -> sa.ColumnElement[bool]:
    """Of an ask: the time to answer has passed without an answer."""
    return sa.and_(invitation.c.answered_at.is_(None), invitation.c.expires_at <= now)


def _undelivered(now: datetime) -> sa.ColumnElement[bool]:
    """Of an ask: its mail was refused, or never left in time."""
    refused = sa.and_(invitation.c.answered_at.is_(None), invitation.c.failed_at.is_not(None))
    return sa.or_(refused, sa.and_(_over(now), invitation.c.sent_at.is_(None)))


def list_ask_counts(tx: Tx, project_id: str, now: datetime) -> list[AskCount]:
    """One row for each checkpoint that has asked anybody."""
    over = _over(now)
    columns = (
        invitation.c.checkpoint_id,
        sa.func.count().label("asked"),
        sa.func.count(invitation.c.answered_at).label("answered"),
        sa.func.count(sa.case((sa.and_(over, invitation.c.sent_at.is_not(None)), 1))).label("silent"),
        sa.func.count(sa.case((_undelivered(now), 1))).label("failed"),
        sa.func.min(invitation.c.created_at, type_=UtcDateTime).label("first_at"),
        sa.func.max(invitation.c.created_at, type_=UtcDateTime).label("last_at"),
    )
    mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.project_id == project_id)
    return [
        AskCount(**row._mapping)
        for row in tx.execute(sa.select(*columns).where(*mine).group_by(invitation.c.checkpoint_id))
    ]


def list_funnel_counts(tx: Tx, project_id: str, since: datetime, now: datetime) -> list[FunnelCount]:
    """Of asks that were made since then."""
    ask = invitation.c
    columns = (
        ask.checkpoint_id,
        ask.contact_id,
        _reached(now).label("reached"),
        ask.begun_at.is_not(None).label("begun"),
    )
    mine = (ask.tenant_id == tx.tenant_id, ask.project_id == project_id, ask.created_at >= since)
    asks = sa.select(*columns).where(*mine).subquery()
    rows: Sequence[Sequence[Any]] = tx.execute(sa.select(*asks.c, sa.func.count()).group_by(*asks.c)).all()
    return [
        FunnelCount(checkpoint_id, contact_id, Reached(reached), begun, count)
        for checkpoint_id, contact_id, reached, begun, count in rows
    ]


def _reached(now: datetime) -> sa.Case[str]:
    ask, sent = invitation.c, invitation.c.sent_at.is_not(None)
    return sa.case(
        (sa.and_(ask.answered_at.is_not(None), sent), Reached.ANSWERED.value),
        (_undelivered(now), Reached.FAILED.value),
        (sa.not_(sent), Reached.UNSENT.value),
        (_over(now), Reached.SILENT.value),
        else_=Reached.OPEN.value,
    )


def clear_sealed_tokens(tx: Tx, invitation_ids: Collection[int] | None = None) -> None:
    """Forget links whose mails will not be sent any more; of all the tenant's invitations unless some are named."""
    mine = [invitation.c.tenant_id == tx.tenant_id, invitation.c.sealed_token != ""]
    if invitation_ids is not None:
        mine.append(invitation.c.id.in_(invitation_ids))
    tx.execute(sa.update(invitation).where(*mine).values(sealed_token=""))


def list_ids_of_contacts(tx: Tx, contact_ids: Collection[int]) -> list[int]:
    mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.contact_id.in_(contact_ids))
    return list(tx.execute(sa.select(invitation.c.id).where(*mine)).scalars())


def clear_failures(tx: Tx, invitation_ids: Collection[int], now: datetime) -> None:
    """Take the mail server's words, which may quote an address, out; what has not left will not leave."""
    unsent = sa.and_(invitation.c.sent_at.is_(None), invitation.c.failed_at.is_(None))
    failed_at = sa.case((unsent, sa.literal(now, UtcDateTime)), else_=invitation.c.failed_at)
    mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.id.in_(invitation_ids))
    tx.execute(sa.update(invitation).where(*mine).values(failure="", failed_at=failed_at))


def clear_assignee(tx: Tx, account_id: str) -> int:
    """Forget that asked-about issues were assigned to this account; the number of invitations."""
    mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.context["assignee"].as_string() == account_id)
    found = tx.execute(sa.select(invitation.c.id, invitation.c.context).where(*mine)).all()
    for row in found:
        values = {"context": {**row.context, "assignee": None}}
        tx.execute(sa.update(invitation).where(_mine(tx, row.id)).values(**values))
    return len(found)


def find_link(connection: Connection, digest: str) -> tuple[int, int, bool] | None:
    """Tenant id, invitation id, whether it is closed; the one look that comes before the tenant is known."""
    columns = (survey_link.c.tenant_id, survey_link.c.invitation_id, survey_link.c.closed_at)
    row = connection.execute(sa.select(*columns).where(survey_link.c.digest == digest)).one_or_none()
    return None if row is None else (row.tenant_id, row.invitation_id, row.closed_at is not None)


def mark_links_closed(tx: Tx, now: datetime, invitation_ids: Collection[int] | None = None) -> None:
    """Make links dead ones: all of the tenant's, or those of some invitations."""
    mine = [survey_link.c.tenant_id == tx.tenant_id, survey_link.c.closed_at.is_(None)]
    if invitation_ids is not None:
        mine.append(survey_link.c.invitation_id.in_(invitation_ids))
    tx.execute(sa.update(survey_link).where(*mine).values(closed_at=now))


def _mine(tx: Tx, invitation_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(invitation.c.tenant_id == tx.tenant_id, invitation.c.id == invitation_id)


def list_issues(tx: Tx) -> list[tuple[str, str]]:
    query = sa.select(invitation.c.project_id, invitation.c.issue_id).where(invitation.c.tenant_id == tx.tenant_id)
    return [(row.project_id, row.issue_id) for row in tx.execute(query.distinct())]
