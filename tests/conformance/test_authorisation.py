"""Class A: who may do what, and that one site never meets another."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
import sqlalchemy as sa
from requests import PreparedRequest, Response
from werkzeug.routing import Rule

from connect.guards import Guard, guard_of
from connect.permissions import PER_PERSON
from plugin.jobs import service as jobs
from tests.conformance.cases import case
from tests.conformance.doors import SCRIPT
from tests.conformance.internet import answer
from tests.conformance.refusals import refuses
from tests.conformance.story import Told, numbers_in, renamed
from tests.conformance.target import Request, Site, Target, hs256
from tests.connect.world import DROP
from tests.devhost import tokens
from tests.flow.cast import add_contact, add_customer, project_id
from tests.running import Rapport

PERMISSION_CALL = "https://{}.atlassian.net/rest/api/3/permissions/check"


def rules(told: Rapport, kind: str, *permissions: str) -> Iterator[tuple[Rule, str]]:
    """Routes of this guard and permission, each with a method."""
    for rule in told.app.url_map.iter_rules():
        guard = guard_of(told.app, rule.endpoint)
        if (
            isinstance(guard, Guard)
            and guard.name == kind
            and guard.permission
            and guard.permission.name in permissions
        ):
            yield from ((rule, method) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


CHOICES = {
    "state": "off", "kind": "validator", "template": "delivery", "step": "closed", "verdict": "right", "source": "case",
    "moment": "pulse", "task": "cancel", "word": "leave_out",
}  # fmt: skip


def filled(rule: Rule, project: str, row: int = 1, issue: str = "10007") -> str:
    values = {"project_id": project, "issue_id": issue, **CHOICES, "state": "off", "wants": "no"}
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda found: values.get(found[1], str(row)), rule.rule)


@case("A01")
def test_an_ordinary_user_administers_nothing(told: Told) -> None:
    before = told.rows_of(told.site)
    tried = list(rules(told, "page_script", "ADMINISTER", "ADMINISTER_PROJECTS"))
    assert len(tried) >= 20
    for rule, method in tried:
        for row in (1, *told.ids("contact", told.site)):
            refused = told.replay_as("script", method, filled(rule, project_id(told), row), "Tom Team")
            assert (refused.status_code, refused.json()) == (403, {"error": "forbidden"}), rule
    assert told.rows_of(told.site) == before


@case("A02")
def test_a_page_that_jira_would_not_show_does_not_open_by_its_address(told: Told) -> None:
    tried = list(rules(told, "page", "ADMINISTER", "ADMINISTER_PROJECTS"))
    assert len(tried) >= 2
    for rule, method in tried:
        for who in ("Tom Team", "Sam Stranger"):
            refused = told.replay_as("page", method, filled(rule, project_id(told)), who)
            assert refused.status_code == 403, rule
            assert "canary" not in refused.text


@case("A03")
def test_the_administrator_of_one_project_reaches_no_other(told: Told) -> None:
    demo, ops = project_id(told), project_id(told, "OPS")
    before = told.rows_of(told.site)
    rows = {name: told.ids(name, told.site)[0] for name in ("checkpoint", "customer", "contact")}
    for kind in ("page", "page_script"):
        for rule, method in rules(told, kind, "ADMINISTER_PROJECTS"):
            numbers = [rows[name.removesuffix("_id")] for name in rule.arguments if name.removesuffix("_id") in rows]
            path = filled(rule, demo, *numbers[:1])
            there = told.replay_as(kind.removeprefix("page_"), method, path, "Olga Ops")
            assert there.status_code == 403, rule
            if numbers:  # her own project, with the numbers of the other one's rows
                here = told.replay_as("script", method, filled(rule, ops, *numbers[:1]), "Olga Ops")
                assert here.status_code in (404, 422), rule
                assert "canary" not in here.text
    assert told.rows_of(told.site) == before


@case("A04")
def test_the_issue_that_is_asked_for_counts_and_not_the_one_in_the_token(told: Told) -> None:
    hidden, seen = told.site.issue("DEMO-7").id, told.site.issue("OPS-1").id
    base, sam = told.settings.base_url, told.account("Sam Stranger")
    for asked, named, status in ((hidden, seen, 403), (seen, hidden, 200), (hidden, None, 403), ("999999", seen, 403)):
        about = {"jira": {"issue": {"id": named}}} if named else None
        opened = requests.get(tokens.signed_url(told.site, f"{base}/issues/{asked}/panel", sam, about), timeout=60)
        assert opened.status_code == status
        assert "canary" not in opened.text
        chosen = requests.post(
            f"{base}/issues/{asked}/customer",
            headers={"Authorization": f"JWT {tokens.context_token(told.site, sam, about)}"},
            data={"customer_id": told.ids("customer", told.site)[0]},
            timeout=60,
        )
        assert chosen.status_code == (404 if status == 200 else 403)  # OPS has no such customer


@case("A05")
def test_another_sites_token_opens_nothing_that_was_ever_asked_for(spoilt: Told) -> None:
    """Both sites have the same ids of projects and issues, and the same people: only the rows' numbers differ."""
    told = spoilt
    in_the_map = {
        (rule.endpoint, method)
        for rule in told.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith("forge.")  # these name an installation: class F
    }
    assert in_the_map - told.views == set(), "tests/conformance/story.py needs a step for these"
    for ours, theirs in (told.jira.sites, told.jira.sites[::-1]):
        before = told.rows_of(ours)
        for seen in [each for each in told.recorded if each.site == ours.name]:
            answered = told.replay(renamed(seen, "replayed"), theirs, "Ada Admin")
            assert answered.status_code in (404, 422) if numbers_in(seen) else answered.status_code < 500, seen
            assert f"{ours.name}-canary" not in answered.text, seen
        assert told.rows_of(ours) == before


