"""Class W: a webhook is a signed hint, taken once, kept before it is answered, and believed only after asking Jira."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from plugin import flow
from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.doors import EVENTS
from tests.conformance.refusals import refuses
from tests.conformance.target import Request, Site, Target, new_site, with_json
from tests.connect.world import DROP, HttpServer
from tests.devhost import tokens
from tests.flow.cast import add_checkpoint, add_contact, add_customer, move, project_id, status_id
from tests.plugin.asking import asked
from tests.running import Rapport

GRETA = "greta@nordlicht.example"
BURST = 300


def watched_site(app: Target) -> Site:
    """A site with a checkpoint for whatever comes to status 3 in project 10000."""
    name = new_site().client_key
    asked(app.app, app.clock, site=name)  # type: ignore[arg-type]
    return Site(f"client-{name}", "s" * 64)


@pytest.fixture
def watched(app: Target) -> Site:
    return watched_site(app)


def moved(change: str, **changes: Any) -> dict[str, Any]:
    """What Jira sends when an issue comes to status 3. `change` is the id of its changelog entry."""
    good = {
        "timestamp": 1_795_175_000_000,
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": "issue_generic",
        "user": {"accountId": "712020:tom", "displayName": "Tom"},
        "issue": {"id": "10008", "key": "SHOP-8", "fields": {"project": {"id": "10000"}, "summary": "Basket"}},
        "changelog": {"id": change, "items": [{"field": "status", "fieldId": "status", "from": "2", "to": "3"}]},
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not DROP}


def delivery(app: Target, site: Site, body: Any, identifier: str | None = "delivery-9", **headers: str) -> Request:
    request = with_json(EVENTS.good_call(app, site), body)
    named = {} if identifier is None else {"X-Atlassian-Webhook-Identifier": identifier}
    return replace(request, headers={**request.headers, **named, **headers})


def events(app: Target, site: Site, change: str) -> int:
    """How many events of this change of an issue are stored for this site."""
    return app.count("transition_event", site, f"changelog_id = '{change}'")


def jobs(app: Target, site: Site) -> int:
    return app.count("job", site, "kind = 'transition'")


@case("W01")
def test_a_webhook_is_answered_after_it_is_kept(app: Target, watched: Site) -> None:
    kept: list[tuple[str, int, int]] = []

    def started(status: str, _headers: Any, _exc_info: Any = None) -> None:
        kept.append((status, events(app, watched, "50001"), jobs(app, watched)))

    assert app.send(delivery(app, app.acme, moved("50001"))).status_code == 204
    assert events(app, app.acme, "50001") == 0  # it has no checkpoint there; other sites' do not count
    body = app.app(delivery(app, watched, moved("50001")).environ(), started)
    assert (kept, b"".join(body)) == ([("204 NO CONTENT", 1, 1)], b"")


@case("W02")
@pytest.mark.parametrize("parallel", [1, 50])
@pytest.mark.parametrize("identifiers", ["one", "another each time"])
def test_one_change_is_kept_once_however_often_it_comes(
    app: Target, watched: Site, parallel: int, identifiers: str
) -> None:
    """Jira sends the identifier again with each attempt; the change itself is unique as well."""
    calls = [
        delivery(app, watched, moved("50002"), "same" if identifiers == "one" else f"delivery-{number}")
        for number in range(50)
    ]
    with ThreadPoolExecutor(parallel) as pool:
        statuses = {answer.status_code for answer in pool.map(app.send, calls)}
    assert (statuses, events(app, watched, "50002"), jobs(app, watched)) == ({204}, 1, 1)
    other = watched_site(app)
    assert app.send(delivery(app, other, moved("50002"), "same")).status_code == 204
    assert (events(app, other, "50002"), jobs(app, other)) == (1, 1)


ODD_IDENTIFIERS = (None, "", " ", "x" * 10_000, "a\x01b", "a\nb", "a\0b", "é", "'; DROP TABLE job; --", "a,b", "%00")


@case("W04")
@pytest.mark.parametrize("identifier", ODD_IDENTIFIERS, ids=lambda it: repr(it)[:12])
def test_an_odd_identifier_gives_way_to_one_made_from_the_event(
    app: Target, watched: Site, identifier: str | None
) -> None:
    for change in ("50003", "50003", "50004"):
        assert app.send(delivery(app, watched, moved(change), identifier)).status_code == 204
    plain = identifier is not None and identifier.isprintable() and identifier.isascii() and 0 < len(identifier) < 256
    expected = (1, 0) if plain and " " not in identifier else (1, 1)  # a plain one is Atlassian's word for "the same"
    assert (events(app, watched, "50003"), events(app, watched, "50004")) == expected


@case("W05")
def test_odd_headers_about_retries_are_ignored(app: Target, watched: Site) -> None:
    for number, odd in enumerate(("-1", "abc", "1" + "0" * 30, "", "é", "\x00", "1e9", "NaN")):
        headers = {"X-Atlassian-Webhook-Retry": odd, "X-Atlassian-Webhook-Flow": f"Tertiary {odd}"}
        assert app.send(delivery(app, watched, moved(f"5010{number}"), f"w5-{number}", **headers)).status_code == 204
        assert events(app, watched, f"5010{number}") == 1


@case("W09")
def test_a_webhook_is_not_sent_again_later(app: Target, watched: Site) -> None:
    captured = delivery(app, watched, moved("50005"))
    app.clock.advance(seconds=210)
    refuses(app, captured, "expired")


@case("W11")
def test_a_body_is_a_json_object(app: Target, watched: Site) -> None:
    raw = json.dumps(moved("50006")).encode()
    for body in (b"", b"{", raw[:-1], raw + b"x", b"[]", b"null", b'"x"', b"5", b"\xff", b"\xef\xbb\xbf" + raw,
                 raw.decode().encode("utf-16"), b"[" * 100_000, b'{"a":' * 100_000, b'{"timestamp": NaN}', b"<xml/>"):  # fmt: skip
        refuses(app, delivery(app, watched, body), "bad_json", status=400)
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": ""}, {"Content-Encoding": "gzip"},
                    {"Content-Type": "application/json; charset=utf-16"}, {"Content-Type": "multipart/form-data"}):  # fmt: skip
        refuses(app, delivery(app, watched, raw, **headers), "bad_media_type", status=415)
    refuses(app, delivery(app, watched, b'"' + b"x" * 5_242_880 + b'"'), "body_too_large", status=413)


@case("W12")
def test_what_we_do_not_follow_is_counted(app: Target, watched: Site) -> None:
    connect, before = app.app.extensions["connect"], app.rows()
    counted = connect.ignored_events
    unknown = ["jira:issue_exploded", "", None, 5, ["jira:issue_updated"], "JIRA:ISSUE_UPDATED", "comment_created"]
    for event in unknown:
        assert app.send(delivery(app, watched, moved("50007", webhookEvent=event))).status_code == 204
    assert (connect.ignored_events - counted, app.rows()) == (len(unknown), before)
    more = moved("50007", bulk={"size": 10_000, "page": 1}, matchedWebhookIds=[1, 2], extra={"deep": [{"x": None}]})
    assert app.send(delivery(app, watched, more)).status_code == 204
    assert events(app, watched, "50007") == 1


PARTS = (
    "issue", "issue.id", "issue.key", "issue.fields", "issue.fields.project", "issue.fields.project.id", "changelog",
    "changelog.id", "changelog.items", "changelog.items.0", "changelog.items.0.from", "changelog.items.0.to",
    "changelog.items.0.fieldId", "user", "user.accountId", "timestamp", "webhookEvent",
)  # fmt: skip
ODD_VALUES = (DROP, None, [], {}, "", "x" * 5_000, -1, 5.5, True, "1 OR 1=1", [None], {"accoundId": "712020:tom"})


@case("W13")
@pytest.mark.parametrize("part", PARTS)
def test_missing_and_odd_parts_are_handled_or_ignored(app: Target, watched: Site, part: str) -> None:
    for value in ODD_VALUES:
        body = moved("50008")
        *way, last = part.split(".")
        holder: Any = body
        for step in way:
            holder = holder[int(step) if step.isdigit() else step]
        if value is DROP:
            del holder[int(last) if last.isdigit() else last]
        else:
            holder[int(last) if last.isdigit() else last] = value
        assert app.send(delivery(app, watched, body, None)).status_code == 204, value
    assert events(app, watched, "50008") <= 1
    misspelled = moved("50009", user={"accoundId": "712020:tom"})
    assert app.send(delivery(app, watched, misspelled, None)).status_code == 204
    assert events(app, watched, "50009") == 1


@contextmanager
def lock_held(app: Target) -> Iterator[None]:
    """Somebody else holds what a webhook needs to write; the app waits a moment instead of ten seconds."""
    engine = app.ports.database.engine  # type: ignore[attr-defined]
    sqlite = engine.dialect.name == "sqlite"
    patience = "PRAGMA busy_timeout=50" if sqlite else "SET lock_timeout = '50ms'"
    sa.event.listen(engine, "checkout", lambda connection, *_: connection.execute(patience))
    with app._watching.connect() as other:
        other.execution_options(rapport_begin="BEGIN IMMEDIATE" if sqlite else "BEGIN")
        other.exec_driver_sql("SELECT 1" if sqlite else "LOCK TABLE transition_event IN EXCLUSIVE MODE")
        yield
        other.rollback()


@case("W17")
@pytest.mark.parametrize("trouble", ["away", "broken", "full", "locked", "no queue"])
def test_what_cannot_be_kept_is_not_taken(new_target: NewTarget, trouble: str) -> None:
    app = new_target()
    site = watched_site(app)
    send = partial(lambda number: app.send(delivery(app, site, moved(f"6{number:04}"), f"w17-{number}")))
    if trouble == "locked":
        with lock_held(app):
            answers = [send(0)]
    else:
        app.break_database(trouble)
        answers = [send(0)]
        while answers[-1].status_code == 204 and len(answers) < 2_000:  # a full disk still has room in its last pages
            answers.append(send(len(answers)))
    assert (answers[-1].status_code, answers[-1].get_json()) == (503, {"error": "unavailable"})
    assert answers[-1].headers["Retry-After"] == "5"
    if trouble in ("full", "locked"):
        kept = len(app.rows()["transition_event"]) - 1  # one is the site's own
        assert kept == len(answers) - 1


@case("W18")
def test_a_fault_of_ours_leaves_nothing_half_done(app: Target, watched: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    call, before = delivery(app, watched, moved("50010")), app.rows()
    with monkeypatch.context() as patch, app.log() as lines:
        patch.setattr(flow.jobs, "enqueue_each", None)
        answer = app.send(call)
    assert (answer.status_code, answer.get_json(), app.rows()) == (500, {"error": "internal_error"}, before)
    assert [line["event"] for line in lines] == ["unexpected_error"]
    assert app.send(call).status_code == 204
    assert (events(app, watched, "50010"), jobs(app, watched)) == (1, 1)


@case("W19")
def test_a_burst_is_kept_whole(app: Target, watched: Site) -> None:
    """Thirty at a time, as Jira sends them. How fast ten thousand are taken is measured elsewhere."""
    calls = [delivery(app, watched, moved(f"7{number:04}"), f"burst-{number}") for number in range(BURST)]
    with ThreadPoolExecutor(30) as pool:
        statuses = {answer.status_code for answer in pool.map(app.send, calls)}
    assert (statuses, jobs(app, watched)) == ({204}, BURST)


# ── with a Jira behind it ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def ready(rapport: Rapport) -> Rapport:
    """A project that asks Greta when anything goes to review."""
    prepare(rapport)
    return rapport


def prepare(rapport: Rapport, site: Any = None) -> None:
    add_checkpoint(rapport, "In review", site=site)
    add_contact(rapport, add_customer(rapport, "Nordlicht", site), "Greta Probe", GRETA, site)


def forge(rapport: Rapport, body: dict[str, Any], identifier: str) -> None:
    """A call that Jira signed, with a body that it did not send: the signature does not cover it."""
    url = f"{rapport.settings.base_url}/connect/events"
    headers = {
        "Authorization": f"JWT {tokens.hs256(rapport.site, 'POST', url)}",
        "X-Atlassian-Webhook-Identifier": identifier,
    }
    assert requests.post(url, json=body, headers=headers, timeout=60).status_code == 204


def forged_move(rapport: Rapport, key: str, change: str, **issue: Any) -> dict[str, Any]:
    found = rapport.site.issue(key)
    to = status_id(rapport, "In review")
    about = {"id": found.id, "key": key, "fields": {"project": {"id": project_id(rapport)}}, **issue}
    item = {"field": "status", "fieldId": "status", "from": found.status_id, "to": to}
    return moved(change, issue=about, changelog={"id": change, "items": [item]})


@case("W06")
@pytest.mark.parametrize("where", ["another host", "https://api.atlassian.com/ex/jira/1/rest/api/3/issue/10007",
                                   "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"])  # fmt: skip
def test_an_address_in_a_webhook_is_never_called(ready: Rapport, where: str) -> None:
    with HttpServer().running() as elsewhere:
        target = f"{elsewhere.url}/rest/api/3/issue/10007" if where == "another host" else where
        forge(ready, forged_move(ready, "DEMO-7", "99001", self=target), "w6")
        ready.settle()
        assert elsewhere.seen == []
    asked_for = [entry.url for entry in ready.site.wire if entry.direction == "to jira" and "/issue/" in entry.url]
    assert asked_for
    assert all(f"/issue/{ready.site.issue('DEMO-7').id}" in url for url in asked_for)


@case("W07")
@pytest.mark.parametrize("key", ["DEMO-7", "DEMO-8"])
def test_a_forged_body_asks_nobody(ready: Rapport, key: str) -> None:
    forge(ready, forged_move(ready, key, "99002"), "w7")
    ready.settle()
    assert ready.mails_to(GRETA) == []
    assert "rapport-satisfaction" not in ready.site.issue(key).properties


@case("W10")
def test_an_older_event_after_a_newer_one_turns_nothing_back(two_sites: Rapport) -> None:
    """Both sites see the same moves; one gets them in order, the other the newest first."""
    states = []
    for site, reorder in zip(two_sites.jira.sites, (False, True), strict=True):
        prepare(two_sites, site)
        site.faults.withhold_webhooks, site.faults.reorder_webhooks = True, reorder
        for status in ("In review", "In Progress", "In review"):
            move(two_sites, "DEMO-7", status, site=site)
        site.faults.withhold_webhooks = False
        two_sites.settle()
        states.append(site.issue("DEMO-7").properties["rapport-satisfaction"]["state"])
    assert states == ["asked", "asked"]
    first, second = (mail.text.count("DEMO-7") for mail in two_sites.mails_to(GRETA)[:2])
    assert first == second


@case("W15")
def test_an_issue_that_is_gone_ends_the_work(ready: Rapport) -> None:
    move(ready, "DEMO-7", "In review")
    ready.jira.drain()
    ready.site.delete_issue("DEMO-7", ready.account("Tom Team"))
    ready.settle()
    assert ready.mails_to(GRETA) == []
    asked_once = [entry for entry in ready.site.wire if entry.status == 404]
    ready.clock.advance(days=1)
    ready.settle()
    assert [entry for entry in ready.site.wire if entry.status == 404] == asked_once


@case("W16")
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", ["off", "remove"])
def test_a_checkpoint_that_is_off_asks_nobody(ready: Rapport, when: str, how: str) -> None:
    """Before the webhook, or between the webhook and the work."""
    path = f"/projects/{project_id(ready)}/checkpoints/1/{how}"
    if when == "after":
        move(ready, "DEMO-7", "In review")
        ready.jira.drain()
    assert ready.call("POST", path, "Pia Lead").status_code == 200
    if when == "before":
        move(ready, "DEMO-7", "In review")
    ready.settle()
    assert ready.mails_to(GRETA) == []
    assert ready.site.events.failed == []
