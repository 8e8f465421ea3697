"""The platform against the stand-in for Jira, which shares no code with it and checks each call against Atlassian's contract."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from connect import (
    ADMINISTER_JIRA,
    ADMINISTER_PROJECT,
    BROWSE_ISSUE,
    BROWSE_PROJECT,
    Connect,
    JiraNotFound,
    JiraRejected,
    JiraSite,
    Principal,
    StatusChanged,
    Tenant,
)
from tests.connect.world import APP_KEY, DESCRIPTOR, MemoryStore, plain_app
from tests.devhost.host import Devhost


class Installed:
    """The app and the site that installed it."""

    def __init__(self, jira: Devhost) -> None:
        self.events: list[Any] = []
        self.store = MemoryStore()
        self.jira = jira
        app = Flask(__name__)
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        jira.app_url = f"http://127.0.0.1:{self._server.server_port}"
        self.connect = Connect(
            app_key=APP_KEY,
            base_url=jira.app_url,
            store=self.store,
            clock=lambda: datetime.now(UTC),
            on_events=lambda told: [self.events.append(each) for each in told],
            descriptor_path=DESCRIPTOR,
            install_keys_url=jira.install_keys_url,
            development=True,
        )
        self._server.app = plain_app(self.connect)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Installed:
        self._thread.start()
        self.jira.install()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def tenant(self) -> Tenant:
        return self.store.tenants[self.jira.site.client_key]

    @property
    def site(self) -> JiraSite:
        return self.connect.site(self.tenant)

    def move(self, issue: str, status: str, who: str = "Tom Team") -> StatusChanged:
        self.site.watch_projects([self.jira.site.issue(issue).project_id], datetime.now(UTC))
        self.jira.site.transition(issue, status, self.jira.site.user_named(who).account_id)
        self.jira.drain()
        event = self.events[-1][2]
        assert isinstance(event, StatusChanged)
        return event

    def may(self, who: str, *questions: tuple[Any, str | None]) -> list[bool]:
        caller = Principal(self.tenant, self.jira.site.user_named(who).account_id)
        return [self.connect.permissions.allows(caller, permission, about) for permission, about in questions]


@pytest.fixture
def installed() -> Iterator[Installed]:
    with Devhost() as jira, Installed(jira) as ready:
        yield ready
        jira.site.assert_no_contract_problems()


def test_a_move_in_jira_arrives_as_an_event_that_jira_confirms(installed: Installed) -> None:
    event = installed.move("DEMO-7", "Done")
    issue = installed.site.get_issue(event.issue_id)
    assert (issue.key, issue.project_id, issue.status_id) == (event.issue_key, event.project_id, event.to_status_id)
    newest = issue.changes[-1]
    assert (newest.changelog_id, newest.from_status_id, newest.actor_account_id) == (
        event.changelog_id,
        event.from_status_id,
        event.actor_account_id,
    )
    assert abs((newest.at - event.happened_at).total_seconds()) < 2


def test_everything_that_the_client_asks_is_within_atlassians_contract(installed: Installed) -> None:
    site, tom = installed.site, installed.jira.site.user_named("Tom Team")
    found = site.search_issues("project = DEMO ORDER BY updated DESC", limit=3, with_changes=True)
    assert len(found) == 3
    issue = found[0]
    assert site.get_issues([each.id for each in found]) == {each.id: each for each in found}
    assert site.get_issues([issue.id, "999999"]) == {issue.id: issue}
    project = site.get_project(issue.project_id)
    assert (project.key, issue.status_id in {status.id for status in project.statuses}) == ("DEMO", True)
    site.set_issue_property(issue.id, "rapport-satisfaction", {"score": 4.5})
    assert site.get_issue_property(issue.id, "rapport-satisfaction") == {"score": 4.5}
    assert site.get_issue_property(issue.id, "another") is None
    site.set_project_property(project.id, "rapport-satisfaction", {"n": 1})
    assert site.get_user(tom.account_id).display_name == "Tom Team"
    text = {"type": "paragraph", "content": [{"type": "text", "text": "Thank you"}]}
    assert site.add_comment(issue.id, {"type": "doc", "version": 1, "content": [text]}, internal=True).isdigit()
    assert site.has_comment(issue.id, text["content"][0]["text"])
    assert not site.has_comment(issue.id, "what nobody said")


def test_refusals_of_jira_arrive_as_ours(installed: Installed) -> None:
    with pytest.raises(JiraNotFound):
        installed.site.get_issue("999999")
    with pytest.raises(JiraRejected) as error:
        installed.site.search_issues("nonsense = 1")
    assert error.value.messages


def test_people_may_what_jira_says_they_may(installed: Installed) -> None:
    issue = installed.site.get_issue("DEMO-7")
    questions = (
        (BROWSE_ISSUE, issue.id),
        (BROWSE_PROJECT, issue.project_id),
        (ADMINISTER_PROJECT, issue.project_id),
        (ADMINISTER_JIRA, None),
    )
    assert installed.may("Ada Admin", *questions) == [True, True, True, True]
    assert installed.may("Pia Lead", *questions) == [True, True, True, False]
    assert installed.may("Tom Team", *questions) == [True, True, False, False]
    assert installed.may("Sam Stranger", *questions) == [False, False, False, False]


def test_a_reinstall_brings_a_new_secret_that_works_at_once(installed: Installed) -> None:
    before = installed.tenant
    installed.jira.keys.rotate()  # a second install within the same second would else bring the very same token
    installed.jira.install()
    assert installed.tenant.shared_secret != before.shared_secret
    assert installed.site.get_issue("DEMO-7").key == "DEMO-7"
    assert installed.move("DEMO-7", "Done").issue_key == "DEMO-7"
