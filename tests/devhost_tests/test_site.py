"""The world behind the API: what changes leave behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.devhost.errors import BadRequest, NotFound
from tests.devhost.seed import seed_demo
from tests.devhost.site import Site
from tests.devhost_tests.conftest import account

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.fixture
def world() -> Site:
    """The seed, at a fixed moment."""
    site = Site("acme", "http://localhost", clock=lambda: NOW)
    seed_demo(site)
    return site


def test_the_seed_is_what_it_says(world: Site) -> None:
    assert [each.key for each in world.projects.values()] == ["DEMO", "OPS"]
    assert [each.key for each in world.issues.values()][:12] == [f"DEMO-{number}" for number in range(1, 13)]
    assert world.statuses[world.issue("DEMO-7").status_id].name == "In Progress"
    assert [each.name for each in world.transitions_for(world.issue("DEMO-9"))] == ["To Do", "In Progress", "Done"]


def test_the_seed_has_a_past_and_no_future(world: Site) -> None:
    moments = [each.created for issue in world.issues.values() for each in issue.changelog]
    assert min(moments) < NOW - timedelta(days=30)
    assert max(moments) <= NOW
    for issue in world.issues.values():
        assert issue.created <= issue.updated == max([issue.created, *(each.created for each in issue.changelog)]) or (
            issue.comments
        )


def test_two_sites_have_the_same_ids_and_different_keys(world: Site) -> None:
    rival = Site("rival", "http://localhost")
    seed_demo(rival)
    assert list(world.issues) == list(rival.issues)
    assert list(world.users) == list(rival.users)
    assert world.client_key != rival.client_key
    assert world.cloud_id != rival.cloud_id


def test_a_change_moves_the_date_and_writes_history(world: Site) -> None:
    tom = account(world, "Tom Team")
    issue = world.transition("DEMO-7", "31", tom)
    assert issue.updated == NOW
    assert issue.changelog[-1].author == tom
    assert issue.changelog[-1].items[0]["toString"] == "In review"


def test_an_edit_that_changes_nothing_leaves_no_trace(world: Site) -> None:
    before = len(world.issue("DEMO-7").changelog)
    world.edit_issue("DEMO-7", account(world, "Tom Team"), summary=world.issue("DEMO-7").summary)
    assert len(world.issue("DEMO-7").changelog) == before


def test_reopening_takes_the_resolution_away(world: Site) -> None:
    issue = world.transition("DEMO-1", "In Progress", account(world, "Tom Team"))
    assert issue.resolved is None
    assert [each["fieldId"] for each in issue.changelog[-1].items] == ["status", "resolution"]


def test_a_transition_that_is_not_on_offer_is_refused(world: Site) -> None:
    with pytest.raises(BadRequest, match="not valid for this issue"):
        world.transition("DEMO-9", "Ready for review", account(world, "Tom Team"))


def test_a_moved_issue_keeps_its_id_and_answers_to_both_keys(world: Site) -> None:
    issue_id = world.issue("DEMO-7").id
    moved = world.move_issue("DEMO-7", "OPS", account(world, "Tom Team"))
    assert (moved.id, moved.key) == (issue_id, "OPS-4")
    assert world.issue("DEMO-7") is world.issue("OPS-4")
    assert [each["field"] for each in moved.changelog[-1].items] == ["project", "Key"]


def test_a_deleted_issue_takes_its_links_along(world: Site) -> None:
    assert world.links
    world.delete_issue("DEMO-7", account(world, "Pia Lead"))
    assert not world.links
    with pytest.raises(NotFound):
        world.issue("DEMO-7")


def test_history_can_be_written_in_the_past(world: Site) -> None:
    then = NOW - timedelta(days=100)
    with world.frozen_at(then):
        issue = world.create_issue("DEMO", "Bug", "Old", account(world, "Pia Lead"))
    assert issue.created == then
    assert world.clock() == NOW