@case("A06")
def test_no_list_and_no_count_shows_another_site(told: Told) -> None:
    for ours, theirs in (told.jira.sites, told.jira.sites[::-1]):
        shown = ""
        for seen in [each for each in told.recorded if each.site == ours.name and each.method == "GET"]:
            shown += told.replay(seen, ours, seen.who).text
        assert f"{ours.name}-canary" in shown
        assert f"{theirs.name}-canary" not in shown
        page = told.replay_as("page", "GET", f"/projects/{project_id(told)}/post-mortem", "Pia Lead", ours).text
        assert "n = 1" in page
        assert "n = 2" not in page


@case("A07")
def test_what_a_body_says_about_site_row_or_project_is_not_believed(two_sites: Rapport) -> None:
    ours, theirs = two_sites.jira.sites
    mine, other = two_sites.tenant_id(ours), two_sites.tenant_id(theirs)
    forged = {"tenant_id": other, "clientKey": theirs.client_key, "id": 999, "project_id": "10001", "removed_at": "1"}
    project = project_id(two_sites)
    added = two_sites.call("POST", f"/projects/{project}/customers", "Pia Lead", name="Nordlicht", **forged)
    assert added.status_code == 200
    customer = add_customer(two_sites, "Nordlicht")
    add_contact(two_sites, customer, "Greta", "greta@nordlicht.example", **forged, opted_out_at="1")  # type: ignore[arg-type]
    admin = {"name": "Greta", "email": "", "language": "en", "time_zone": "UTC", "role": "jira-admin", **forged}
    path = f"/projects/{project}/customers/{customer}/contacts/new"
    assert two_sites.call("POST", path, "Pia Lead", **admin).status_code == 422
    for name in ("customer", "contact", "project_customer"):
        for tenant_id, count in ((mine, 1), (other, 0)):
            with two_sites.ports.database.reading(tenant_id) as tx:
                query = sa.text(f"SELECT * FROM {name} WHERE tenant_id = :tenant")
                rows = tx.connection.execute(query, {"tenant": tenant_id}).mappings().all()
                assert len(rows) == count
                assert not [row for row in rows if row.get("id") == 999 or row.get("project_id") == "10001"]


@case("A08")
def test_a_permission_that_was_taken_away_is_gone_within_a_minute(rapport: Rapport) -> None:
    path = f"/projects/{project_id(rapport)}/customers"
    assert rapport.call("GET", path, "Pia Lead").status_code == 200
    rapport.site.project("DEMO").roles.pop(rapport.account("Pia Lead"))
    rapport.clock.advance(seconds=60)
    assert rapport.call("GET", path, "Pia Lead").status_code == 403
    assert rapport.page(f"/projects/{project_id(rapport)}/settings", "Pia Lead").status_code == 403


