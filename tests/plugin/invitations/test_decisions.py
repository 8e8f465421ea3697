"""Whom a change leads to ask, through the services and the worker, on both engines."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from plugin.asking import AskPolicy
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.customers.service import ContactDetails
from plugin.domain import RepeatRule, Role, SkipReason
from plugin.errors import MailUnavailable
from plugin.invitations import reasons as sentences
from plugin.invitations.sampling import drawn
from plugin.invitations.store import invitation
from tests.conformance.cases import case
from tests.plugin.invitations.site import PROJECT, Site

ANY_HOUR = AskPolicy(sending_from_hour=0, sending_until_hour=24, working_days_only=False)


def reasons(site: Site, event_id: int) -> dict[int | None, SkipReason]:
    _, skips = site.decisions(event_id)
    return {skip.contact_id: skip.reason for skip in skips}


def moved(site: Site, number: int, actor: str | None = None) -> int:
    event_id = site.move(number, actor)
    site.work()
    return event_id


def test_a_person_is_left_alone_after_an_ask_whatever_the_issue(site: Site) -> None:
    site.add_checkpoint()
    greta = site.add_contact("greta")
    moved(site, 1)
    site.pass_time(days=29)
    _, (skip,) = site.decisions(moved(site, 2))
    assert (skip.contact_id, skip.reason, skip.free_on) == (greta, SkipReason.QUIET_PERIOD, date(2027, 12, 1))
    site.work_until(datetime(2027, 12, 1, 9, tzinfo=UTC))
    moved(site, 3)
    asked = [sent.at.date() for sent in site.mails.sent if not sent.reminder]
    assert asked == [date(2027, 11, 1), date(2027, 12, 1)]


def test_the_budget_holds_where_the_quiet_period_would_let_pass(site: Site) -> None:
    site.change_policy(AskPolicy(quiet_days=7, asks_per_quarter=2))
    site.add_checkpoint(reminders=0)
    site.add_contact("greta")
    for number in (1, 2):
        moved(site, number)
        site.pass_time(days=14)
    _, (skip,) = site.decisions(moved(site, 3))
    assert (skip.reason, skip.free_on) == (SkipReason.BUDGET, date(2028, 1, 30))  # 90 days after 1 November


def test_two_contacts_with_one_address_are_one_person(site: Site) -> None:
    site.add_checkpoint()
    site.add_contact("greta")
    other = site.add_contact("greta2", site.add_customer("Another", 2), email="GRETA@nordlicht.example")
    moved(site, 1)
    assert len(site.mails.sent) == 1
    assert reasons(site, moved(site, 2)) == {other: SkipReason.QUIET_PERIOD}


@case("M10")
@pytest.mark.parametrize("any_app", ["sqlite"], indirect=True)
def test_an_issue_that_goes_round_a_thousand_times_asks_as_often_as_the_site_allows(site: Site) -> None:
    """Two hundred rounds a day, for five days: every round is decided about, and one mail leaves in each quiet period."""
    site.add_checkpoint(reminders=0)
    site.change_policy(AskPolicy(quiet_days=2, asks_per_quarter=2, storm_cap=1000))
    greta = site.add_contact("greta")
    events = []
    for _day in range(5):
        events += [site.move(7) for _round in range(200)]
        site.pass_time(days=1)
    why = Counter(reasons(site, event_id).get(greta) for event_id in events)
    assert why == {None: 2, SkipReason.QUIET_PERIOD: 798, SkipReason.BUDGET: 200}
    assert [sent.at.day for sent in site.mails.sent] == [1, 3]


def test_taking_somebody_out_and_in_again_does_not_end_their_quiet(site: Site) -> None:
    site.add_checkpoint()
    contact_id = site.add_contact("greta")
    moved(site, 1)
    with site.tx() as tx:
        customers.remove_contact(tx, PROJECT, contact_id, site.now)
    again = site.add_contact("greta")
    assert reasons(site, moved(site, 2)) == {again: SkipReason.QUIET_PERIOD}


def test_who_opted_out_stays_out_under_a_new_contact(site: Site) -> None:
    site.add_checkpoint()
    site.wish(site.add_contact("greta"), wants_surveys=False)
    again = site.add_contact("greta2", site.add_customer("Another", 2), email="Greta@Nordlicht.example")
    assert set(reasons(site, moved(site, 1)).values()) == {SkipReason.OPTED_OUT}
    assert reasons(site, moved(site, 2)) == {again: SkipReason.OPTED_OUT}
    site.wish(again, wants_surveys=True)
    moved(site, 2)
    assert len(site.mails.sent) == 1


def test_a_contact_who_gets_the_address_of_somebody_who_opted_out_is_out_too(site: Site) -> None:
    site.wish(site.add_contact("greta"), wants_surveys=False)
    other = site.add_contact("hannes", site.add_customer("Another"))
    with site.tx() as tx:
        changed = ContactDetails("hannes", "greta@nordlicht.example", "en", "UTC", Role.USER)
        customers.change_contact(tx, PROJECT, other, changed)
    assert site.contact(other).opted_out_at is not None


def test_a_planned_ask_keeps_its_quiet_too(site: Site) -> None:
    """The second change would be asked about sooner than the first: both mails would come close together."""
    site.add_checkpoint(name="Later", delay_hours=240, reminders=0)
    greta = site.add_contact("greta")
    moved(site, 1)
    assert site.load(greta).asks == 0
    site.add_checkpoint(name="At once", reminders=0)
    site.pass_time(days=1)
    assert set(reasons(site, moved(site, 2)).values()) == {SkipReason.QUIET_PERIOD}
    site.pass_time(days=20)
    assert [sent.at for sent in site.mails.sent] == [datetime(2027, 11, 11, 9, tzinfo=UTC)]


def test_when_late_mails_would_crowd_only_the_first_leaves(site: Site) -> None:
    """Nobody worked for weeks: what was planned well apart falls due at once."""
    for name, delay_hours in (("First", 24), ("Second", 24 * 14)):
        site.add_checkpoint(name=name, delay_hours=delay_hours, reminders=0, expires_after_days=60)
    site.change_policy(AskPolicy(quiet_days=10))
    site.add_contact("greta")
    event_id = moved(site, 1)
    assert [ask.due_at.day for ask in site.decisions(event_id)[0]] == [2, 15]
    site.now += timedelta(days=21)
    site.work()
    assert len(site.mails.sent) == 1
    _, (skip,) = site.decisions(event_id)
    assert (skip.reason, skip.free_on) == (SkipReason.QUIET_PERIOD, date(2027, 12, 2))


@pytest.mark.parametrize(
    ("repeat", "about_the_same", "about_another"),
    [
        (RepeatRule.ALWAYS, None, None),
        (RepeatRule.ONCE_PER_ISSUE, SkipReason.ASKED_FOR_ISSUE, None),
        (RepeatRule.ONCE_PER_PERSON, SkipReason.ASKED_BEFORE, SkipReason.ASKED_BEFORE),
    ],
)
def test_a_checkpoint_repeats_as_it_is_told(
    site: Site, repeat: RepeatRule, about_the_same: SkipReason | None, about_another: SkipReason | None
) -> None:
    site.change_policy(AskPolicy(quiet_days=0))
    site.add_checkpoint(repeat=repeat)
    greta = site.add_contact("greta")
    moved(site, 1)
    assert reasons(site, moved(site, 1)).get(greta) is about_the_same
    assert reasons(site, moved(site, 2)).get(greta) is about_another


@pytest.mark.parametrize(
    ("contact", "actor", "policy", "reason"),
    [
        ({"account_id": "712020:greta"}, "712020:greta", {}, SkipReason.MADE_THE_CHANGE),
        ({"account_id": "712020:greta"}, "712020:tom", {}, None),
        ({"account_id": "712020:greta"}, None, {}, None),
        ({}, None, {}, None),
        ({"email": "greta@acme.example"}, None, {"internal_domains": ("acme.example",)}, SkipReason.INTERNAL),
        ({"email": "greta@Mail.ACME.example"}, None, {"internal_domains": ("acme.example",)}, SkipReason.INTERNAL),
        ({"email": "greta@notacme.example"}, None, {"internal_domains": ("acme.example",)}, None),
        ({"email": ""}, None, {}, SkipReason.NO_ADDRESS),
    ],
)
def test_who_somebody_is_decides(
    site: Site, contact: dict[str, str], actor: str | None, policy: dict[str, Any], reason: SkipReason | None
) -> None:
    site.change_policy(AskPolicy(**policy))
    site.add_checkpoint()
    greta = site.add_contact("greta", **contact)
    assert reasons(site, moved(site, 1, actor)).get(greta) is reason
    assert len(site.mails.sent) == (0 if reason else 1)


def test_who_moved_the_issue_is_what_jira_says_not_what_the_webhook_said(site: Site) -> None:
    site.add_checkpoint()
    greta = site.add_contact("greta", account_id="712020:greta")
    event_id = site.move(1, "712020:greta")
    issue = site.jira.issues["10001"]
    assert issue.changes[-1].actor_account_id == "712020:greta"
    site.work()
    assert reasons(site, event_id) == {greta: SkipReason.MADE_THE_CHANGE}


def test_a_sample_asks_key_roles_and_those_on_whom_the_lot_falls(site: Site) -> None:
    checkpoint_id = site.add_checkpoint(sample_percent=40)
    sponsor = site.add_contact("sponsor", role=Role.SPONSOR)
    users = [site.add_contact(f"user{number}") for number in range(12)]
    event_id = moved(site, 1)
    expected = {user for user in users if drawn(40, Role.USER, checkpoint_id, user, site.now.date())}
    asked = {invitation.contact_id for invitation in site.decisions(event_id)[0]}
    assert asked == expected | {sponsor}
    left_out = site.decisions(event_id)[1]
    assert {skip.reason for skip in left_out} == {SkipReason.NOT_DRAWN}
    assert {skip.free_on for skip in left_out} == {date(2027, 12, 1)}


def test_an_event_older_than_allowed_asks_nobody(site: Site) -> None:
    site.add_checkpoint()
    greta = site.add_contact("greta")
    site.jira.away = True
    event_id = site.move(1)
    site.work()
    site.now += timedelta(days=7, minutes=1)
    site.jira.away = False
    site.work()
    assert reasons(site, event_id) == {greta: SkipReason.TOO_OLD}


def test_mail_waits_for_working_hours_where_the_reader_lives(site: Site) -> None:
    site.add_checkpoint(reminders=0)
    site.add_contact("hanako", time_zone="Asia/Tokyo", country="JP")
    site.now = datetime(2027, 11, 2, 9, tzinfo=UTC)  # 18:00 in Tokyo, and the next day is a holiday there
    event_id = moved(site, 1)
    (invitation,) = site.decisions(event_id)[0]
    assert invitation.due_at == datetime(2027, 11, 4, tzinfo=UTC)
    assert invitation.expires_at == invitation.due_at + timedelta(days=14)
    site.pass_time(days=4)
    assert [sent.at for sent in site.mails.sent] == [datetime(2027, 11, 4, tzinfo=UTC)]


def test_a_retry_waits_for_working_hours_too(site: Site) -> None:
    site.add_checkpoint(reminders=0)
    site.add_contact("greta")
    site.now = datetime(2027, 11, 1, 16, 59, 59, tzinfo=UTC)
    site.mails.failing = MailUnavailable("451 later")
    moved(site, 1)
    site.mails.failing = None
    site.pass_time(days=2)
    assert [sent.at for sent in site.mails.sent] == [datetime(2027, 11, 2, 9, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("opted out", SkipReason.OPTED_OUT),
        ("removed", SkipReason.CONTACT_REMOVED),
        ("internal", SkipReason.INTERNAL),
        ("switched off", SkipReason.CHECKPOINT_OFF),
        ("asked meanwhile", SkipReason.QUIET_PERIOD),
    ],
)
def test_what_changes_before_the_mail_is_due_counts(site: Site, what: str, reason: SkipReason) -> None:
    checkpoint_id = site.add_checkpoint(delay_hours=48)
    greta = site.add_contact("greta")
    event_id = moved(site, 1)
    (before,) = site.decisions(event_id)[0]
    with site.tx() as tx:
        if what == "removed":
            customers.remove_contact(tx, PROJECT, greta, site.now)
        if what == "switched off":
            checkpoints.switch(tx, PROJECT, checkpoint_id, False, site.now)
        if what == "asked meanwhile":  # as by a mail that was late
            values = {name: getattr(before, name) for name in before.__dataclass_fields__}
            earlier = {"sent_at": site.now, "attempted_at": site.now, "event_id": event_id, "issue_id": "99"}
            tx.execute(invitation.insert().values(**{**values, **earlier, "id": 9_999, "tenant_id": tx.tenant_id}))
    if what == "opted out":
        site.wish(greta, wants_surveys=False)
    if what == "internal":
        site.change_policy(AskPolicy(internal_domains=("nordlicht.example",)))
    site.pass_time(days=3)
    assert site.mails.sent == []
    assert {skip.reason for skip in site.decisions(event_id)[1]} == {reason}
    assert site.jira.written["10001"]["state"] in ("skipped", "asked")


@pytest.mark.parametrize(
    ("what", "reason"),
    [("opted out", SkipReason.OPTED_OUT), ("removed", SkipReason.CONTACT_REMOVED), ("off", SkipReason.CHECKPOINT_OFF)],
)
def test_what_speaks_against_it_after_a_first_attempt_stops_the_next(site: Site, what: str, reason: SkipReason) -> None:
    """The link stays alive: the first attempt may have left it with them, whatever the mail server said."""
    checkpoint_id = site.add_checkpoint()
    greta = site.add_contact("greta")
    site.mails.failing = MailUnavailable("451 later")
    event_id = moved(site, 1)
    with site.tx() as tx:
        if what == "removed":
            customers.remove_contact(tx, PROJECT, greta, site.now)
        if what == "off":
            checkpoints.switch(tx, PROJECT, checkpoint_id, False, site.now)
    if what == "opted out":
        site.wish(greta, wants_surveys=False)
    site.mails.failing = None
    site.pass_time(days=3)
    assert site.mails.sent == []
    (asked,), _ = site.decisions(event_id)
    assert (asked.failure, asked.sent_at, asked.failed_at is None) == (reason, None, False)
    with site.app.test_request_context():
        assert "was not asked: " in sentences.how_it_went(
            asked, site.contact(greta), sentences.standing(asked, site.now)
        )


def test_the_ask_load_counts_projects_and_tells_the_next_free_date(site: Site) -> None:
    site.change_policy(AskPolicy(quiet_days=10))
    site.add_checkpoint(reminders=0)
    greta = site.add_contact("greta")
    for number in range(3):
        moved(site, number)
        site.pass_time(days=14)
    load = site.load(greta)
    assert (load.asks, load.projects, load.free_on) == (3, 1, None)
    moved(site, 9)
    load = site.load(greta)
    assert (load.asks, load.free_on) == (4, date(2028, 1, 30))  # 90 days after the first of the four
