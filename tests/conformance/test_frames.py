"""Class I: what a browser may do with what we answer."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from werkzeug.wrappers import Response

from connect.guards import guard_of
from tests.conformance.cases import case
from tests.conformance.doors import PAGE, SCRIPT
from tests.conformance.story import OPEN, STATIC, Told
from tests.conformance.target import Request, Target, install_body
from tests.databases import everything
from tests.flow.cast import project_id

PAYLOADS = Path(__file__).with_name("payloads.txt").read_text("utf-8").splitlines()
ATLASSIAN = "https://connect-cdn.atl-paas.net"
UNKNOWN_LINK = "/s/" + "A" * 43


def policy(answer: Response | requests.Response) -> dict[str, list[str]]:
    """The Content-Security-Policy, directive by directive."""
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


class Tags(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and the text within scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] in ("script", "style"):
            self.inline += data.strip()

    def loads(self) -> set[str]:
        return {
            str(value)
            for tag, attrs in self.found
            for name, value in attrs.items()
            if tag != "a" and name in ("src", "href", "data", "srcdoc")
        }

    def handlers(self) -> list[str]:
        return [name for _, attrs in self.found for name in attrs if name.startswith("on") or name == "style"]


@pytest.fixture
def pages(told: Told) -> list[requests.Response]:
    """Every page and every fragment; asked for once, for all tests that only look at the answers."""
    told.pages = told.pages or pages_of(told)
    return told.pages


def pages_of(told: Told) -> list[requests.Response]:
    """Every page and every fragment, once."""
    seen = {(each.kind, each.path): each for each in told.recorded if each.site == "acme" and each.method == "GET"}
    return [told.replay(each, told.site, each.who) for each in seen.values()]


@case("I01")
@pytest.mark.parametrize(
    ("display", "also"),
    [
        ("https://help.acme.example", " https://help.acme.example"),
        ("https://help.acme.example:8443", " https://help.acme.example:8443"),
        ("https://evil.example/; script-src *", ""),
        ("https://*.evil.example", ""),
        ("javascript:alert(1)", ""),
        ("https://a.example https://b.example", ""),
        ("*", ""),
        (None, ""),
        (["https://evil.example"], ""),
    ],
    ids=str,
)
def test_a_page_is_framed_by_its_own_site_alone(app: Target, display: object, also: str) -> None:
    site = app.installed_site()
    app.clock.advance(seconds=1)
    app.send(app.lifecycle(site, body=install_body(site, displayUrl=display)))
    answer = app.send(PAGE.good_call(app, site))
    assert answer.status_code == 200
    assert " ".join(policy(answer)["frame-ancestors"]) == site.base_url + also
    assert "X-Frame-Options" not in answer.headers


@case("I02")
def test_the_error_page_for_somebody_unknown_is_framed_by_nobody(app: Target) -> None:
    for request in (PAGE.bare(app.acme), PAGE.call(app.acme, "a.b.c"), Request("GET", "/nothing")):
        answer = app.send(request)
        assert policy(answer)["frame-ancestors"] == ["'none'"]
        assert app.acme.client_key not in answer.get_data(as_text=True)


@case("I04")
def test_public_pages_are_framed_by_nobody(told: Told) -> None:
    link = told.mails_to("acme-canary@nordlicht.example")[0].links[0]
    for address in (link, *(told.settings.base_url + path for path in (*OPEN, UNKNOWN_LINK))):
        assert policy(requests.get(address, timeout=60))["frame-ancestors"] == ["'none'"]


@case("I05")
def test_scripts_come_from_us_and_from_atlassian_alone(pages: list[requests.Response], app: Target) -> None:
    allowed = policy(app.send(PAGE.good_call(app, app.acme)))
    assert allowed["script-src"] == ["'self'", ATLASSIAN]
    assert allowed["default-src"] == ["'none'"]
    assert allowed["base-uri"] == ["'none'"]
    assert allowed["form-action"] == ["'self'"]
    assert "unsafe" not in str(allowed)
    for page in pages:
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        tags = Tags(page.text)
        assert (tags.inline, tags.handlers()) == ("", []), page.url


@case("I07")
def test_scripts_in_addresses_are_text(told: Told) -> None:
    base, project = told.settings.base_url, project_id(told)
    for number, payload in enumerate(PAYLOADS):
        sent = quote(payload, safe="")
        query = "&".join(f"{name}={sent}" for name in ("loc", "tz", "lang", "score", "project", "next", "error"))
        for shown in (
            told.replay_as("page", "GET", f"/projects/{project}/post-mortem?{query}", "Pia Lead"),
            requests.get(f"{base}/s/{number:043}?{query}", timeout=60),
            requests.get(f"{base}/{sent}", headers={"Accept": "text/html"}, timeout=60),
            requests.get(f"{base}/s/{sent}", timeout=60),
            requests.get(f"{base}/projects/{sent}/settings?{query}", timeout=60),
            requests.get(f"{base}/atlassian-connect.json?{query}", timeout=60),
        ):
            assert shown.status_code in (200, 400, 401, 404), (shown.url, shown.status_code)
            assert payload not in shown.text
            if shown.headers["Content-Type"].startswith("text/html"):
                tags = Tags(shown.text)
                assert (tags.inline, tags.handlers()) == ("", [])
                assert not [tag for tag, _ in tags.found if tag in ("iframe", "object", "embed", "base", "math")]


@case("I08")
def test_no_cookie_is_set(told: Told, pages: list[requests.Response]) -> None:
    answers = [*pages]
    answers += [requests.get(told.settings.base_url + path, timeout=60) for path in (*OPEN, UNKNOWN_LINK, "/nothing")]
    answers += [told.replay(each, told.jira.sites[1], "Ada Admin") for each in told.recorded if each.method == "POST"][
        :5
    ]
    assert [answer.url for answer in answers if "Set-Cookie" in answer.headers] == []


@case("I09")
@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "text/plain"])
def test_a_form_of_another_origin_reaches_nothing(app: Target, kind: str) -> None:
    before = app.rows()
    types = {
        "urlencoded": "application/x-www-form-urlencoded",
        "multipart": "multipart/form-data; boundary=x",
        "text/plain": "text/plain",
    }
    headers = {"Origin": "https://evil.example", "Content-Type": types[kind], "Cookie": "jwt=x"}
    token = SCRIPT.token(app, app.acme)
    page_token = PAGE.token(app, app.acme)
    for target in ("/projects/10000/customers", "/administration/jobs/1/run", "/administration"):
        for query in ("", f"?jwt={token}", f"?jwt={page_token}"):
            answer = app.send(Request("POST", target + query, headers, b"name=forged"))
            assert answer.status_code == (405 if target == "/administration" else 401)
    assert app.rows() == before


@case("I10")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://acme.atlassian.net.evil.example"])
def test_no_other_origin_is_let_in(app: Target, origin: str) -> None:
    asking = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    for rule in app.app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in ("OPTIONS", "GET", "POST"):
            answer = app.send(Request(method, path, dict(asking)))
            assert [name for name, _ in answer.headers if name.startswith("Access-Control")] == [], path


@case("I11")
def test_a_page_with_a_token_in_its_address_tells_nobody(told: Told, pages: list[requests.Response]) -> None:
    ours = (told.settings.connect_script_url, "/static/", "/connect/static/", "#", "data:")
    for page in pages:
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert [address for address in Tags(page.text).loads() if not address.startswith(ours)] == []
        assert policy(page)["connect-src"] == ["'self'"]


@case("I12")
def test_nothing_is_kept_on_the_way(told: Told, pages: list[requests.Response]) -> None:
    link = told.mails_to("acme-canary@nordlicht.example")[0].links[0]
    others = [requests.get(address, timeout=60) for address in (link, told.settings.base_url + UNKNOWN_LINK)]
    for answer in pages + others:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" not in answer.headers.get("Vary", "")
    for path in STATIC:
        assert "no-store" not in requests.get(told.settings.base_url + path, timeout=60).headers["Cache-Control"]
        missing = requests.get(told.settings.base_url + path + ".map", timeout=60)
        assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")


@case("I13")
def test_transport_and_sniffing(app: Target) -> None:
    for rule in app.app.url_map.iter_rules():
        assert guard_of(app.app, rule.endpoint) is not None
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in ("GET", "POST"):
            headers = app.send(Request(method, path)).headers
            age = re.search(r"max-age=(\d+)", headers["Strict-Transport-Security"])
            assert age
            assert int(age[1]) >= 31_536_000
            assert headers["X-Content-Type-Options"] == "nosniff"


@case("I14")
def test_looking_changes_nothing(told: Told) -> None:
    url = told.settings.database_url
    link = told.mails_to("acme-canary@nordlicht.example")[0].links[0]
    before = everything(url)
    for _ in range(2):
        assert {page.status_code for page in pages_of(told)} == {200}
        for method in ("GET", "HEAD", "OPTIONS"):
            for address in (link, *(told.settings.base_url + path for path in OPEN)):
                assert requests.request(method, address, timeout=60).status_code == 200
    assert everything(url) == before
