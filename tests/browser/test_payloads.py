"""Row I06: forty payloads in every field that a user, a customer or Jira can fill, on every screen, page and mail of ours.

All of them stand on each screen at once, so that it is opened once. Whatever a payload manages to do becomes a complaint of
the window: a script that runs, a breach of a policy, a request to anywhere else.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import flask
import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Frame, Page, expect

from connect.guards import guard_of
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.customers import service as customers
from plugin.customers.service import ContactDetails
from plugin.database import metadata
from plugin.domain import Role
from plugin.questionnaires import library
from tests.browser.jira import ADMINISTRATION, POST_MORTEM, SETTINGS, framed
from tests.browser.windows import Windows, clean_windows
from tests.conformance.cases import case
from tests.databases import fresh_database
from tests.devhost import mailbox, tokens
from tests.devhost.records import Transition
from tests.flow.cast import add_checkpoint, answer, move, project_id, survey_link
from tests.running import Rapport, running

pytestmark = pytest.mark.browser

PAYLOADS = tuple((Path(__file__).parents[1] / "conformance" / "payloads.txt").read_text("utf-8").splitlines())
EVERYTHING = "\n".join(PAYLOADS)
FEW = 5
LISTS_NAMES = re.compile(r"/(checkpoints|surveys|customers|log|quarantine)$")
READER = "greta"
# In all frames, also those that a payload would open; Chromium shows no dialogs of frames of other hosts.
TELL = """
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = (...said) => console.error('executed', ...said);
document.addEventListener('securitypolicyviolation', breach => console.error('policy', breach.violatedDirective));
"""
# Elements and attributes that none of our screens has.
FOREIGN = """() => [...document.querySelectorAll('*')].filter(each =>
  ['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MATH', 'VIDEO', 'IMG', 'MI'].includes(each.tagName) ||
  [...each.attributes].some(its => /^on|^(data-)?hx-on|^srcdoc$|^xlink:/.test(its.name) || /^\\s*(javascript|data):/i.test(its.value))
).map(each => each.outerHTML.slice(0, 200))"""
WORDS = """() => [document.documentElement.textContent, ...[...document.querySelectorAll('*')].flatMap(
  each => [each.value, each.title, each.ariaLabel].filter(said => typeof said === 'string'))].join('\\n')"""
LOAD = """path => new Promise(done => {
  const told = event => {
    if (event.detail.pathInfo.requestPath !== path || (event.type.endsWith('Request') && event.detail.successful)) return;
    for (const name of ['htmx:afterSettle', 'htmx:afterRequest']) document.removeEventListener(name, told);
    done(event.detail.xhr.status);
  };
  for (const name of ['htmx:afterSettle', 'htmx:afterRequest']) document.addEventListener(name, told);
  htmx.ajax('GET', path, {target: '#screen'});
})"""
SEND = """text => new Promise(done => {
  document.addEventListener('htmx:afterRequest', event => {
    if (event.detail.requestConfig.verb === 'post') setTimeout(done, 60, event.detail.xhr.status); // it settles meanwhile
  });
  const form = document.querySelector('#screen form[hx-post]:not([hx-trigger])');
  form.noValidate = true;
  for (const field of form.elements) if (/^(text|email|search|url|textarea)/.test(field.type)) field.value = text;
  form.requestSubmit();
})"""


@pytest.fixture
def rapport(tmp_path: Path, edge: str) -> Iterator[Rapport]:
    with fresh_database("sqlite", tmp_path) as url, running(url, edge=edge) as rapport:
        yield rapport


@pytest.fixture
def windows(browser: Browser, rapport: Rapport) -> Iterator[Windows]:
    with clean_windows(browser, rapport.site) as windows:
        yield windows


def fill_jira(rapport: Rapport) -> None:
    """Names of the project, its statuses and types of issues, and one issue."""
    site, project = rapport.site, rapport.site.project("DEMO")
    project.name = EVERYTHING
    for number, payload in enumerate(PAYLOADS):
        site.add_status(f"77{number:02}", payload, "new")
        site.add_issue_type(f"88{number:02}", payload)
        project.issue_type_ids.append(f"88{number:02}")
        project.transitions.append(Transition(f"99{number:02}", payload, f"77{number:02}"))
    site.edit_issue("DEMO-7", rapport.account("Tom Team"), summary=EVERYTHING)


def address(number: int) -> str:
    """As hostile as an address may be that a mail server takes."""
    return f"c{number}'onfocus=alert`{number}`/{{{{7*7}}}}@nordlicht.example"


def fill_rapport(rapport: Rapport) -> None:
    """A checkpoint, a customer and a contact for each payload; all contacts are of the customer of DEMO-7."""
    project, now = project_id(rapport), rapport.clock()
    with rapport.ports.database.transaction(rapport.tenant_id()) as tx:
        for payload in PAYLOADS[1:]:
            checkpoints.add(tx, project, CheckpointDetails(payload, (), (), "10000", "delivery", 2, 14), now)
        customer_ids = [customers.add_customer(tx, project, payload, now) for payload in PAYLOADS]
        for number, payload in enumerate(PAYLOADS):
            person = ContactDetails(payload, address(number), "en", "Europe/Berlin", Role.USER)
            customers.add_contact(tx, project, customer_ids[0], person, now)
        for number, customer_id in enumerate(customer_ids[1:]):
            reader = ContactDetails("Greta Probe", f"{READER}{number}@nordlicht.example", "en", "UTC", Role.USER)
            customers.add_contact(tx, project, customer_id, reader, now)
    surveys, plan = f"/projects/{project}/surveys", f"/projects/{project}/plan"
    for payload in PAYLOADS:
        form = {"name": payload, "anchor-en": payload, "own_kind": "text", "own-en": payload, "own_turn": "always"}
        turns = {f"turn-{key}": "" for key in library.keys_beside_the_anchor()}
        send(rapport, f"{surveys}/new/delivery", **form, **turns, edit_minutes=30)
    add_checkpoint(rapport, "In review", name=PAYLOADS[0], template=f"survey-{first_id(rapport, 'survey', 'max')}")
    send(rapport, f"{plan}/new", kind="review", title=PAYLOADS[4], result=EVERYTHING, more=PAYLOADS[5], more_needed="y")
    send(rapport, f"/projects/{project}/draft")
    send(rapport, f"/projects/{project}/draft/went_well", text=EVERYTHING, version=0)
    send(rapport, f"/projects/{project}/draft/went_well/comments", text=EVERYTHING)
    send(rapport, f"/projects/{project}/cases/policy", label="onfocus=alert`1`", contact_hours=8)
    send(rapport, f"/issues/{rapport.site.issue('DEMO-7').id}/waiver", reason="\n".join(PAYLOADS[:8]))
    choose(rapport, "DEMO-7", customer_ids[0])


def send(rapport: Rapport, path: str, **form: Any) -> None:
    sent = rapport.call("POST", path, "Pia Lead", **form)
    assert sent.status_code == 200, sent.text


def choose(rapport: Rapport, key: str, customer_id: int) -> None:
    path = f"/issues/{rapport.site.issue(key).id}/customer"
    assert rapport.call("POST", path, "Tom Team", customer_id=str(customer_id)).status_code == 200


def ask_about_everything(rapport: Rapport) -> None:
    """A mail shows the beginning of a summary and of a project's name: one mail, to somebody else, for each few payloads."""
    first, tom = first_id(rapport, "customer") + 1, rapport.account("Tom Team")
    for few in range(0, len(PAYLOADS), FEW):
        words = "\n".join(PAYLOADS[few : few + FEW])
        rapport.site.project("DEMO").name = words
        issue = rapport.site.create_issue("DEMO", "Story", words, tom)
        choose(rapport, issue.key, first + few // FEW)
        for status in ("In Progress", "In review"):
            move(rapport, issue.key, status)
        rapport.settle()


def ask_and_answer(rapport: Rapport, patch: pytest.MonkeyPatch) -> list[str]:
    """Links of those who have not answered yet: one address is refused, in the words of a hostile mail server."""
    patch.setitem(mailbox.REFUSALS, 550, f"550 5.1.1 {PAYLOADS[4]}")
    rapport.jira.mailbox.refuse[address(1).lower()] = 550
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    links = [survey_link(mail) for mail in rapport.jira.mailbox.messages]
    assert len(links) == len(PAYLOADS) - 1
    for link in links[:3]:
        assert answer(link, 2, EVERYTHING).status_code == 200
    page = requests.get(links[3], timeout=60)
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
    held = {"nonce": nonce and nonce[1], "satisfaction": "1", "comment": EVERYTHING}
    assert requests.post(links[3], data=held, timeout=60).status_code == 200
    rapport.settle()
    return links[4:]


def plain(text: str) -> str:
    """Without what makes no difference to a reader: kinds of blanks, and the marks that keep mail programs from linking."""
    return re.sub(r"\s+", " ", re.sub("[\u200b\u2060]", "", text))


def inert(place: Page | Frame, what: str = "", *, shows: int = len(PAYLOADS)) -> None:
    """At least so many payloads stand there to be read, and nothing has become of any."""
    words = plain(place.evaluate(WORDS))
    missing = [payload for payload in PAYLOADS if plain(payload) not in words]
    assert len(PAYLOADS) - len(missing) >= shows, f"{what or place.url[:80]} does not show {missing}"
    assert place.evaluate(FOREIGN) == [], what or place.url[:80]


def screens_of(rapport: Rapport, kind: str) -> list[str]:
    """Address of every screen that scripts of our pages load, or (kind "page") that Jira frames, about things that are there."""
    issue = rapport.site.issue("DEMO-7").id
    known: dict[str, Any] = {
        "project_id": project_id(rapport),
        "issue_id": issue,
        "kind": "validator",
        "template": "delivery",
        "moment": "pulse",
        "section": "went_well",
        "number": 1,
    }
    for table in metadata.tables.values():
        if {"id", "tenant_id"} <= set(table.c.keys()):
            known[f"{table.name}_id"] = first_id(rapport, table.name, "max")
    build = rapport.app.url_map.bind("rapport.example")
    found = []
    for rule in rapport.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and kind_of(rapport.app, rule.endpoint) == kind:
            named = {
                each: sorted(chosen.items)[0] for each, chosen in rule._converters.items() if hasattr(chosen, "items")
            }
            assert rule.arguments <= {**known, **named}.keys(), f"{rule} needs a value here"
            found.append(build.build(rule.endpoint, {each: {**named, **known}[each] for each in rule.arguments}))
    return found


def kind_of(app: Flask, endpoint: str) -> str:
    guard = guard_of(app, endpoint)
    return guard.name if guard else ""


def first_id(rapport: Rapport, table: str, which: str = "min") -> int:
    with rapport.ports.database.reading(rapport.tenant_id()) as tx:
        query = sa.text(f"SELECT {which}(id) FROM {table} WHERE tenant_id = :tenant")
        return int(tx.connection.execute(query, {"tenant": tx.tenant_id}).scalar() or 0)


def look_inside_jira(rapport: Rapport, windows: Windows) -> None:
    """Every page that Jira frames, and in the project's settings every screen, each form sent with all payloads in it."""
    page = windows.open("Ada Admin")
    page.context.add_init_script(TELL)
    for path in ("/browse/DEMO-7", POST_MORTEM.format("DEMO")):
        inert(framed(page, path))
    framed(page, ADMINISTRATION)
    gate = quote(json.dumps({"text": EVERYTHING, "minimum": EVERYTHING, "types": list(PAYLOADS)}))
    for path in screens_of(rapport, "page"):
        inert(whole(rapport, page, f"{path}?config={gate}"), path, shows=0)
    frame = framed(page, SETTINGS.format("DEMO"))
    for path in screens_of(rapport, "page_script"):
        if (
            not rapport.call("GET", path, "Ada Admin")
            .headers["Content-Type"]
            .startswith(("text/html", "application/json"))
        ):
            continue  # a file to keep: row I06b
        loaded = frame.evaluate(LOAD, path)
        assert loaded in (200, 404), path
        if loaded == 404:  # nobody has made one of these
            windows.expect_answer(404)
            continue
        inert(frame, path, shows=len(PAYLOADS) if LISTS_NAMES.search(path) else 0)
        if frame.locator(
            "#screen form[hx-post]:not([hx-trigger])"
        ).count():  # one with a trigger is not sent by a button
            sent = frame.evaluate(SEND, EVERYTHING)
            assert sent in (200, 422), path
            inert(frame, f"{path} after sending", shows=0)
            if sent == 422:
                windows.expect_answer_in_frame(422)


def whole(rapport: Rapport, page: Page, path: str) -> Page | Frame:
    """A page of ours, opened as Jira's frame does: at its own address, or within the shell."""
    if rapport.edge == "connect":
        page.goto(tokens.signed_url(rapport.site, rapport.settings.base_url + path, rapport.account("Ada Admin")))
        return page
    frame = framed(page, SETTINGS.format("DEMO"))
    assert frame.evaluate(LOAD, path) == 200, path
    return frame


def look_as_a_customer(windows: Windows, link: str) -> None:
    """All the way through a survey, with everything as the comment."""
    page = windows.open("A customer")
    page.context.add_init_script(TELL)
    for path in ("all", "unsubscribe"):
        page.goto(f"{link}/{path}")
        inert(page, path, shows=0)
    page.goto(f"{link}?score=2&lang=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    inert(page)
    page.get_by_role("textbox").first.fill(EVERYTHING)
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("checkbox")).to_be_visible()
    inert(page)
    page.wait_for_timeout(2_100)  # sooner, a press is a machine's
    page.get_by_label("I am a person").check()
    page.get_by_role("button", name="Send answer").click()
    expect(page.locator(".done")).to_be_visible()
    inert(page)
    page.get_by_role("link", name="Change my answer").click()
    inert(page)


def look_at_the_mails(rapport: Rapport, windows: Windows) -> None:
    """As a mail program without any defence of its own shows them: all at once, each in a frame."""
    page = windows.open("A reader")
    page.context.add_init_script(TELL)
    mails = rapport.jira.mailbox.messages
    page.set_content("".join(f'<iframe srcdoc="{html.escape(mail.html)}"></iframe>' for mail in mails))
    frames = page.frames[1:]
    assert len(frames) == len(mails)
    for frame in frames:
        inert(frame, shows=0)
    words = [plain(frame.evaluate(WORDS)) for frame in frames]
    greeted = "".join(
        text for text, mail in zip(words, mails, strict=True) if not mail.recipients[0].startswith(READER)
    )
    told = [text for text, mail in zip(words, mails, strict=True) if mail.recipients[0].startswith(READER)]
    assert all(payload in greeted for payload in map(plain, PAYLOADS[:1] + PAYLOADS[2:]))  # one address is refused
    assert all(sum(text.count(payload) for text in told) >= 2 for payload in map(plain, PAYLOADS))


@case("I06")
def test_no_payload_runs_anywhere(rapport: Rapport, windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()

    def note(_app: Flask, **_more: Any) -> None:
        seen.add(flask.request.endpoint or "")

    with flask.request_started.connected_to(note, rapport.app):
        fill_jira(rapport)
        fill_rapport(rapport)
        links = ask_and_answer(rapport, monkeypatch)
        look_inside_jira(rapport, windows)
        ask_about_everything(rapport)
        look_as_a_customer(windows, links[0])
        look_at_the_mails(rapport, windows)
    shown = {
        rule.endpoint
        for rule in rapport.app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and kind_of(rapport.app, rule.endpoint) in ("page", "page_script", "survey_link")
    }
    assert shown - seen - {"exports.extract"} == set(), "no payload was shown on these"  # that one is a file: I06b


def test_what_is_not_escaped_is_noticed(browser: Browser, rapport: Rapport) -> None:
    """The same payloads on a page that does nothing against them."""
    open_windows = Windows(browser, rapport.site)
    page = open_windows.open("A reader")
    page.context.add_init_script(TELL)
    page.goto("about:blank")
    for payload in PAYLOADS:
        page.set_content(f"<title>x</title>{payload}<p>{payload}</p>")
        if page.evaluate(FOREIGN):
            open_windows.complaints.append(f"foreign in {payload}")
    page.wait_for_timeout(100)
    told = "\n".join(open_windows.complaints)
    open_windows.close()
    assert told.count("executed") >= 8, told
    assert told.count("foreign") >= 20, told
