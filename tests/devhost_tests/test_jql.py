"""The subset of JQL: what it finds, for whom, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.devhost.errors import BadRequest
from tests.devhost.records import InstalledApp
from tests.devhost.seed import seed_demo
from tests.devhost.site import Site
from tests.devhost_tests.conftest import account
from tests.devhost_tests.toy_app import DESCRIPTOR

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)  # a Sunday; 13:30 in Vienna, 12:30 in London


@pytest.fixture
def world() -> Site:
    """The seed with the app's values on three issues; DEMO-n was updated on the nth of November, 23:30:45 UTC."""
    site = Site("acme", "http://localhost", clock=lambda: NOW)
    seed_demo(site)
    site.app = InstalledApp(DESCRIPTOR["key"], "http://127.0.0.1", DESCRIPTOR, "s" * 40, "client", "app", NOW)
    values = {
        "DEMO-5": {"score": 2, "state": "low", "answeredAt": "2026-11-20T22:30:00Z", "customer": "Nordlicht"},
        "DEMO-6": {"score": 4, "state": "answered", "answeredAt": "2026-11-21T08:00:00+01:00", "customer": "Nordlicht"},
        "DEMO-7": {"state": "asked", "customer": "Südhafen"},
    }
    for key, value in values.items():
        site.issue(key).properties["rapport-satisfaction"] = value
    last = site.issue("DEMO-12")
    last.assignee, last.labels, last.priority = None, ["Acceptance"], "High"
    for number in range(1, 13):
        site.issue(f"DEMO-{number}").updated = datetime(2026, 11, number, 23, 30, 45, tzinfo=UTC)
    return site


def keys(site: Site, query: str, name: str = "Ada Admin") -> str:
    """Numbers of the DEMO issues found, in order, and whole keys of others."""
    found = site.search(query, account(site, name))
    return " ".join(each.key.removeprefix("DEMO-") for each in found)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("project = OPS ORDER BY key", "OPS-1 OPS-2 OPS-3"),
        ("project = 10001 ORDER BY key", "OPS-1 OPS-2 OPS-3"),
        ("project = Operations ORDER BY key DESC", "OPS-3 OPS-2 OPS-1"),
        ('project = DEMO AND status = "In Progress" ORDER BY key', "7 8"),
        ("project = DEMO AND status = 3 order by key asc", "7 8"),
        ("project=DEMO and status in (3, 'in review') order by key", "5 6 7 8"),
        ('project = DEMO AND status NOT IN (Done, "To Do") ORDER BY key', "5 6 7 8"),
        ('project = DEMO AND NOT status IN (Done, "To Do") ORDER BY key', "5 6 7 8"),
        ("project = DEMO AND statusCategory = Done ORDER BY key", "1 2 3 4"),
        ("project = DEMO AND type = Bug ORDER BY key", "3 6 10"),
        ("key = DEMO-7 OR id = 10008 ORDER BY key", "7 8"),
        ("key > DEMO-10 ORDER BY key", "11 12"),
        ("key >= OPS-2 ORDER BY key", "OPS-2 OPS-3"),
        ("project = DEMO AND resolution = Unresolved AND resolution IS EMPTY AND key < DEMO-7 ORDER BY key", "5 6"),
        ("resolution IS NOT EMPTY AND project = DEMO ORDER BY key", "1 2 3 4"),
        ("(key = DEMO-1 OR key = DEMO-2) AND NOT key = DEMO-2", "1"),
        ("key = DEMO-1 OR key = DEMO-2 AND key = DEMO-3", "1"),
        ("labels = acceptance", "12"),
        ("priority = High", "12"),
        ("project = DEMO AND assignee IS EMPTY", "12"),
        ("summary ~ umlauts", "10"),
        ('summary ~ "order mails"', "8"),
        ('summary ~ "\\"order mails\\""', "8"),
        ('summary ~ "\\"mails order\\""', ""),
        ("text ~ carrier*", "7"),
        ("comment ~ parcel", "7"),
        ("summary !~ umlauts AND type = Bug AND project = DEMO ORDER BY key", "3 6"),
        ("project = DEMO ORDER BY updated DESC", "12 11 10 9 8 7 6 5 4 3 2 1"),
        ("project = DEMO AND key <= DEMO-5 ORDER BY resolved DESC, key", "4 3 2 1 5"),
        ("fixVersion IS EMPTY AND key = DEMO-1", "1"),
    ],
)
def test_system_fields_are_found(world: Site, query: str, expected: str) -> None:
    assert keys(world, query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"Satisfaction score" >= 4', "6"),
        ("cf[10101] = 2", "5"),
        ("rapportScore < 3", "5"),
        ("RAPPORTSCORE IN (2, 4) ORDER BY rapportScore DESC", "6 5"),
        ("issue.property[rapport-satisfaction].score > 2", "6"),
        ("rapportState = low", "5"),
        ("rapportState = LOW", ""),
        ('"Satisfaction state" IN (asked, low) ORDER BY key', "5 7"),
        ("rapportState != low ORDER BY key", "6 7"),
        ("NOT rapportState = low ORDER BY key", "6 7"),
        ("project = DEMO AND rapportScore IS EMPTY AND rapportState IS NOT EMPTY", "7"),
        ('rapportCustomer = "Südhafen"', "7"),
        ('"Satisfaction answered" >= "2026-11-21"', "6"),
        ("rapportAnswered <= -1d ORDER BY rapportAnswered", "5 6"),
        ("project = DEMO AND key <= DEMO-7 AND key >= DEMO-5 ORDER BY rapportScore", "5 6 7"),
    ],
)
def test_fields_and_indexed_properties_of_the_app_are_found(world: Site, query: str, expected: str) -> None:
    assert keys(world, query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('project = DEMO AND updated >= "2026-11-11" ORDER BY key', "11 12"),
        ('project = DEMO AND updated >= "2026/11/12 23:30"', "12"),
        ('project = DEMO AND updated = "2026-11-12 23:30"', "12"),
        ('project = DEMO AND updated > "2026-11-12 23:31"', ""),
        ("project = DEMO AND updated >= -11d ORDER BY key", "11 12"),
        ('project = DEMO AND updated >= "-1w 4d" ORDER BY key', "11 12"),
        ("project = DEMO AND updated < startOfMonth(1d) ORDER BY key", ""),
        ('project = DEMO AND updated <= endOfDay("-13d") ORDER BY key', "1 2 3 4 5 6 7 8 9"),
        ("project = DEMO AND updated >= startOfDay(-11) ORDER BY key", "11 12"),
        ("project = DEMO AND updated > startOfWeek(-2w) AND updated < now() ORDER BY key", "8 9 10 11 12"),
        ("project = DEMO AND updated >= 1794439800000 ORDER BY key", "11 12"),
    ],
)
def test_dates_are_read_in_the_searchers_time_zone(world: Site, query: str, expected: str) -> None:
    assert keys(world, query) == expected


