"""Which webhooks of ours a site should hold: the rule as a table. What Jira makes of them: tests/devhost_tests, tests/flow."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connect import AppAccess, Connect, JiraSite, JiraUnreachable, Tenant, Watched
from connect.project_hooks import MOST, PROJECTS_OF_ONE, Group, Hook, Plan, groups, plan
from tests.connect.world import BASE_URL, HttpServer, Seen

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HERE, THERE = "https://rapport.example/connect/events", "https://before.example/connect/events"


def hook(number: int, *projects: str, days: float = 30, url: str = HERE) -> Hook:
    return Hook(number, url, frozenset(projects), NOW + timedelta(days=days))


A, B, AB, OLD, GONE = hook(1, "1"), hook(2, "2"), hook(3, "1", "2"), hook(4, "1", days=9), hook(5, "1", days=0)
STRANGE, AWAY = hook(6), hook(7, "1", url=THERE)
MANY = [str(number) for number in range(1, 2 * PROJECTS_OF_ONE + 1)]
SMALL = [hook(number, str(number)) for number in range(1, MOST + 1)]


@pytest.mark.parametrize(
    ("wanted", "held", "expected"),
    [
        ([], [], Plan()),
        (["2", "1"], [], Plan(missing=(("1", "2"),))),
        (["1"], [A], Plan()),
        (["1", "2"], [A], Plan(missing=(("2",),))),
        (["1", "2"], [B, A], Plan()),
        (["1"], [AB], Plan(missing=(("1",),), needless=(AB,))),
        ([], [A, B], Plan(needless=(A, B))),
        (["1", "2"], [A, AB], Plan()),
        (["1", "2"], [A, B, AB], Plan(needless=(AB,))),
        (["1"], [A, hook(8, "1")], Plan(needless=(hook(8, "1"),))),
        (["1"], [OLD], Plan(ageing=(OLD,))),
        (["1"], [GONE], Plan(missing=(("1",),), needless=(GONE,))),
        (["1"], [A, STRANGE], Plan(needless=(STRANGE,))),
        (["1"], [AWAY], Plan(missing=(("1",),), elsewhere=(AWAY,))),
        (["1", "DEMO", ""], [A], Plan()),
        (MANY[:MOST], SMALL, Plan()),
        (MANY[: MOST + 1], SMALL, Plan(missing=(tuple(MANY[: MOST + 1]),), needless=tuple(SMALL))),
    ],
)
def test_what_is_to_do(wanted: Collection[str], held: list[Hook], expected: Plan) -> None:
    assert plan(wanted, held, HERE, NOW) == expected


def test_projects_share_as_few_as_there_can_be() -> None:
    found: list[Group] = groups([*MANY, "1000"])
    assert [len(each) for each in found] == [PROJECTS_OF_ONE, PROJECTS_OF_ONE, 1]
    assert groups(["10", "9"]) == [("9", "10")]


WEBHOOK = "/rest/api/3/webhook"
IN_MILLISECONDS = int((NOW + timedelta(days=25)).timestamp() * 1000)


def kept(number: int, *projects: str, expires: object = IN_MILLISECONDS) -> dict[str, object]:
    """As Jira shows it."""
    about = {"events": ["jira:issue_updated"], "fieldIdsFilter": ["status"]}
    filtered = {"jqlFilter": f"project in ({', '.join(projects)})", "url": f"{BASE_URL}/connect/events"}
    return {"id": number, **about, **filtered, "expirationDate": expires}


@pytest.fixture
def wanted(server: HttpServer) -> list[str]:
    """The filters that Jira was asked for; it refuses those with project 13, and answers as it does: 200."""
    asked: list[str] = []

    def register(seen: Seen) -> tuple[int, dict[str, str], bytes]:
        new = [each["jqlFilter"] for each in seen.json["webhooks"]]
        asked.extend(new)
        words = [{"errors": ["No."]} if "13" in each else {"createdWebhookId": 1} for each in new]
        return 200, {"Content-Type": "application/json"}, json.dumps({"webhookRegistrationResult": words}).encode()

    server.answers["POST", WEBHOOK] = register
    server.raw("DELETE", WEBHOOK, 202)
    server.json("PUT", f"{WEBHOOK}/refresh", {"expirationDate": 0})
    return asked


def dropped(server: HttpServer) -> list[int]:
    return [number for seen in server.seen if seen.method == "DELETE" for number in seen.json["webhookIds"]]


@pytest.mark.parametrize("expires", [IN_MILLISECONDS, "2026-12-17T00:00:00.000+0000"])
def test_jira_may_write_the_end_as_a_number_or_as_a_date(
    site: JiraSite, server: HttpServer, wanted: list[str], expires: object
) -> None:
    """Its document says the one and shows the other."""
    server.json("GET", WEBHOOK, {"values": [kept(1, "7", expires=expires)], "isLast": True})
    assert site.watch_projects(["7"], NOW) == Watched()
    assert wanted == []
    assert [seen.method for seen in server.seen] == ["GET"]


def test_a_project_that_jira_refuses_takes_no_other_along(
    site: JiraSite, server: HttpServer, wanted: list[str]
) -> None:
    server.json("GET", WEBHOOK, {"values": [], "isLast": True})
    assert site.watch_projects(["12", "13", "14"], NOW) == Watched(frozenset({"12", "14"}), frozenset({"13"}))
    assert wanted == ["project in (12, 13, 14)", "project in (12)", "project in (13)", "project in (14)"]


def test_what_still_tells_of_a_refused_project_stays(site: JiraSite, server: HttpServer, wanted: list[str]) -> None:
    server.json("GET", WEBHOOK, {"values": [kept(1, "12", "13"), kept(2, "15")], "isLast": True})
    assert site.watch_projects(["13"], NOW) == Watched()
    assert dropped(server) == [2]


def test_all_pages_are_read(site: JiraSite, server: HttpServer, wanted: list[str]) -> None:
    def page(seen: Seen) -> tuple[int, dict[str, str], bytes]:
        start = int(parse_qs(urlsplit(seen.target).query)["startAt"][0])
        told = {"values": [kept(start, str(20 + start))], "isLast": start == 2}
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()

    server.answers["GET", WEBHOOK] = page
    assert site.watch_projects(["20", "21", "22"], NOW) == Watched()


@pytest.mark.parametrize("told", [{}, [], {"values": [{"id": "x"}]}, {"values": [kept(1, "7", expires="soon")]}])
def test_what_is_no_list_of_webhooks_is_no_answer(site: JiraSite, server: HttpServer, told: object) -> None:
    server.json("GET", WEBHOOK, told)
    with pytest.raises(JiraUnreachable):
        site.watch_projects(["7"], NOW)


def test_behind_forge_nothing_is_asked(connect: Connect, tenant: Tenant, server: HttpServer) -> None:
    """Its triggers tell of every project."""
    by_forge = replace(tenant, installed=False, access=AppAccess(server.url, "token", NOW))
    assert connect.site(by_forge).watch_projects(["7"], NOW) == Watched()
    assert server.seen == []
