"""Two workers decide at the same moment: together they ask nobody twice and no more than the cap. On both engines."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from plugin.asking import AskPolicy
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.outlook import Outlook
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import SkipReason
from plugin.invitations import service as invitations
from plugin.transitions import service as transitions
from tests.plugin.invitations.site import PROJECT, Site


def deciding(site: Site, event_id: int) -> Callable[[Tx], None]:
    """What a worker does about an event, once Jira has told it the issue."""

    def decide(tx: Tx) -> None:
        event = transitions.get(tx, event_id)
        issue = site.jira.issues[event.issue_id]
        rules = checkpoints.list_of_project(tx, PROJECT)
        concerned = invitations.audiences_for_issue(tx, issue, rules, Outlook(), site.now)
        invitations.decide(tx, *invitations.about_issue(event, issue), concerned, site.now)

    return decide


def at_once(site: Site, first: Callable[[Tx], None], second: Callable[[Tx], None]) -> None:
    """The second begins while the first has decided but not committed."""

    def other() -> None:
        with site.tx() as tx:
            second(tx)

    with site.tx() as tx:
        first(tx)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "it did not wait for the first"
    thread.join(60)
    assert not thread.is_alive()


def test_one_person_is_not_asked_twice(site: Site) -> None:
    site.add_checkpoint()
    site.add_contact("greta")
    events = [site.move(1), site.move(2)]
    at_once(site, *(deciding(site, event_id) for event_id in events))
    decisions = [site.decisions(event_id) for event_id in events]
    assert [len(asked) for asked, _skips in decisions] == [1, 0]
    assert [skip.reason for _asked, skips in decisions for skip in skips] == [SkipReason.QUIET_PERIOD]


def test_one_person_under_two_contacts_of_two_customers_is_not_asked_twice(site: Site) -> None:
    site.add_checkpoint()
    site.add_customer_of_issue(1, email="greta@nordlicht.example")
    site.add_customer_of_issue(2, email="Greta@nordlicht.example")
    site.add_checkpoint(name="Another")
    events = [site.move(1), site.move(2)]
    at_once(site, *(deciding(site, event_id) for event_id in events))
    assert sum(len(site.decisions(event_id)[0]) for event_id in events) == 1


@pytest.mark.parametrize("cap", [1, 2])
def test_the_cap_of_a_checkpoint_is_not_passed_together(site: Site, cap: int) -> None:
    site.change_policy(AskPolicy(storm_cap=cap))
    site.add_checkpoint()
    events = []
    for number in (1, 2):
        site.add_customer_of_issue(number)
        events.append(site.move(number))
    at_once(site, *(deciding(site, event_id) for event_id in events))
    assert sum(len(site.decisions(event_id)[0]) for event_id in events) == cap
    assert sum(site.held().values()) == 2 - cap


def test_whoever_leaves_at_the_same_moment_gets_no_mail(site: Site) -> None:
    site.add_checkpoint()
    greta = site.add_contact("greta")
    event_id = site.move(1)

    def leave(tx: Tx) -> None:
        customers.note_consent(tx, greta, False, "on the phone", "", site.now)

    at_once(site, deciding(site, event_id), leave)
    site.pass_time(days=1)
    assert site.mails.sent == []
