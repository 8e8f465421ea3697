"""Asking Jira what somebody may: remembered for a minute, per question, and refused where Jira does not answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connect import (
    ADMINISTER_JIRA,
    ADMINISTER_PROJECT,
    ANY_USER,
    BROWSE_ISSUE,
    BROWSE_PROJECT,
    Connect,
    Forbidden,
    Missing,
    Permission,
    Principal,
    Tenant,
    Unavailable,
)
from connect.errors import TooMany
from connect.permissions import PER_PERSON, PER_SITE, Permissions
from tests.connect.world import ACME, ADA, GLOBEX, Clock, HttpServer

CHECK = "/rest/api/3/permissions/check"


@pytest.fixture
def permissions(connect: Connect) -> Permissions:
    return connect.permissions


@pytest.fixture
def ada(server: HttpServer) -> Principal:
    return Principal(replace(ACME, base_url=server.url), ADA)


def answer(server: HttpServer, *projects: dict[str, Any], site: tuple[str, ...] = ()) -> None:
    server.json("POST", CHECK, {"globalPermissions": site, "projectPermissions": projects})


def granted(permission: str, *, issues: tuple[int, ...] = (), projects: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"permission": permission, "issues": issues, "projects": projects}


def test_a_grant_counts_for_the_object_it_names(permissions: Permissions, server: HttpServer, ada: Principal) -> None:
    answer(
        server, granted("BROWSE_PROJECTS", issues=(10007,), projects=(10000,)), granted("EDIT_ISSUES", issues=(10008,))
    )
    assert permissions.allows(ada, BROWSE_ISSUE, "10007")
    assert permissions.allows(ada, BROWSE_PROJECT, 10000)
    assert not permissions.allows(ada, BROWSE_ISSUE, "10008")
    assert not permissions.allows(ada, BROWSE_ISSUE, "10000")
    assert not permissions.allows(ada, ADMINISTER_PROJECT, "10000")
    assert not permissions.allows(ada, ADMINISTER_JIRA)


def test_site_wide_rights_are_asked_as_such(permissions: Permissions, server: HttpServer, ada: Principal) -> None:
    answer(server, granted("ADMINISTER", projects=(10000,)), site=("ADMINISTER",))
    assert permissions.allows(ada, ADMINISTER_JIRA)
    assert server.seen[0].json["globalPermissions"] == ["ADMINISTER"]


def test_an_answer_is_remembered_and_a_revoked_right_is_gone_within_a_minute(
    permissions: Permissions, server: HttpServer, ada: Principal, clock: Clock
) -> None:
    answer(server, granted("BROWSE_PROJECTS", projects=(10000,)))
    assert permissions.allows(ada, BROWSE_PROJECT, "10000")
    answer(server)
    clock.advance(seconds=59)
    assert permissions.allows(ada, BROWSE_PROJECT, "10000")
    assert len(server.seen) == 1
    clock.advance(seconds=1)
    assert not permissions.allows(ada, BROWSE_PROJECT, "10000")


def test_a_clock_that_goes_back_makes_no_grant_last_longer(
    permissions: Permissions, server: HttpServer, ada: Principal, clock: Clock
) -> None:
    answer(server, granted("BROWSE_PROJECTS", projects=(10000,)))
    assert permissions.allows(ada, BROWSE_PROJECT, "10000")
    answer(server)
    clock.advance(hours=-1)
    assert not permissions.allows(ada, BROWSE_PROJECT, "10000")


def test_what_is_remembered_belongs_to_one_tenant_person_permission_and_object(
    permissions: Permissions, server: HttpServer, ada: Principal
) -> None:
    answer(server, granted("BROWSE_PROJECTS", issues=(10000,), projects=(10000,)))
    assert permissions.allows(ada, BROWSE_PROJECT, "10000")
    answer(server)
    somebody_else = replace(ada, account_id="712020:tom")
    elsewhere = replace(ada, tenant=replace(GLOBEX, base_url=server.url))
    for other in (somebody_else, elsewhere):
        assert not permissions.allows(other, BROWSE_PROJECT, "10000")
    for permission, object_id in ((BROWSE_ISSUE, "10000"), (ADMINISTER_PROJECT, "10000"), (BROWSE_PROJECT, "10001")):
        assert not permissions.allows(ada, permission, object_id)
    assert permissions.allows(ada, BROWSE_PROJECT, "10000")


def test_any_user_needs_no_question_and_nobody_gets_nothing(
    permissions: Permissions, server: HttpServer, ada: Principal
) -> None:
    assert permissions.allows(ada, ANY_USER)
    for permission in (ANY_USER, ADMINISTER_JIRA):
        assert not permissions.allows(replace(ada, account_id=None), permission)
    assert server.seen == []


@pytest.mark.parametrize("object_id", [None, "", "0", 0, "-1", -1, "01", "1.0", "1e3", "DEMO", "٣", "1" * 19])
def test_an_id_that_cannot_be_is_missing(
    permissions: Permissions, server: HttpServer, ada: Principal, object_id: Any
) -> None:
    with pytest.raises(Missing):
        permissions.allows(ada, BROWSE_PROJECT, object_id)
    assert server.seen == []


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503, 302])
def test_no_answer_is_a_refusal_for_now(
    permissions: Permissions, server: HttpServer, ada: Principal, status: int
) -> None:
    server.json("POST", CHECK, {"globalPermissions": ["ADMINISTER"]}, status, Location="/x")
    with pytest.raises(Unavailable):
        permissions.allows(ada, ADMINISTER_JIRA)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"globalPermissions": "ADMINISTER"}',
        b'{"globalPermissions": {"ADMINISTER": true}}',
        b"<html>",
    ],
)
def test_an_unreadable_answer_is_a_refusal_for_now(
    permissions: Permissions, server: HttpServer, ada: Principal, body: bytes
) -> None:
    server.raw("POST", CHECK, 200, body)
    with pytest.raises(Unavailable):
        permissions.allows(ada, ADMINISTER_JIRA)


def test_a_jira_that_is_not_there_is_a_refusal_for_now(permissions: Permissions, ada: Principal) -> None:
    nowhere: Tenant = replace(ada.tenant, base_url="http://localhost:1")
    with pytest.raises(Unavailable):
        permissions.allows(replace(ada, tenant=nowhere), ADMINISTER_JIRA)


def test_a_busy_jira_tells_the_caller_when_to_come_back(
    permissions: Permissions, server: HttpServer, ada: Principal
) -> None:
    server.json("POST", CHECK, {}, 429, Retry_After="17")
    with pytest.raises(Unavailable) as error:
        permissions.allows(ada, ADMINISTER_JIRA)
    assert error.value.retry_after_seconds == 17


def test_a_permission_that_jira_does_not_know_is_forbidden(
    permissions: Permissions, server: HttpServer, ada: Principal
) -> None:
    server.json("POST", CHECK, {"errorMessages": ["Unrecognized permission"]}, 400)
    with pytest.raises(Forbidden):
        permissions.allows(ada, Permission("MADE_UP", "site"))


def test_a_failure_is_not_remembered(permissions: Permissions, server: HttpServer, ada: Principal) -> None:
    with pytest.raises(Unavailable):
        permissions.allows(ada, ADMINISTER_JIRA)
    answer(server, site=("ADMINISTER",))
    assert permissions.allows(ada, ADMINISTER_JIRA)


def test_whoever_goes_through_many_issues_is_stopped_before_jira_is_asked_and_hurts_nobody_else(
    permissions: Permissions, server: HttpServer, ada: Principal, clock: Clock
) -> None:
    answer(server, granted("BROWSE_PROJECTS", issues=tuple(range(1, 200)), projects=(1,)), site=("ADMINISTER",))
    assert all(permissions.allows(ada, BROWSE_ISSUE, number) for number in range(1, PER_PERSON + 1))
    clock.advance(seconds=20)
    for permission in (BROWSE_ISSUE, ADMINISTER_PROJECT):
        with pytest.raises(TooMany) as error:
            permissions.allows(ada, permission, 150)
        assert (error.value.status, error.value.retry_after_seconds) == (429, 40)
    assert len(server.seen) == PER_PERSON
    assert permissions.allows(ada, BROWSE_ISSUE, 1), "what is remembered costs nothing"
    assert permissions.allows(ada, ADMINISTER_JIRA), "this is one question, and not about a thing with a number"
    assert permissions.allows(replace(ada, account_id="712020:tom"), BROWSE_ISSUE, 150)
    assert permissions.allows(replace(ada, tenant=replace(GLOBEX, base_url=server.url)), BROWSE_ISSUE, 150)
    clock.advance(seconds=40)
    assert permissions.allows(ada, BROWSE_ISSUE, 150)


def test_many_people_of_one_site_are_stopped_too(ada: Principal, clock: Clock) -> None:
    asked: list[int] = []
    permissions = Permissions(lambda _tenant: Asking(asked), clock)  # type: ignore[arg-type, return-value]
    for number in range(PER_SITE):
        assert not permissions.allows(replace(ada, account_id=f"712020:{number % 50}"), BROWSE_ISSUE, number + 1)
    with pytest.raises(TooMany):
        permissions.allows(replace(ada, account_id="712020:tom"), BROWSE_ISSUE, 1)
    assert len(asked) == PER_SITE
    assert not permissions.allows(replace(ada, tenant=GLOBEX), BROWSE_ISSUE, 1)


class Asking:
    """A Jira that grants nothing."""

    def __init__(self, asked: list[int]) -> None:
        self._asked = asked

    def check_permissions(self, _account: str, _site_wide: list[str], wanted: list[dict[str, Any]]) -> dict[str, Any]:
        self._asked += wanted[0]["issues"]
        return {"globalPermissions": [], "projectPermissions": []}


def test_memory_is_bounded(permissions: Permissions) -> None:
    for number in range(10_050):
        permissions._answers.get((1, ADA, "BROWSE_PROJECTS", "issue", number), lambda: True)
    assert len(permissions._answers._answers) == 10_000
    assert (1, ADA, "BROWSE_PROJECTS", "issue", 0) not in permissions._answers._answers
