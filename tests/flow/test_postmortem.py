"""The post-mortem writes itself, people add judgement together, and what is published never changes."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import requests

from plugin.postmortems import service
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport

GRETA = "greta@nordlicht.example"
WORDS = "The order form loses my entries."


@pytest.fixture
def lived(rapport: Rapport) -> Rapport:
    """Greta was unhappy once; a date moved; a release went out."""
    add_checkpoint(rapport, "In review", types=["Story"], name="Story → In review")
    customer = add_customer(rapport, "Nordlicht")
    add_contact(rapport, customer, "Greta Probe", GRETA, role="sponsor")
    site, pia = rapport.site, rapport.account("Pia Lead")
    today = rapport.clock().date()
    site.edit_issue("DEMO-7", pia, due_date=today)
    site.edit_issue("DEMO-7", pia, due_date=today + timedelta(days=9))
    site.add_version(project_id(rapport), "Spring", released=True, release_date=today)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    answer(survey_link(rapport.mails_to(GRETA)[0]), 2, WORDS)
    rapport.settle()
    return rapport


def get(rapport: Rapport, path: str, who: str = "Pia Lead") -> str:
    reply = rapport.call("GET", f"/projects/{project_id(rapport)}/{path}", who)
    assert reply.status_code == 200, reply.text
    return unescape(reply.text)


def post(rapport: Rapport, path: str, who: str = "Pia Lead", status: int = 200, **form: object) -> str:
    reply = rapport.call("POST", f"/projects/{project_id(rapport)}/{path}", who, **form)
    assert reply.status_code == status, f"{reply.status_code} {reply.text}"
    return unescape(reply.text)


def version_of(editor: str) -> str:
    found = re.search(r'name="version" type="hidden" value="(\d+)"', editor)
    assert found, editor
    return found[1]


def test_the_draft_tells_what_was_recorded_with_evidence(lived: Rapport) -> None:
    assert "Start the post-mortem" in get(lived, "draft")
    post(lived, "draft", "Tom Team")
    lived.settle()
    draft = get(lived, "draft")
    for told in (
        "Heard at least once: 1 of 1 people on the customers’ side",
        "0 of 1 satisfied (0%, 95% interval 0% to 79%); too few to say more",
        WORDS,
        "Release Spring",
        "Due date moved from",
        "Low answer: 2 of 5",
        "Low answers: 1. Spoken with in time: 0.",
        "planned for",
        "There was no warning.",
        "What went well",
        "no lesson for the next project",
    ):
        assert told in draft, told
    assert 'data-host-href="/browse/DEMO-7"' in draft
    assert WORDS not in get(lived, "draft", "Tom Team")
    assert "Greta" not in get(lived, "draft", "Tom Team")


def test_two_people_who_write_at_once_lose_nothing(lived: Rapport) -> None:
    post(lived, "draft")
    first, second = get(lived, "draft/went_well"), get(lived, "draft/went_well", "Tom Team")
    post(lived, "draft/went_well", text="We met every week.", version=version_of(first))
    both = post(lived, "draft/went_well", "Tom Team", 422, text="The demo helped.", version=version_of(second))
    assert "We met every week." in both
    assert "The demo helped." in both
    merged = "We met every week.\n\nThe demo helped."
    post(lived, "draft/went_well", "Tom Team", text=merged, version=version_of(both))
    assert "The demo helped." in get(lived, "draft")
    post(lived, "draft/unknown", status=404, text="x", version=0)
    post(lived, "draft/went_well", status=422, text="x" * 20_001, version=0)


def test_people_agree_comment_decide_and_what_is_published_never_changes(lived: Rapport) -> None:
    post(lived, "draft")
    post(lived, "draft/differently", text="Show the form earlier.", version=0)
    for who in ("Pia Lead", "Tom Team", "Tom Team"):
        post(lived, "draft/differently/agree", who)
    assert "2 agree" in post(lived, "draft/differently/comments", "Tom Team", text="With real data.")
    target = lived.clock().date() + timedelta(days=28)
    post(lived, "actions", status=422, title="", target_on=target)
    post(lived, "actions", title="Prototype before build", owner=lived.account("Pia Lead"), target_on=target)
    lived.settle()
    (issue,) = [each for each in lived.site.issues.values() if "post-mortem" in each.labels]
    assert (issue.summary, issue.due_date, issue.assignee) == (
        "Prototype before build",
        target,
        lived.account("Pia Lead"),
    )
    move(lived, issue.key, "In Progress", "Pia Lead")
    lived.settle()
    assert re.search(r"Prototype before build \(Pia Lead, until [^)]+\)\s+<span[^>]*>In Progress", get(lived, "draft"))

    post(lived, "publish", status=409)
    post(lived, "approve", "Tom Team", 403)
    post(lived, "approve")
    post(lived, "draft/surprised", text="How often the form was used.", version=0)
    post(lived, "publish", status=409)
    post(lived, "approve")
    post(lived, "publish")
    edition = get(lived, "editions/1")
    with lived.ports.database.reading(lived.tenant_id()) as tx:
        (before,) = service.editions(tx, project_id(lived))

    move(lived, issue.key, "Done", "Pia Lead")
    post(lived, "draft/differently", text="Something else.", version=1)
    lived.settle()
    post(lived, "approve")
    post(lived, "publish")
    with lived.ports.database.reading(lived.tenant_id()) as tx:
        newest, first = service.editions(tx, project_id(lived))
    assert (first.content, first.digest) == (before.content, before.digest)
    assert newest.content != first.content
    assert get(lived, "editions/1") == edition
    assert "Show the form earlier." in edition
    assert "Something else." in get(lived, "editions/2")
    assert WORDS in edition
    assert WORDS not in get(lived, "editions/1", "Tom Team")


def test_a_project_that_lacks_something_is_closed_with_a_reason(lived: Rapport) -> None:
    post(lived, "draft")
    assert "case is not finished" in get(lived, "draft")
    post(lived, "close", status=422)
    post(lived, "close", "Tom Team", 403, reason="x")
    assert "The budget has ended" in post(lived, "close", reason="The budget has ended")


def test_the_draft_is_there_while_jira_is_away(lived: Rapport) -> None:
    lived.site.faults.jira_path = "/rest/api/3/project"
    lived.site.faults.jira_status = 503
    assert "are being read from Jira" in post(lived, "draft")
    lived.settle()
    lived.site.faults.jira_status = None
    lived.clock.advance(minutes=2)
    lived.settle()
    assert "Release Spring" in get(lived, "draft")


def test_a_stranger_sees_nothing_of_it(lived: Rapport) -> None:
    for path in ("draft", "editions/1", "share", "lessons", "plan", "cases"):
        reply = lived.call("GET", f"/projects/{project_id(lived)}/{path}", "Sam Stranger")
        assert reply.status_code in (403, 404)
    assert requests.get(f"{lived.settings.base_url}/x/1/{'A' * 43}", timeout=60).status_code == 404
