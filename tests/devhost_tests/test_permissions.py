"""Who may do what, asked in Python and over REST."""

from __future__ import annotations

import pytest

from tests.devhost.site import Site
from tests.devhost_tests.conftest import Call, account

EXPECTED = [
    ("Ada Admin", "ADMINISTER", None, True),
    ("Pia Lead", "ADMINISTER", None, False),
    ("Ada Admin", "ADMINISTER_PROJECTS", "DEMO", True),
    ("Pia Lead", "ADMINISTER_PROJECTS", "DEMO", True),
    ("Pia Lead", "ADMINISTER_PROJECTS", "OPS", False),
    ("Tom Team", "ADMINISTER_PROJECTS", "DEMO", False),
    ("Tom Team", "TRANSITION_ISSUES", "DEMO", True),
    ("Sam Stranger", "BROWSE_PROJECTS", "DEMO", False),
    ("Sam Stranger", "BROWSE_PROJECTS", "OPS", True),
    ("Olga Ops", "ADMINISTER_PROJECTS", "OPS", True),
]


@pytest.mark.parametrize(("name", "permission", "project", "expected"), EXPECTED)
def test_roles_give_the_permissions_of_the_seed(
    site: Site, name: str, permission: str, project: str | None, expected: bool
) -> None:
    project_id = site.project(project).id if project else None
    assert site.may(account(site, name), permission, project_id) is expected


@pytest.mark.parametrize(("name", "permission", "project", "expected"), EXPECTED)
def test_the_permission_check_says_the_same(
    site: Site, call: Call, name: str, permission: str, project: str | None, expected: bool
) -> None:
    body = {"accountId": account(site, name), "globalPermissions": [], "projectPermissions": []}
    number = int(site.project(project).id) if project else 0
    if project is None:
        body["globalPermissions"] = [permission]
    else:
        body["projectPermissions"] = [{"permissions": [permission], "projects": [number], "issues": []}]
    granted = call("POST", "/rest/api/3/permissions/check", json=body).json()
    found = granted["projectPermissions"][0]["projects"] == [number] if project else bool(granted["globalPermissions"])
    assert found is expected
    site.assert_no_contract_problems()


def test_the_permission_check_answers_for_issues(site: Site, call: Call) -> None:
    numbers = [int(site.issue(key).id) for key in ("DEMO-7", "OPS-1")]
    asked = [{"permissions": ["BROWSE_PROJECTS", "EDIT_ISSUES"], "issues": [*numbers, 99999999]}]
    body = {"accountId": account(site, "Sam Stranger"), "projectPermissions": asked}
    granted = call("POST", "/rest/api/3/permissions/check", json=body).json()["projectPermissions"]
    assert [each["issues"] for each in granted] == [[numbers[1]], [numbers[1]]]


def test_a_permission_can_be_taken_away_at_once(site: Site) -> None:
    tom, demo = account(site, "Tom Team"), site.project("DEMO")
    del demo.roles[tom]
    assert not site.may(tom, "BROWSE_PROJECTS", demo.id)


def test_a_deactivated_person_may_nothing(site: Site) -> None:
    site.user_named("Ada Admin").active = False
    assert not site.may(account(site, "Ada Admin"), "ADMINISTER")


def test_a_project_can_be_closed_to_the_app(site: Site, call: Call) -> None:
    assert call("GET", "/rest/api/3/issue/DEMO-7").status_code == 200
    site.project("DEMO").open_to_apps = False
    assert call("GET", "/rest/api/3/issue/DEMO-7").status_code == 404
    assert call("GET", "/rest/api/3/issue/OPS-1").status_code == 200


def test_an_unknown_permission_is_an_error(site: Site, call: Call) -> None:
    body = {"accountId": account(site, "Pia Lead"), "projectPermissions": [{"permissions": ["BROWSE"]}]}
    answer = call("POST", "/rest/api/3/permissions/check", json=body)
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == ["Unrecognized permission: BROWSE"]


def test_nobody_asks_for_somebody_else(site: Site, browse: Call) -> None:
    body = {"accountId": account(site, "Tom Team"), "globalPermissions": ["ADMINISTER"]}
    assert browse("Pia Lead", "POST", "/rest/api/3/permissions/check", json=body).status_code == 403
    assert browse("Ada Admin", "POST", "/rest/api/3/permissions/check", json=body).status_code == 200


def test_my_permissions_are_those_of_the_caller(site: Site, browse: Call) -> None:
    path = "/rest/api/3/mypermissions?permissions=ADMINISTER_PROJECTS&projectKey="
    for project, expected in (("DEMO", True), ("OPS", False)):
        found = browse("Pia Lead", "GET", path + project).json()["permissions"]["ADMINISTER_PROJECTS"]
        assert found["havePermission"] is expected
    assert browse("Pia Lead", "GET", "/rest/api/3/mypermissions").status_code == 400
