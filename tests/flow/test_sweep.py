"""What no webhook told us is found within the hour, and asked about once, whichever came first."""

from __future__ import annotations

from collections import Counter

import pytest

from plugin.invitations import service as invitations
from plugin.transitions import service as transitions
from tests.devhost import lifecycle
from tests.flow.cast import add_checkpoint, add_contact, add_customer, move, project_id
from tests.running import Rapport


@pytest.fixture
def asking(rapport: Rapport) -> Rapport:
    """A project that asks Greta about everything that goes to review."""
    add_checkpoint(rapport, "In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", "greta@nordlicht.example")
    rapport.settle()
    return rapport


def decisions(rapport: Rapport) -> Counter[str]:
    """How many invitations and skips there are about each issue."""
    with rapport.ports.database.reading(rapport.tenant_id()) as tx:
        events = transitions.list_of_project(tx, project_id(rapport), limit=500)
        asked, skipped = invitations.list_of_events(tx, [event.id for event in events])
    key_of = {event.id: event.issue_key for event in events}
    return Counter(key_of[each.event_id] for each in (*asked, *skipped))


def to_review(rapport: Rapport, count: int) -> list[str]:
    """New stories go to review, over three hours."""
    keys = []
    for number in range(count):
        issue = rapport.site.create_issue(project_id(rapport), "Story", f"Part {number}", rapport.account("Tom Team"))
        move(rapport, issue.key, "In Progress")
        move(rapport, issue.key, "In review")
        keys.append(issue.key)
        rapport.clock.advance(hours=3 / count)
    return keys


def test_after_three_hours_without_webhooks_the_next_sweep_finds_all_and_asks_once(asking: Rapport) -> None:
    asking.site.faults.lose_webhooks = True
    keys = to_review(asking, 130)  # more than one page
    asking.site.faults.lose_webhooks = False
    assert not decisions(asking)
    asking.clock.advance(hours=1)
    asking.settle()
    assert decisions(asking) == Counter(dict.fromkeys(keys, 1))
    for _ in range(3):
        asking.clock.advance(hours=1)
        asking.settle()
    assert decisions(asking) == Counter(dict.fromkeys(keys, 1)), "they overlap and find nothing new"


def test_a_webhook_that_comes_after_the_sweep_asks_nobody_again(asking: Rapport) -> None:
    asking.site.faults.withhold_webhooks = True
    keys = to_review(asking, 5)
    asking.clock.advance(hours=1)
    asking.settle()
    assert decisions(asking) == Counter(dict.fromkeys(keys, 1))
    asking.site.faults.withhold_webhooks = False
    asking.settle()
    assert decisions(asking) == Counter(dict.fromkeys(keys, 1))


def test_what_happened_before_there_was_a_checkpoint_is_not_asked_about(rapport: Rapport) -> None:
    rapport.site.faults.lose_webhooks = True
    to_review(rapport, 1)
    add_checkpoint(rapport, "In review")
    rapport.clock.advance(hours=1, minutes=1)
    rapport.settle()
    assert not decisions(rapport)


def test_while_jira_is_away_the_sweep_waits_and_then_looks_back_far_enough(asking: Rapport) -> None:
    asking.site.faults.lose_webhooks = True
    asking.site.faults.jira_status = 503
    for _ in range(30):
        asking.clock.advance(minutes=20)
        asking.settle()
    keys = to_review(asking, 2)
    asking.site.faults.jira_status = 403
    asking.clock.advance(hours=2)
    asking.settle()
    asking.site.faults.jira_status = None
    asking.clock.advance(hours=2)
    asking.settle()
    assert decisions(asking) == Counter(dict.fromkeys(keys, 1))


def test_a_site_that_comes_back_is_swept_again(asking: Rapport) -> None:
    lifecycle.uninstall(asking.site, asking.jira.keys)
    keys = to_review(asking, 2)
    asking.jira.install()
    asking.clock.advance(hours=1, minutes=1)
    asking.settle()
    assert decisions(asking) == Counter(dict.fromkeys(keys, 1))
