"""Much at once: no more than the cap is asked, the rest is held, and somebody decides. Through the worker, on both engines."""

from __future__ import annotations

from collections import Counter

import pytest

from plugin.asking import AskPolicy
from plugin.domain import SkipReason
from plugin.errors import Conflict
from plugin.invitations import storm_guard
from tests.plugin.invitations.site import PROJECT, Site

CAP = 10
ISSUES = 60


@pytest.fixture
def crowded(site: Site) -> Site:
    """Sixty issues, each of another customer with one contact; the cap is ten."""
    site.change_policy(AskPolicy(storm_cap=CAP))
    site.add_checkpoint(reminders=0)
    for number in range(ISSUES):
        site.add_customer_of_issue(number)
    return site


def bulk_change(site: Site, numbers: range = range(ISSUES)) -> list[int]:
    """All of them at once, as Jira's bulk edit does; then the worker looks at them."""
    events = [site.move(number) for number in numbers]
    site.work()
    return events


def checkpoint_of(site: Site) -> int:
    (checkpoint_id,) = site.held()
    return checkpoint_id


def reasons(site: Site, events: list[int]) -> Counter[SkipReason]:
    return Counter(skip.reason for event_id in events for skip in site.decisions(event_id)[1])


def test_a_bulk_change_asks_no_more_than_the_cap_and_holds_the_rest(crowded: Site) -> None:
    events = bulk_change(crowded)
    crowded.pass_time(days=3)
    assert len(crowded.mails.sent) == CAP
    assert reasons(crowded, events) == {SkipReason.HELD: ISSUES - CAP}
    assert list(crowded.held().values()) == [ISSUES - CAP]


def test_jira_is_asked_about_many_issues_at_once(crowded: Site) -> None:
    bulk_change(crowded)
    assert crowded.jira.reads <= 2


def test_jira_is_told_nothing_of_issues_whose_asks_are_held(crowded: Site) -> None:
    bulk_change(crowded)
    states = Counter(value["state"] for value in crowded.jira.written.values())
    assert states == {"asked": CAP}
    assert crowded.jira.calls <= 2 + CAP + 4  # issues, fields, project and lead, the site's id and webhooks


def test_the_checkpoint_goes_on_holding_until_somebody_decides(crowded: Site) -> None:
    bulk_change(crowded)
    crowded.pass_time(days=30)
    assert reasons(crowded, bulk_change(crowded, range(5))) == {SkipReason.HELD: 5}
    assert len(crowded.mails.sent) == CAP


def test_those_released_are_asked_once_each(crowded: Site) -> None:
    events = bulk_change(crowded)
    crowded.pass_time(hours=2)
    crowded.release(checkpoint_of(crowded))
    crowded.pass_time(days=3)
    assert len({sent.address for sent in crowded.mails.sent}) == len(crowded.mails.sent) == ISSUES
    assert reasons(crowded, events) == {}
    assert crowded.held() == {}


def test_a_release_is_no_new_storm(crowded: Site) -> None:
    bulk_change(crowded)
    crowded.release(checkpoint_of(crowded))
    crowded.work()
    crowded.add_customer_of_issue(999)
    crowded.move(999)
    crowded.pass_time(hours=1)
    assert len(crowded.mails.sent) == ISSUES + 1


def test_a_person_held_twice_is_asked_once_on_release(site: Site) -> None:
    site.change_policy(AskPolicy(storm_cap=1))
    site.add_checkpoint(reminders=0)
    site.add_contact("greta")
    site.add_contact("hannes")
    events = [site.move(number) for number in range(4)]
    site.work()
    site.release(checkpoint_of(site))
    site.pass_time(days=1)
    assert Counter(sent.address for sent in site.mails.sent) == {
        "greta@nordlicht.example": 1,
        "hannes@nordlicht.example": 1,
    }
    assert reasons(site, events) == {SkipReason.QUIET_PERIOD: 6}


def test_what_has_changed_since_counts_on_release(crowded: Site) -> None:
    events = bulk_change(crowded)
    (skip,) = crowded.decisions(events[-1])[1]
    assert skip.contact_id is not None
    crowded.wish(skip.contact_id, wants_surveys=False)
    crowded.release(checkpoint_of(crowded))
    crowded.work()
    assert reasons(crowded, events) == {SkipReason.OPTED_OUT: 1}


def test_an_ask_may_be_released_long_after_the_change(crowded: Site) -> None:
    """An old event asks nobody by itself; here somebody wants it."""
    bulk_change(crowded)
    crowded.now = crowded.now.replace(day=25)
    crowded.release(checkpoint_of(crowded))
    crowded.pass_time(days=5)
    assert len(crowded.mails.sent) == ISSUES


def test_those_discarded_are_never_asked_and_the_checkpoint_asks_again(crowded: Site) -> None:
    events = bulk_change(crowded)
    crowded.pass_time(hours=2)
    with crowded.tx() as tx:
        (checkpoint, _count), *_ = storm_guard.held(tx, PROJECT)
        assert storm_guard.discard(tx, PROJECT, checkpoint.id, crowded.now) == ISSUES - CAP
    crowded.pass_time(days=2)
    assert len(crowded.mails.sent) == CAP
    assert reasons(crowded, events) == {SkipReason.DISCARDED: ISSUES - CAP}
    crowded.add_customer_of_issue(999)
    crowded.move(999)
    crowded.pass_time(hours=1)
    assert len(crowded.mails.sent) == CAP + 1


def test_a_discard_can_be_undone(crowded: Site) -> None:
    bulk_change(crowded)
    checkpoint_id = checkpoint_of(crowded)
    with crowded.tx() as tx:
        storm_guard.discard(tx, PROJECT, checkpoint_id, crowded.now)
    with crowded.tx() as tx:
        assert storm_guard.undo_discard(tx, PROJECT, checkpoint_id, crowded.now) == ISSUES - CAP
    assert crowded.held() == {checkpoint_id: ISSUES - CAP}
    crowded.release(checkpoint_id)
    crowded.pass_time(days=1)
    assert len(crowded.mails.sent) == ISSUES


def test_the_second_of_two_who_decide_hears_that_it_is_done(crowded: Site) -> None:
    bulk_change(crowded)
    checkpoint_id = checkpoint_of(crowded)
    crowded.release(checkpoint_id)
    with pytest.raises(Conflict), crowded.tx() as tx:
        storm_guard.discard(tx, PROJECT, checkpoint_id, crowded.now)


def test_the_lead_is_told_once_where_jira_shows_the_address(crowded: Site) -> None:
    crowded.jira.email_of_lead = "pia@acme.example"
    bulk_change(crowded)
    crowded.pass_time(days=2)
    (told,) = [sent for sent in crowded.mails.sent if sent.address == "pia@acme.example"]
    assert "SHOP: surveys are held back" in told.mail.subject
    assert "“Review”" in told.mail.text


def test_a_calm_hour_is_no_storm(crowded: Site) -> None:
    for number in range(ISSUES):
        bulk_change(crowded, range(number, number + 1))
        crowded.pass_time(minutes=7)
    assert crowded.held() == {}
    assert len(crowded.mails.sent) == ISSUES
