"""Whatever happens in whatever order: nobody is asked too often, too late at night, or after they said or did enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.asking import AskPolicy
from plugin.checkpoints import service as checkpoints
from plugin.domain import RepeatRule, Role
from plugin.errors import MailRefused, MailUnavailable
from plugin.invitations import storm_guard
from plugin.invitations.ask_budget import BUDGET_DAYS
from plugin.invitations.sending_times import SendingTimes, day_of, is_open
from plugin.invitations.store import invitation
from plugin.skips.store import invitation_skip
from plugin.transitions.store import transition_event
from tests.plugin.invitations.site import PROJECT, Sent, Site

PEOPLE = (
    {"time_zone": "Europe/Berlin", "country": "DE", "role": Role.SPONSOR},
    {"time_zone": "America/New_York", "country": "US", "role": Role.USER},
    # The first one, who is with another customer as well.
    {"time_zone": "Asia/Tokyo", "email": "Person0@Nordlicht.example"},
    {"time_zone": "Asia/Riyadh", "country": "SA", "role": Role.KEY_USER},
)

OF_ANOTHER = (2, 3)  # of people and of issues

policies = st.builds(
    AskPolicy,
    quiet_days=st.integers(0, 40),
    asks_per_quarter=st.integers(1, 5),
    storm_cap=st.sampled_from([2, 50]),
    sending_from_hour=st.integers(0, 12),
    sending_until_hour=st.integers(13, 24),
    working_days_only=st.booleans(),
    internal_domains=st.just(()),
)
rules = st.fixed_dictionaries(
    {
        "delay_hours": st.sampled_from([0, 1, 30, 400]),
        "repeat": st.sampled_from(RepeatRule),
        "sample_percent": st.sampled_from([30, 100]),
        "reminders": st.integers(0, 2),
        "reminder_days": st.integers(1, 6),
        "expires_after_days": st.sampled_from([2, 14, 60]),
    }
)
hours = st.sampled_from([1, 20, 60, 100, 500, 1500])
moves = st.tuples(st.just("move"), st.integers(0, 3))
time_passes = st.tuples(st.just("pass"), hours)
answers = st.tuples(st.just("answer"), st.integers(0, 5))
rarer = st.one_of(
    st.tuples(st.just("sleep"), hours),  # nobody works meanwhile
    st.tuples(st.just("wish"), st.tuples(st.integers(0, 3), st.booleans())),
    st.tuples(st.just("mail server"), st.sampled_from(["up", "up", "down", "refuses"])),
    st.tuples(st.just("switch"), st.booleans()),
    st.tuples(st.just("storm"), st.sampled_from(["release", "discard"])),
    st.tuples(st.just("policy"), policies),
)
steps = st.lists(st.one_of(moves, time_passes, answers, moves, time_passes, rarer), min_size=6, max_size=30)


class Watcher:
    """Looks over the mail server's shoulder: every mail must be right at the moment at which it is taken."""

    def __init__(self, site: Site, contact_ids: list[int]) -> None:
        self.site = site
        self.contacts = [site.contact(contact_id) for contact_id in contact_ids]
        self.silenced: set[str] = set()  # who opted out, by address
        self.answered: set[int] = set()  # invitations
        self.asks: dict[str, list[Any]] = {}
        site.mails.send = self._watch(site.mails.send)  # type: ignore[method-assign]

    def _watch(self, send: Callable[..., None]) -> Callable[..., None]:
        def watched(mail: Any, now: Any) -> None:
            send(mail, now)
            self.check(self.site.mails.sent[-1])

        return watched

    def check(self, sent: Sent) -> None:
        contact = next(each for each in self.contacts if each.email == sent.mail.to_address)
        assert is_open(sent.at, SendingTimes.of(self.site.policy, contact)), "outside of the hours"
        assert sent.address not in self.silenced, "after they opted out"
        ask_id = int(sent.mail.message_id.split("-")[2].split("@")[0])
        if sent.reminder:
            assert ask_id not in self.answered, "a reminder after an answer"
            assert sent.reminder <= 2
            return
        day = day_of(sent.at, contact.time_zone)
        earlier = self.asks.setdefault(sent.address, [])
        assert all((day - other).days >= self.site.policy.quiet_days for other in earlier), "inside the quiet period"
        in_90_days = [other for other in earlier if (day - other).days < BUDGET_DAYS]
        assert len(in_90_days) < self.site.policy.asks_per_quarter, "over the budget"
        earlier.append(day)