def test_the_same_day_begins_earlier_in_vienna(world: Site) -> None:
    query = 'project = DEMO AND updated >= "2026-11-13"'
    assert keys(world, query, "Ada Admin") == ""  # London: 23:30 on the 12th
    assert keys(world, query, "Pia Lead") == "12"  # Vienna: half past midnight on the 13th


def test_everybody_finds_only_what_they_may_see(world: Site) -> None:
    assert keys(world, "ORDER BY key", "Sam Stranger") == "OPS-1 OPS-2 OPS-3"
    assert keys(world, "key = DEMO-7", "Sam Stranger") == ""
    assert world.search("key = DEMO-7", None) == []


def test_the_current_user_is_who_searches(world: Site) -> None:
    query = "project = DEMO AND assignee = currentUser() AND key <= DEMO-2 ORDER BY key"
    assert keys(world, query, "Tom Team") == "1 2"
    assert keys(world, query, "Pia Lead") == ""
    assert keys(world, "reporter IN (currentUser(), EMPTY) AND key = DEMO-1", "Pia Lead") == "1"


def test_a_moved_issue_is_found_by_its_old_key(world: Site) -> None:
    world.move_issue("DEMO-7", "OPS", account(world, "Tom Team"))
    assert keys(world, "key = DEMO-7") == "OPS-4"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("colour = red", "Field 'colour' does not exist"),
        ("issue.property[rapport-satisfaction].other = 1", "does not exist"),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'"),
        ("status = Finished", "does not exist for the field 'status'"),
        ("key = DEMO-99", "An issue with key 'DEMO-99' does not exist"),
        ("summary = x", "The operator '=' is not supported by the 'summary' field"),
        ("status > 3", "The operator '>' is not supported"),
        ('"Satisfaction score" = much', "is invalid"),
        ("rapportState ~ low", "The operator '~' is not supported"),
        ('updated > "2026-11-01T10:00:00Z"', "Date value"),
        ('updated > "2026-11-01 10:00:30"', "Date value"),
        ("updated > yesterday", "Date value"),
        ("updated > lastLogin()", "Unable to find JQL function"),
        ("project = latestProject()", "Unable to find JQL function"),
        ("status", "ends too early"),
        ("status =", "ends too early"),
        ("(status = Done", r"Expecting '\)'"),
        ("status = Done)", "Expecting operator or end"),
        ("status = Done type = Bug", "Expecting operator or end"),
        ("status is Done", "only takes EMPTY"),
        ("= Done", "Expecting a field name"),
        ("status was Done", "Expecting an operator"),
        ("ORDER BY colour", "Field 'colour' does not exist"),
        ('summary ~ "open', "reserved JQL character"),
    ],
)
def test_what_cannot_be_read_is_refused_and_never_guessed(world: Site, query: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        keys(world, query)