def fails(error: Exception) -> object:
    def send(_request: PreparedRequest) -> Response:
        raise error

    return send


def answers(status: int, body: bytes, **headers: str) -> object:
    return lambda request: answer(request, status, body, **headers)


NO_GOOD_ANSWER = {
    "timeout": fails(requests.ReadTimeout()),
    "no connection": fails(requests.ConnectionError()),
    "429": answers(429, b"{}", **{"Retry-After": "9"}),
    "500": answers(500, b"oops"),
    "503": answers(503, b""),
    "401": answers(401, b"{}"),
    "403": answers(403, b"{}"),
    "404": answers(404, b"{}"),
    "truncated": answers(200, b'{"globalPermissions": ["ADMINIS'),
    "empty": answers(200, b""),
    "HTML": answers(200, b"<html>Sign in</html>"),
    "no object": answers(200, b'["ADMINISTER"]'),
    "a number": answers(200, b'{"globalPermissions": 1}'),
    "numbers": answers(200, b'{"globalPermissions": [1, null]}'),
    "nested 100,000 deep": answers(200, b"[" * 100_000),
}


@case("A09")
@pytest.mark.parametrize("kind", [*NO_GOOD_ANSWER, "unknown permission"])
def test_no_answer_about_a_permission_is_a_refusal(app: Target, kind: str) -> None:
    site = app.installed_site()
    url = PERMISSION_CALL.format(site.client_key)
    if kind == "unknown permission":
        app.internet.answers[url] = answers(400, b'{"errorMessages": ["Unrecognized permission"]}')  # type: ignore[assignment]
        refuses(app, SCRIPT.good_call(app, site), "permission_unknown", status=403, calls=1)
    else:
        app.internet.answers[url] = NO_GOOD_ANSWER[kind]  # type: ignore[assignment]
        reason = "permission_unreadable" if kind in ("no object", "a number", "numbers") else "permission_unanswered"
        refuses(app, SCRIPT.good_call(app, site), reason, status=503, calls=1)
    del app.internet.answers[url]
    assert app.send(SCRIPT.good_call(app, site)).status_code in (200, 403)


@pytest.mark.parametrize(
    "granted", [b"{}", b'{"globalPermissions": []}', b'{"globalPermissions": ["BROWSE_PROJECTS"]}']
)
def test_another_permission_than_the_asked_one_opens_nothing(app: Target, granted: bytes) -> None:
    site = app.installed_site()
    url = PERMISSION_CALL.format(site.client_key)
    app.internet.answers[url] = answers(200, granted)  # type: ignore[assignment]
    refuses(app, SCRIPT.good_call(app, site), "no_permission", status=403, calls=1)
    del app.internet.answers[url]


@case("A12")
def test_nobody_an_app_and_a_portal_customer_administer_nothing(told: Told) -> None:
    site = told.site
    robot = site.add_user("Robot", "robot@apps.example", account_type="app")
    portal = site.add_user("Portal", "portal@nordlicht.example", account_type="customer", account_id="qm:1:portal")
    tried = [*rules(told, "page_script", "ADMINISTER"), *rules(told, "page", "ADMINISTER")]
    asked = [(rule, method, robot.account_id) for rule, method in tried]
    tried += [*rules(told, "page_script", "ADMINISTER_PROJECTS"), *rules(told, "page", "ADMINISTER_PROJECTS")]
    asked += [(rule, method, who) for rule, method in tried for who in (None, portal.account_id, "unknown:account")]
    for rule, method, who in asked:
        url = told.settings.base_url + filled(rule, project_id(told))
        guard = guard_of(told.app, rule.endpoint)
        assert guard is not None
        if guard.framed:
            refused = requests.get(tokens.signed_url(site, url, who), timeout=60)
        else:
            headers = {"Authorization": f"JWT {tokens.context_token(site, who)}"}
            refused = requests.request(method, url, headers=headers, timeout=60)
        assert refused.status_code == 403, (rule, who)
        assert "canary" not in refused.text


