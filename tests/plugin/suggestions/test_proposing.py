"""Which checkpoints are proposed to a project."""

from __future__ import annotations

from connect import IssueType, Status
from plugin.checkpoints.workflow import Workflow
from plugin.domain import Phase, Role
from plugin.history.service import Traffic
from plugin.suggestions.proposing import Proposal, propose
from tests.plugin.asking import NOW

STORY, BUG, SUBTASK = IssueType("1", "Story"), IssueType("2", "Bug"), IssueType("3", "Sub-task", subtask=True)
TODO, DOING, REVIEW, DONE = (
    Status("10", "To Do", "new"),
    Status("11", "In Progress", "indeterminate"),
    Status("12", "In review", "indeterminate"),
    Status("13", "Done", "done"),
)
UAT = Status("14", "UAT", "indeterminate")
CANCELLED = Status("15", "Cancelled", "done")
SOFTWARE = Workflow((STORY, BUG, SUBTASK), (TODO, DOING, REVIEW, UAT, DONE, CANCELLED), NOW)


def way(kind: IssueType, start: Status, end: Status, issues: int, again: int = 0) -> Traffic:
    return Traffic(kind.id, start.id, end.id, issues + again, issues, NOW)


def phases(*traffic: Traffic, workflow: Workflow = SOFTWARE, roles: tuple[Role, ...] = ()) -> dict[Phase, Proposal]:
    found = propose(workflow, traffic, roles)
    assert len({each.key for each in found}) == len(found) <= 4
    return {each.phase: each for each in found}


def test_a_usual_project_is_asked_at_review_delivery_solved_bugs_and_every_month() -> None:
    found = phases(
        way(STORY, DOING, REVIEW, 20, again=6),
        way(STORY, REVIEW, DONE, 18),
        way(BUG, DOING, DONE, 7),
        way(SUBTASK, DOING, DONE, 50),
    )
    assert list(found) == [Phase.REVIEW, Phase.DELIVERY, Phase.INCIDENT, Phase.PULSE]
    review, delivery, incident, pulse = found.values()
    assert (review.to_status_id, review.issue_type_ids, review.changes, review.issues) == ("12", ("1",), 26, 20)
    assert (delivery.to_status_id, delivery.issue_type_ids, delivery.delay_hours) == ("13", ("1",), 24)
    assert (incident.to_status_id, incident.issue_type_ids) == ("13", ("2",))
    assert (pulse.to_status_id, pulse.every_weeks) == ("", 4)


def test_where_the_customer_accepts_delivery_is_not_asked_about_as_well() -> None:
    found = phases(way(STORY, REVIEW, UAT, 10), way(STORY, UAT, DONE, 12))
    assert Phase.ACCEPTANCE in found
    assert Phase.DELIVERY not in found


def test_an_acceptance_that_hardly_anybody_uses_gives_way_to_delivery() -> None:
    found = phases(way(STORY, REVIEW, UAT, 2), way(STORY, DOING, DONE, 30))
    assert Phase.ACCEPTANCE not in found
    assert found[Phase.DELIVERY].to_status_id == "13"


def test_of_several_ends_the_one_that_delivers_most_is_taken() -> None:
    shipped = Status("16", "Shipped", "done")
    workflow = Workflow((STORY,), (TODO, DOING, DONE, shipped, CANCELLED), NOW)
    found = phases(
        way(STORY, DOING, DONE, 3),
        way(STORY, DONE, shipped, 9),
        way(STORY, DOING, CANCELLED, 40),
        workflow=workflow,
    )
    assert found[Phase.DELIVERY].to_status_id == "16"
    assert found[Phase.DELIVERY].issue_type_ids == (), "a project with one kind of work means all of it"


def test_what_nobody_reached_is_not_proposed() -> None:
    assert phases() == {}
    assert phases(way(STORY, TODO, DOING, 9)) == {}


def test_going_back_is_no_moment_to_ask() -> None:
    assert Phase.REVIEW not in phases(way(STORY, DONE, REVIEW, 30))


def test_sub_tasks_ask_nobody() -> None:
    assert set(phases(way(SUBTASK, DOING, DONE, 30))) == {Phase.PULSE}


def test_a_project_of_incidents_only_is_asked_when_they_are_done() -> None:
    workflow = Workflow((BUG,), (TODO, DOING, DONE), NOW)
    found = phases(way(BUG, DOING, DONE, 5), workflow=workflow)
    assert list(found) == [Phase.INCIDENT]
    assert found[Phase.INCIDENT].issue_type_ids == ()


def test_a_status_that_many_issues_reach_asks_key_roles_where_there_are_some() -> None:
    busy = way(STORY, DOING, REVIEW, 41)
    assert phases(busy, roles=(Role.USER, Role.KEY_USER))[Phase.REVIEW].roles == (Role.KEY_USER,)
    assert phases(busy, roles=(Role.USER,))[Phase.REVIEW].roles == ()
    calm = way(STORY, DOING, REVIEW, 40)
    assert phases(calm, roles=(Role.USER, Role.KEY_USER))[Phase.REVIEW].roles == ()


def test_only_a_running_project_is_asked_by_the_calendar() -> None:
    assert Phase.PULSE not in phases(way(STORY, TODO, DOING, 9))
    assert Phase.PULSE in phases(way(STORY, TODO, DOING, 10))
