"""What the database sums up is what one would count by hand from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from plugin.analysis.funnel import Funnel, funnel
from plugin.database import Database, Tx
from plugin.invitations import service as invitations
from plugin.invitations.store import invitation
from plugin.surveys import service as surveys
from plugin.surveys.store import survey_response
from tests.bench.filling import fill_project, install
from tests.bench.measures import SECRET_KEY, SIGNER

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)
SINCE, UNTIL = datetime(2025, 9, 3, 7, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC)


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    tenant_id = install(database, [SECRET_KEY], SIGNER, "http://127.0.0.1:1", NOW)
    with database.transaction(tenant_id) as tx:
        fill_project(tx, "10000", 600, 4, NOW)
        fill_project(tx, "10001", 20, 0, NOW)
        yield tx


def test_answers_are_counted_by_week_between_two_moments(tx: Tx) -> None:
    answers = list(tx.execute(sa.select(survey_response).where(survey_response.c.tenant_id == tx.tenant_id)))
    apart = answers[0].checkpoint_id
    tx.execute(sa.update(survey_response).where(_is(tx, answers[1].id)).values(counted=False))
    within = [
        each for each in answers
        if each.project_id == "10000" and each.id != answers[1].id and SINCE <= each.answered_at < UNTIL and each.checkpoint_id != apart
    ]  # fmt: skip
    counts = surveys.week_counts(tx, "10000", SINCE, UNTIL, apart={apart})
    by_hand = Counter((_monday(each.answered_at), each.checkpoint_id, each.role, each.score) for each in within)
    assert 100 < len(within) < 300
    assert Counter({(c.monday, c.checkpoint_id, c.role, c.score): c.count for c in counts}) == by_hand
    assert min(count.first_at for count in counts) == min(each.answered_at for each in within)
    said = surveys.mark_counts(tx, "10000", UNTIL, apart={apart})
    later = [a for a in answers if a.project_id == "10000" and a.answered_at >= UNTIL and a.checkpoint_id != apart]
    assert sum(count.count for count in said) == sum(each.marks != "" for each in later if each.id != answers[1].id)


def test_each_ask_is_counted_for_how_far_it_came(tx: Tx) -> None:
    asks = sa.select(invitation.c.id).where(invitation.c.tenant_id == tx.tenant_id, invitation.c.answered_at.is_(None))
    unsent, late, failed, begun, opened, *_ = tx.execute(asks.order_by(invitation.c.id)).scalars()
    future = NOW + timedelta(days=1)
    for ask_id, changes in {
        unsent: {"sent_at": None, "expires_at": future},
        late: {"sent_at": None},
        failed: {"failed_at": NOW, "expires_at": future},
        begun: {"begun_at": NOW},
        opened: {"expires_at": future},
    }.items():
        mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.id == ask_id)
        tx.execute(sa.update(invitation).where(*mine).values(**changes))
    found = funnel(invitations.funnel_counts(tx, "10000", NOW - timedelta(days=500), NOW))
    assert found == Funnel(asked=840, delivered=837, begun=601, answered=600, silent=236, failed=2)


def _is(tx: Tx, response_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(survey_response.c.tenant_id == tx.tenant_id, survey_response.c.id == response_id)


def _monday(moment: datetime) -> object:
    return (moment - timedelta(days=moment.weekday())).date()