def test_whoever_goes_through_issues_is_shown_a_page_that_asks_for_patience(app: Target) -> None:
    site = app.installed_site()
    panel = [Request("GET", f"/issues/{number}/panel") for number in range(1, PER_PERSON + 2)]
    opened = [app.send(signed(app, site, each)) for each in panel]
    assert {answer.status_code for answer in opened[:-1]} == {503}, "Ada may, but this Jira has no such issue"
    assert (opened[-1].status_code, opened[-1].headers["Retry-After"]) == (429, "60")
    assert "Wait a minute" in opened[-1].get_data(as_text=True)
    assert app.send(signed(app, site, Request("GET", "/administration"))).status_code == 200


def signed(app: Target, site: Site, request: Request) -> Request:
    """As Ada's iframe asks."""
    token = hs256(app.claims(request.method, request.target, site), site.secret)
    return Request(request.method, f"{request.target}?jwt={token}")


def test_a_token_without_a_user_says_so_in_the_log(app: Target) -> None:
    refuses(app, SCRIPT.call(app.acme, SCRIPT.token(app, app.acme, sub=DROP)), "no_user", status=403)


TAMPERED = ["-1", "0", "999999999", "9" * 30, "1 OR 1=1", "1;DROP TABLE contact", "%00", "..%2f1", "NaN", "[]", "٣"]
PARAMETERS = ("cursor", "page", "limit", "offset", "sort", "order", "filter", "project", "issue", "lang", "loc", "tz")


@case("A13")
def test_made_up_cursors_orders_and_numbers_show_nothing_more(told: Told) -> None:
    usual = told.replay_as("page", "GET", f"/projects/{project_id(told)}/post-mortem", "Pia Lead")
    for value in TAMPERED:
        query = "&".join(f"{name}={value}" for name in PARAMETERS)
        for kind, path in (
            ("page", f"/projects/{project_id(told)}/post-mortem?{query}"),
            ("page", f"/issues/{told.site.issue('DEMO-7').id}/panel?{query}"),
            ("script", f"/projects/{project_id(told)}/log?{query}"),
        ):
            shown = told.replay_as(kind, "GET", path, "Pia Lead")
            assert shown.status_code in (200, 400), path
            assert "rival-canary" not in shown.text
            assert abs(len(shown.text) - len(usual.text)) < len(usual.text)
        for path in (f"/projects/{value}/log", f"/projects/{project_id(told)}/contacts/{value}"):
            gone = told.replay_as("script", "GET", path, "Pia Lead")
            assert gone.status_code in (400, 401, 403, 404), path
            assert "rival-canary" not in gone.text


@case("A14")
def test_work_for_the_wrong_site_or_for_none_is_given_up(spoilt: Told) -> None:
    told = spoilt
    ours, theirs = told.jira.sites
    told.settle()  # what has fallen due since the story was told
    before = told.rows_of(ours)
    now = told.clock()
    strange = {
        "deliver": {"invitation_id": told.ids("invitation", ours)[0]},
        "transition": {"event_id": told.ids("transition_event", ours)[0]},
        "fields": {"project_id": project_id(told), "issue_id": told.site.issue("DEMO-7").id},
    }
    mails = len(told.jira.mailbox.messages)
    for tenant_id in (told.tenant_id(theirs), 0, 999_999):
        with told.ports.database.transaction(tenant_id) as tx:
            for kind, payload in strange.items():
                jobs.enqueue(tx, kind, f"strange:{kind}", payload, now, now)
    told.settle()
    with told.ports.database.system_reading() as connection:
        query = "SELECT kind, tenant_id, state FROM job WHERE key LIKE '%:strange:%'"
        left = {(row.kind, row.tenant_id): row.state for row in connection.execute(sa.text(query))}
    assert left.pop(("fields", told.tenant_id(theirs)), "dead") == "dead"  # its own issue of the same number
    assert {state for (_, tenant), state in left.items() if tenant == told.tenant_id(theirs)} == {"dead"}
    assert set(left.values()) <= {"dead", "ready"}  # nobody looks for work of a site that does not exist
    assert len(left) >= 4
    assert ("deliver", told.tenant_id(theirs)) not in left  # an invitation may be gone: nothing to do, nothing wrong
    assert told.rows_of(ours) == before
    assert len(told.jira.mailbox.messages) == mails
