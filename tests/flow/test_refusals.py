"""Strangers, members and the rival site see nothing that is not theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import ENGINES, fresh_database
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport, running

SECRET_COMMENT = "Between us: the invoice was wrong."


@pytest.fixture(scope="module", params=ENGINES)
def two_sites(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rapport]:
    """On the first site Greta has answered; the rival site has the same ids and nothing of this. One for all tests here,
    as a refusal changes nothing: the last one would tell."""
    with (
        fresh_database(request.param, tmp_path_factory.mktemp("refusals")) as url,
        running(url, ("acme", "rival")) as app,
    ):
        add_checkpoint(app, "In review")
        add_contact(app, add_customer(app, "Nordlicht"), "Greta Probe", "greta@nordlicht.example")
        move(app, "DEMO-7", "In review")
        app.settle()
        answer(survey_link(app.mails_to("greta@nordlicht.example")[0]), 4, SECRET_COMMENT)
        app.settle()
        before = counted(app)
        yield app
        assert counted(app) == before


def counted(app: Rapport) -> list[str]:
    """All that a person can see of what was entered, on either site."""
    return [
        app.call("GET", f"/projects/{project_id(app, site=site)}/{path}", "Pia Lead", site).text
        for site in app.jira.sites
        for path in ("checkpoints", "customers", "quarantine")
    ]


@pytest.fixture
def told(two_sites: Rapport) -> Rapport:
    two_sites.clock.advance(minutes=1)  # nobody may ask too much in one minute
    return two_sites


def test_a_project_admin_reads_names_and_comments(told: Rapport) -> None:
    panel = told.page(f"/issues/{told.site.issue('DEMO-7').id}/panel", "Pia Lead")
    assert SECRET_COMMENT in panel.text
    assert "Greta Probe" in panel.text


def test_a_member_sees_the_score_but_neither_name_nor_comment(told: Rapport) -> None:
    for path in (f"/issues/{told.site.issue('DEMO-7').id}/panel", f"/projects/{project_id(told)}/post-mortem"):
        answer_ = told.page(path, "Tom Team")
        assert answer_.status_code == 200
        assert SECRET_COMMENT not in answer_.text
        assert "Greta Probe" not in answer_.text


def test_a_stranger_to_the_project_sees_nothing(told: Rapport) -> None:
    for path in (f"/issues/{told.site.issue('DEMO-7').id}/panel", f"/projects/{project_id(told)}/post-mortem"):
        assert told.page(path, "Sam Stranger").status_code in (403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "checkpoints", "customers", "log", "checkpoints/new", "customers/1/contacts/new", "contacts/1",
        "contacts/1/asks", "contacts/1/consent", "held",
    ],
)  # fmt: skip
def test_members_do_not_administer(told: Rapport, path: str) -> None:
    assert told.call("GET", f"/projects/{project_id(told)}/{path}", "Tom Team").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "checkpoints/1/remove", "checkpoints/1/off", "customers/1/remove", "contacts/1/remove",
        "contacts/1/consent/no", "contacts/1/consent/yes", "checkpoints/1/held/release",
    ],
)  # fmt: skip
def test_members_change_nothing(told: Rapport, path: str) -> None:
    assert told.call("POST", f"/projects/{project_id(told)}/{path}", "Tom Team").status_code == 403


def test_an_admin_of_one_project_does_not_administer_another(told: Rapport) -> None:
    assert told.call("GET", f"/projects/{told.site.project('OPS').id}/checkpoints", "Pia Lead").status_code == 403


def test_rows_of_another_project_are_not_reached_through_ones_own(told: Rapport) -> None:
    ops = told.site.project("OPS").id
    for path in ("checkpoints/1", "contacts/1", "customers/1/contacts/new", "contacts/1/asks", "contacts/1/consent"):
        assert told.call("GET", f"/projects/{ops}/{path}", "Ada Admin").status_code == 404
    for path in ("checkpoints/1/remove", "contacts/1/remove", "customers/1/remove"):
        assert told.call("POST", f"/projects/{ops}/{path}", "Ada Admin").status_code == 404


def test_only_jira_admins_see_the_health_of_the_site(told: Rapport) -> None:
    assert told.page("/administration", "Ada Admin").status_code == 200
    assert told.page("/administration", "Pia Lead").status_code == 403


def test_the_rival_site_sees_none_of_it_by_the_same_ids(told: Rapport) -> None:
    rival = told.jira.sites[1]
    pages = [
        told.page(f"/issues/{rival.issue('DEMO-7').id}/panel", "Pia Lead", rival),
        told.page(f"/projects/{project_id(told, site=rival)}/post-mortem", "Pia Lead", rival),
        told.call("GET", f"/projects/{project_id(told, site=rival)}/customers", "Pia Lead", rival),
        told.call("GET", f"/projects/{project_id(told, site=rival)}/checkpoints", "Pia Lead", rival),
        told.call("GET", f"/projects/{project_id(told, site=rival)}/log", "Pia Lead", rival),
    ]
    for page in pages:
        assert page.status_code == 200
        for canary in (SECRET_COMMENT, "Greta", "Nordlicht"):
            assert canary not in page.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "contacts/1"),
        ("GET", "contacts/1/asks"),
        ("GET", "contacts/1/consent"),
        ("POST", "checkpoints/1/held/release"),
        ("POST", "checkpoints/1/held/discard"),
        ("POST", "checkpoints/1/held/undo"),
        ("POST", "contacts/1/remove"),
        ("POST", "checkpoints/1/remove"),
        ("POST", "customers/1/remove"),
    ],
)
def test_the_rival_site_reaches_no_row_by_its_number(told: Rapport, method: str, path: str) -> None:
    rival = told.jira.sites[1]
    assert told.call(method, f"/projects/{project_id(told, site=rival)}/{path}", "Pia Lead", rival).status_code == 404


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("customers", {"name": ""}),
        ("customers", {"name": "   "}),
        ("customers", {"name": "x" * 121}),
        ("customers", {"name": "a\x00b"}),
        ("checkpoints/new", {"to_status_id": "999", "template": "delivery"}),
        ("checkpoints/new", {"to_status_id": "10001", "template": "<script>"}),
        ("checkpoints/new", {"to_status_id": "10001", "template": "delivery", "low_score": "many"}),
        ("checkpoints/new", {}),
        ("customers/1/contacts/new", {"name": "Greta", "time_zone": "UTC", "country": "Atlantis"}),
        ("customers/1/contacts/new", {"name": "Greta", "time_zone": "UTC", "account_id": "not an account!"}),
        ("checkpoints/new", {"to_status_id": "10001", "template": "delivery", "delay_hours": "721"}),
        ("checkpoints/new", {"to_status_id": "10001", "template": "delivery", "repeat": "often"}),
        ("checkpoints/new", {"to_status_id": "10001", "template": "delivery", "sample_percent": "0"}),
        ("checkpoints/new", {"to_status_id": "10001", "template": "delivery", "reminders": "3"}),
        ("checkpoints/new", {"to_status_id": "10001", "template": "delivery", "reminder_days": "31"}),
        (
            "customers/1/contacts/new",
            {"name": "Greta", "email": "not an address", "time_zone": "UTC", "language": "en", "role": "user"},
        ),
        (
            "customers/1/contacts/new",
            {"name": "Greta", "email": "", "time_zone": "Moon/Base", "language": "en", "role": "user"},
        ),
        (
            "customers/1/contacts/new",
            {"name": "Greta", "email": "", "time_zone": "UTC", "language": "tlh", "role": "boss"},
        ),
    ],
)
def test_bad_input_comes_back_with_a_word_beside_the_field(told: Rapport, path: str, form: dict[str, str]) -> None:
    refused = told.call("POST", f"/projects/{project_id(told)}/{path}", "Pia Lead", **form)
    assert refused.status_code == 422
    assert 'class="error"' in refused.text
