"""The issue itself as a channel: the invitation as a comment that customers of a service desk see, and a low score as one
that they do not see."""

from __future__ import annotations

import pytest

from plugin.invitations import delivery
from tests.devhost import adf
from tests.devhost.records import Comment
from tests.flow import cast
from tests.running import Rapport

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def ours(rapport: Rapport) -> list[Comment]:
    people = {user.account_id for user in rapport.site.users.values() if user.account_type != "app"}
    return [each for each in rapport.site.issue("DEMO-7").comments if each.author not in people]


def links_in(comment: Comment) -> list[str]:
    texts = [text for paragraph in comment.body["content"] for text in paragraph["content"]]
    return [text["marks"][0]["attrs"]["href"] for text in texts if "marks" in text]


def ask_without_address(rapport: Rapport, **more: object) -> None:
    cast.add_contact(rapport, cast.add_customer(rapport, "Nordlicht Handels GmbH"), "Greta Probe", "", language="de")
    cast.add_checkpoint(rapport, "In review", by_comment="y", low_comment="y", name="Shown to the customer", **more)
    cast.move(rapport, "DEMO-7", "In review")


@sqlite_only
def test_the_invitation_is_a_comment_and_a_low_score_an_internal_one(framed: Rapport) -> None:
    rapport = framed
    ask_without_address(rapport, reminders=1, reminder_days=1)
    rapport.settle()
    (asked,) = ours(rapport)
    assert "Guten Tag Greta Probe," in adf.plain(asked.body)
    assert not asked.internal
    assert rapport.jira.mailbox.messages == []
    link = links_in(asked)[0]
    assert link.endswith("?score=1")

    rapport.clock.advance(days=3)
    rapport.settle()
    asked, reminded = ours(rapport)
    assert "Vor einigen Tagen hat das Projektteam gefragt" in adf.plain(reminded.body)

    assert cast.answer(link, 1, "Far too slow.").status_code == 200
    rapport.settle()
    told = ours(rapport)[-1]
    assert told.internal
    assert "A customer answered 1 of 5 about this issue, at the checkpoint “Shown to the customer”." in adf.plain(
        told.body
    )
    assert "Far too slow" not in adf.plain(told.body)
    assert "Greta" not in adf.plain(told.body)
    assert (
        rapport.call("GET", f"/projects/{cast.project_id(rapport)}/checkpoints", "Pia Lead").text.count("comment") == 2
    )


@sqlite_only
def test_an_attempt_cut_short_leaves_one_comment(rapport: Rapport, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_without_address(rapport)
    recorded = delivery.record_sent

    def cut_short(*_args: object) -> None:
        monkeypatch.setattr(delivery, "record_sent", recorded)
        raise RuntimeError("the process ends here")

    monkeypatch.setattr(delivery, "record_sent", cut_short)
    rapport.settle()
    for _ in range(3):
        rapport.clock.advance(minutes=10)
        rapport.settle()
    assert len(ours(rapport)) == 1
    log = rapport.call("GET", f"/projects/{cast.project_id(rapport)}/log", "Pia Lead").text
    assert "Greta Probe was asked on" in log


@sqlite_only
def test_where_jira_takes_no_comment_the_log_says_so_and_the_address_is_not_blamed(
    rapport: Rapport, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_without_address(rapport)
    monkeypatch.setattr("connect.jira.JiraSite.add_comment", _refuse)
    rapport.settle()
    log = rapport.call("GET", f"/projects/{cast.project_id(rapport)}/log", "Pia Lead").text
    assert "Greta Probe was not asked: Jira takes no comment of ours on this issue." in log
    assert "mail" not in log
    monkeypatch.undo()
    cast.move(rapport, "DEMO-7", "In Progress")
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert len(ours(rapport)) == 1


def _refuse(*_args: object, **_more: object) -> str:
    from connect import JiraForbidden  # noqa: PLC0415

    raise JiraForbidden("refused")
