"""Signs that need no survey."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from plugin.activities.ledger import Kind, Line, Origin
from plugin.domain import Response, Role
from plugin.warnings import signals
from plugin.warnings.signals import Sign
from plugin.warnings.watch import Look
from tests.plugin.asking import EXPIRES_AT, NOW, a_contact, an_invitation
from tests.plugin.cases.test_case import CASE

LATER = EXPIRES_AT + timedelta(days=1)
SENT = replace(an_invitation(), sent_at=NOW)
ANSWERED = replace(SENT, answered_at=NOW)
RESPONSE = Response(1, 1, 1, "10000", 1, "10007", a_contact().id, 1, 4, "", "en", NOW)


def signs(*asks: object, role: Role = Role.SPONSOR) -> list[str]:
    numbered = [replace(ask, id=number) for number, ask in enumerate(asks)]  # type: ignore[type-var]
    return [signal.about for signal in signals.silent([replace(a_contact(), role=role)], numbered, LATER)]


def test_a_key_person_is_silent_after_two_asks_without_an_answer() -> None:
    assert signs(SENT, SENT) == ["contact:7"]
    assert signs(ANSWERED, SENT, SENT) == ["contact:7"]
    assert signs(SENT, ANSWERED, SENT) == []
    assert signs(SENT) == []
    assert signs(SENT, SENT, role=Role.USER) == []


def test_a_key_person_who_expected_more_is_a_sign_until_they_say_otherwise() -> None:
    def found(*words: object, role: Role = Role.SPONSOR) -> list[object]:
        said = [replace(RESPONSE, answers={} if word is None else {"as_expected": word}) for word in words]
        return [signal.facts["word"] for signal in signals.missed([replace(a_contact(), role=role)], said)]

    assert found(2) == [2]
    assert found(1, 5) == [1], "the newest comes first"
    assert found(3, 1) == found(5, 2) == []
    assert found(None, 2) == [2], "an answer without a word on it says nothing"
    assert found(None) == found() == found("2") == []
    assert found(2, role=Role.USER) == []
    assert (
        signals.missed([replace(a_contact(), id=8, role=Role.SPONSOR)], [replace(RESPONSE, answers={"as_expected": 1})])
        == []
    )


def test_an_ask_that_never_left_or_still_runs_is_no_silence() -> None:
    assert signs(SENT, replace(SENT, sent_at=None)) == []
    assert signs(SENT, replace(SENT, expires_at=LATER + timedelta(days=1))) == []


def test_only_activities_whose_day_has_passed_are_overdue() -> None:
    line = Line("activity:1", Kind.UPDATE, "News", date(2026, 3, 1), None, "", False, "", Origin.PERSON, "")
    case = replace(line, key="case:1")
    found = signals.overdue([line, case, replace(line, done_on=date(2026, 3, 2))], date(2026, 3, 2))
    assert [(signal.sign, signal.about) for signal in found] == [(Sign.OVERDUE, "activity:1")]
    assert signals.overdue([line], date(2026, 3, 1)) == []


def test_a_concern_is_unanswered_when_the_time_for_the_first_contact_has_passed() -> None:
    assert [signal.about for signal in signals.unanswered([CASE], CASE.due_at + timedelta(hours=1))] == ["case:1"]
    assert signals.unanswered([CASE], CASE.due_at) == []


def test_the_watch_speaks_of_the_newest_round_that_had_somebody_to_compare() -> None:
    rings, quiet, nobody = Look(3, -1.0, -1.0, 0.5), Look(3, 0.0, -0.1, 0.5), Look(0, 0.0, -1.0, 0.5)
    weeks = [date(2026, 3, 2), date(2026, 3, 9)]
    (signal,) = signals.falling([rings, nobody], weeks)
    assert signal.facts == {"pairs": 3, "change": -1.0, "since": "2026-03-02"}
    assert signals.falling([rings, quiet], weeks) == []
    assert signals.falling([], []) == []
