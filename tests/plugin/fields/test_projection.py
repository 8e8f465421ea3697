"""What an issue's fields say, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plugin.asking import Skip
from plugin.domain import Invitation, Item, ItemKind, Questionnaire, Response, SatisfactionState, SkipReason
from plugin.fields import projection

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LOW = {1: 2}


def ask(*, sent: bool = True, failed: bool = False, expired: bool = False, answered: bool = False) -> Invitation:
    expires_at = NOW - timedelta(seconds=1) if expired else NOW + timedelta(days=1)
    return Invitation(
        1, 1, 1, "10007", "DEMO-7", "10000", 1, 1, 1, {}, NOW, NOW,
        NOW if sent else None, NOW if failed else None, "", NOW if answered else None, expires_at,
    )  # fmt: skip


def response(score: int | None, contact_id: int = 1, hours_ago: int = 0) -> Response:
    answered_at = NOW - timedelta(hours=hours_ago)
    return Response(1, 1, 1, "10000", 1, "10007", contact_id, 1, score, "", "en", answered_at)


SKIP = Skip(1, 1, 1, "10007", "DEMO-7", "10000", None, SkipReason.NO_CONTACT, NOW)


@pytest.mark.parametrize(
    ("invitations", "skips", "responses", "state"),
    [
        ([], [], [], SatisfactionState.NOT_ASKED),
        ([], [SKIP], [], SatisfactionState.SKIPPED),
        ([ask(sent=False)], [], [], SatisfactionState.ASKED),
        ([ask()], [SKIP], [], SatisfactionState.ASKED),
        ([ask(expired=True)], [], [], SatisfactionState.SILENT),
        ([ask(expired=True), ask()], [], [], SatisfactionState.ASKED),
        ([ask(sent=False, failed=True)], [], [], SatisfactionState.SKIPPED),
        ([ask(sent=False, expired=True)], [], [], SatisfactionState.SKIPPED),
        ([ask(answered=True)], [], [response(3)], SatisfactionState.ANSWERED),
        ([ask(answered=True)], [], [response(2)], SatisfactionState.LOW),
        ([ask(answered=True)], [], [response(None)], SatisfactionState.ANSWERED),
        ([ask(answered=True), ask()], [], [response(5)], SatisfactionState.ANSWERED),
        ([ask(answered=True)], [], [response(5, 1), response(1, 2)], SatisfactionState.LOW),
        ([ask(answered=True)], [], [response(5, 1), response(1, 1, hours_ago=5)], SatisfactionState.ANSWERED),
    ],
)
def test_the_state_is_one_word(
    invitations: list[Invitation], skips: list[Skip], responses: list[Response], state: SatisfactionState
) -> None:
    assert projection.state(invitations, skips, responses, LOW, NOW) == state


def test_the_score_is_the_mean_of_each_persons_newest_answer() -> None:
    assert projection.score([response(5, 1), response(4, 2), response(1, 1, hours_ago=9)]) == 4.5


def test_an_answer_without_a_score_leaves_the_score_missing_and_not_zero() -> None:
    assert projection.score([response(None)]) is None


def test_missing_parts_are_left_out_of_the_property() -> None:
    assert projection.property_value(SatisfactionState.ASKED, None, None, None) == {"state": "asked"}


def test_the_property_carries_everything_known() -> None:
    value = projection.property_value(SatisfactionState.ANSWERED, 4.0, NOW, "Nordlicht")
    assert value == {
        "state": "answered",
        "score": 4.0,
        "answeredAt": "2026-05-04T12:00:00+00:00",
        "customer": "Nordlicht",
    }


def test_the_newest_word_on_news_counts_whatever_the_item_is_called() -> None:
    items = (Item("satisfaction", ItemKind.RATING, {"en": "?"}), Item("enough", ItemKind.INFORMED, {"en": "?"}))
    versions = {1: Questionnaire(1, 1, 1, items, 120, NOW)}
    older, newer = (replace(response(4), answers={"enough": word}) for word in ("too_much", "too_little"))
    silent = replace(response(4), answers={"other": "too_much"})
    assert projection.informed([silent, newer, older], versions) == "too little"
    assert projection.informed([silent], versions) is None