@settings(max_examples=settings.default.max_examples // 8, suppress_health_check=list(HealthCheck))
@given(policy=policies, details=st.lists(rules, min_size=1, max_size=2), story=steps)
def test_no_schedule_breaks_a_promise(
    sqlite_app: Flask, policy: AskPolicy, details: list[dict[str, Any]], story: list[tuple[str, Any]]
) -> None:
    site = Site(sqlite_app, policy)
    both = (site.customer_id, site.add_customer("Another", *OF_ANOTHER))
    contact_ids = [
        site.add_contact(f"person{number}", both[number in OF_ANOTHER], **person)
        for number, person in enumerate(PEOPLE)
    ]
    checkpoint_ids = [site.add_checkpoint(name=f"Rule {n}", **each) for n, each in enumerate(details)]
    watcher = Watcher(site, contact_ids)
    try:
        for what, value in story:
            take(site, watcher, contact_ids, checkpoint_ids, what, value)
        site.mails.failing = None
        site.pass_time(days=100)
        every_contact_has_one_decision(site, contact_ids, checkpoint_ids)
        mails = Counter(sent.mail.message_id for sent in site.mails.sent)
        assert set(mails.values()) <= {1}, "sent twice"
    finally:
        site.close()


def take(
    site: Site, watcher: Watcher, contact_ids: list[int], checkpoint_ids: list[int], what: str, value: Any
) -> None:
    """One step of a story."""
    if what == "move":
        site.move(value)
        site.work()
    elif what == "pass":
        site.pass_time(hours=value)
    elif what == "sleep":
        site.now += timedelta(hours=value)
    elif what == "answer":
        answer(site, watcher, value)
    elif what == "wish":
        contact_id, wants = contact_ids[value[0]], value[1]
        site.wish(contact_id, wants)
        address = site.contact(contact_id).email.lower()
        watcher.silenced = watcher.silenced - {address} if wants else watcher.silenced | {address}
    elif what == "mail server":
        errors = {"up": None, "down": MailUnavailable("451 later"), "refuses": MailRefused("550 no")}
        site.mails.failing = errors[value]
    elif what == "storm":
        for checkpoint_id in site.held():
            decide_about_storm(site, checkpoint_id, value)
    elif what == "switch":
        with site.tx() as tx:
            checkpoints.switch(tx, PROJECT, checkpoint_ids[0], value, site.now)
    else:
        site.change_policy(replace(value, storm_cap=site.policy.storm_cap))


def decide_about_storm(site: Site, checkpoint_id: int, how: str) -> None:
    if how == "release":
        return site.release(checkpoint_id)
    with site.tx() as tx:
        storm_guard.discard(tx, PROJECT, checkpoint_id, site.now)
    return None


def answer(site: Site, watcher: Watcher, number: int) -> None:
    """Somebody who has a mail answers, if the time is not over."""
    with site.tx() as tx:
        mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.sent_at.is_not(None))
        found = tx.execute(sa.select(invitation.c.id, invitation.c.expires_at).where(*mine)).all()
    open_asks = [row.id for row in found if row.expires_at > site.now]
    if open_asks:
        ask_id = open_asks[number % len(open_asks)]
        site.answer(ask_id)
        watcher.answered.add(ask_id)


def every_contact_has_one_decision(site: Site, contact_ids: list[int], checkpoint_ids: list[int]) -> None:
    """Each contact of the audience, for each event that a checkpoint decided about, and each with a reason."""
    with site.tx() as tx:
        made = [
            (row.event_id, row.checkpoint_id, row.contact_id)
            for table in (invitation, invitation_skip)
            for row in tx.execute(sa.select(table).where(table.c.tenant_id == tx.tenant_id))
        ]
        mine = transition_event.c.tenant_id == tx.tenant_id
        events = {row.id: row.outcome for row in tx.execute(sa.select(transition_event).where(mine))}
    assert set(Counter(made).values()) <= {1}, "two decisions"
    assert set(events.values()) <= {"decided", "no_checkpoint"}, "not decided"
    for event_id, checkpoint_id in {(event, checkpoint) for event, checkpoint, _contact in made}:
        decided = {contact for event, checkpoint, contact in made if (event, checkpoint) == (event_id, checkpoint_id)}
        assert decided in (set(contact_ids[:2]), set(contact_ids[2:])), "not everybody"
    assert {event for event, *_ in made} == {event for event, outcome in events.items() if outcome == "decided"}
