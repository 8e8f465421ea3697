"""Running rules over the past: what is known when, who counts as one person, and storms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from plugin.asking import AskPolicy
from plugin.checkpoints.outlook import Outlook
from plugin.checkpoints.workflow import Workflow
from plugin.customers.audience import Audience, Stranger
from plugin.domain import Checkpoint, Contact, Role, SkipReason
from plugin.history.service import Change
from plugin.invitations.deciding import Ask
from plugin.suggestions.summary import summarise
from plugin.suggestions.trial import Occurrence, Run, Verdict, days_of_calendar, occurrences
from tests.plugin.asking import NOW, a_contact

AT_ANY_HOUR = AskPolicy(sending_from_hour=0, sending_until_hour=24, working_days_only=False, quiet_days=0, asks_per_quarter=90)  # fmt: skip
DONE = Checkpoint(1, "10000", "Done", (), (), "3", 1, 2, 14, True, NOW)
WORKFLOW = Workflow((), (), NOW)
GRETA, HANNES = a_contact(), replace(a_contact(), id=8, name="Hannes", email="hannes@nordlicht.example")


def a_change(days: float = 0, issue: int = 1) -> Change:
    moment = NOW + timedelta(days=days)
    return Change(str(issue), f"DEMO-{issue}", "10001", {}, f"{issue}{moment}", "2", "3", None, moment)


def tried(
    changes: Sequence[Change],
    audience: Audience,
    policy: AskPolicy = AT_ANY_HOUR,
    real: Sequence[Ask] = (),
    rules: Sequence[Checkpoint] = (DONE,),
) -> list[Verdict]:
    run = Run(policy, lambda checkpoint, occurrence: audience, lambda contact: real)
    return list(run.over(occurrences(changes, "10000", rules, WORKFLOW, Outlook())))


def everybody(*contacts: Contact) -> Audience:
    return Audience(tuple((contact, None) for contact in contacts))


def reasons(verdicts: Sequence[Verdict]) -> list[SkipReason | None]:
    return [verdict.reason for verdict in verdicts]


def test_an_ask_of_the_trial_counts_against_the_next() -> None:
    policy = replace(AT_ANY_HOUR, quiet_days=30)
    changes = [a_change(0), a_change(29, 2), a_change(30, 3)]
    assert reasons(tried(changes, everybody(GRETA), policy)) == [None, SkipReason.QUIET_PERIOD, None]


def test_a_real_ask_of_another_checkpoint_counts_as_well() -> None:
    policy = replace(AT_ANY_HOUR, quiet_days=30)
    real = [Ask(99, "7", "10001", NOW + timedelta(days=3))]
    assert reasons(tried([a_change()], everybody(GRETA), policy, real)) == [SkipReason.QUIET_PERIOD]


def test_two_contacts_with_one_address_are_one_person() -> None:
    policy = replace(AT_ANY_HOUR, quiet_days=30)
    twin = replace(GRETA, id=9, email=GRETA.email.upper())
    assert reasons(tried([a_change()], everybody(GRETA, twin), policy)) == [None, SkipReason.QUIET_PERIOD]


def test_a_storm_is_capped_by_the_hour_and_passes() -> None:
    policy = replace(AT_ANY_HOUR, storm_cap=2)
    changes = [a_change(minute / 1440, minute) for minute in (0, 1, 2, 59, 60, 61)]
    assert reasons(tried(changes, everybody(GRETA), policy)) == [None, None, SkipReason.HELD, SkipReason.HELD, None, None]  # fmt: skip


def test_a_gap_and_strangers_are_told_as_well() -> None:
    assert reasons(tried([a_change()], Audience(gap=SkipReason.NO_CONTACT))) == [SkipReason.NO_CONTACT]
    stranger = Stranger("712020:x", SkipReason.ADDRESS_HIDDEN)
    (verdict,) = tried([a_change()], Audience(strangers=(stranger,)))
    assert (verdict.contact, verdict.account_id, verdict.reason) == (None, "712020:x", SkipReason.ADDRESS_HIDDEN)


def test_an_objection_to_a_person_is_kept() -> None:
    audience = Audience(((GRETA, SkipReason.OPTED_OUT), (HANNES, None)))
    assert reasons(tried([a_change()], audience)) == [SkipReason.OPTED_OUT, None]


def test_conditions_choose_among_changes_and_unreadable_ones_stay_to_be_told() -> None:
    fussy, broken = replace(DONE, condition="a = b"), replace(DONE, id=2, condition="x")
    outlook = Outlook({"a = b": frozenset({"2"})}, frozenset({"x"}))
    found = list(occurrences([a_change(0, 1), a_change(1, 2)], "10000", [fussy, broken], WORKFLOW, outlook))
    assert [[checkpoint.id for checkpoint in each.checkpoints] for each in found] == [[2], [1, 2]]


def test_a_calendar_is_tried_as_if_it_had_begun_with_the_history() -> None:
    monthly = replace(DONE, to_status_id="", starts_on=NOW.date(), every_weeks=4)
    days = list(days_of_calendar(monthly, NOW - timedelta(days=90), NOW))
    assert [(NOW - each.trigger.happened_at).days for each in days] == [90, 62, 34, 6]
    assert list(days_of_calendar(replace(monthly, every_weeks=None), NOW - timedelta(days=90), NOW)) == []


def test_the_summary_counts_people_reasons_and_moments_without_anybody() -> None:
    policy = replace(AT_ANY_HOUR, quiet_days=30)
    verdicts = [
        *tried([a_change(0), a_change(5, 2)], everybody(GRETA, replace(HANNES, role=Role.USER)), policy),
        *tried([a_change(6)], Audience(gap=SkipReason.NO_CONTACT)),
    ]
    summary = summarise(verdicts)
    assert (summary.asked, summary.people_asked, summary.occurrences, summary.unheard) == (2, 2, 3, 2)
    assert [(each.asked, each.not_asked) for each in summary.people] == [(1, 1), (1, 1)]
    assert summary.people[0].reasons == {SkipReason.QUIET_PERIOD: 1}
    assert summary.gaps.reasons == {SkipReason.NO_CONTACT: 1}
    newest: datetime = summary.people[0].newest[0].occurrence.trigger.happened_at
    assert newest == NOW + timedelta(days=5)


def test_an_occurrence_without_people_is_one_moment() -> None:
    assert summarise([]).occurrences == 0
    assert isinstance(next(iter(days_of_calendar(replace(DONE, starts_on=NOW.date(), every_weeks=1), NOW, NOW))), Occurrence)  # fmt: skip
