"""Two sites that live through everything that Rapport can do, with words of their own, while each request is written down.

A new route needs a step here: the test that replays every request with another site's token says which one is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import flask
import requests
import sqlalchemy as sa
from werkzeug.test import TestResponse

from plugin.database import metadata
from plugin.questionnaires import library
from tests.conformance.story_of_care import care, step
from tests.conformance.story_of_set_up import set_up
from tests.databases import everything
from tests.devhost import forge, lifecycle, tokens
from tests.devhost.site import Site
from tests.flow.cast import (
    add_checkpoint,
    add_contact,
    add_customer,
    answer,
    ask_at_any_hour,
    move,
    project_id,
    put_rule,
    survey_link,
)
from tests.running import Rapport, running

STATIC = ("/static/public.css", "/connect/static/host.js")
OPEN = ("/health", "/ready", "/.well-known/security.txt", "/atlassian-connect.json", *STATIC)


@dataclass(frozen=True)
class Recorded:
    """One request of a person in Jira."""

    site: str
    kind: str  # page | script
    method: str
    path: str
    who: str
    form: dict[str, Any]


@dataclass
class Told(Rapport):
    """A Rapport that has lived, what it was asked meanwhile, and which views answered (endpoint and method).

    `pages` is for a test that looks at all of them and shares what it got.
    """

    recorded: list[Recorded] = field(default_factory=list)
    views: set[tuple[str, str]] = field(default_factory=set)
    pages: list[requests.Response] = field(default_factory=list)

    def page(self, path: str, who: str, site: Site | None = None, **more: Any) -> requests.Response:
        self.recorded.append(Recorded((site or self.site).name, "page", "GET", path, who, {}))
        return super().page(path, who, site, **more)

    def call(self, method: str, path: str, who: str, site: Site | None = None, **form: Any) -> requests.Response:
        self.recorded.append(Recorded((site or self.site).name, "script", method, path, who, form))
        return super().call(method, path, who, site, **form)

    def replay(self, seen: Recorded, site: Site, who: str) -> requests.Response:
        """The same request by somebody of another site; not written down."""
        if seen.kind == "page":
            return super().page(seen.path, who, site)
        return super().call(seen.method, seen.path, who, site, **seen.form)

    def replay_as(self, kind: str, method: str, path: str, who: str, site: Site | None = None) -> requests.Response:
        return self.replay(Recorded("", kind, method, path, who, {}), site or self.site, who)

    def replay_form(self, method: str, path: str, form: dict[str, Any]) -> TestResponse:
        """As Ada Admin of the first site; without a server between, because there are thousands."""
        headers = {"Authorization": f"JWT {self._context_token()}", "HX-Request": "true"}
        return self.app.test_client().open(
            path,
            base_url=self.settings.base_url,
            method=method,
            headers=headers,
            content_type="application/x-www-form-urlencoded",
            data=urlencode(form, doseq=True),
        )

    def replay_raw(self, path: str, content_type: str, body: bytes) -> requests.Response:
        headers = {"Authorization": f"JWT {self._context_token()}", "Content-Type": content_type}
        return requests.post(self.settings.base_url + path, headers=headers, data=body, timeout=60)

    def _context_token(self) -> str:
        return tokens.context_token(self.site, self.account("Ada Admin"))

    def ids(self, table: str, site: Site) -> list[int]:
        with self.ports.database.reading(self.tenant_id(site)) as tx:
            query = sa.text(f"SELECT id FROM {table} WHERE tenant_id = :tenant ORDER BY id")
            return list(tx.connection.execute(query, {"tenant": tx.tenant_id}).scalars())

    def rows_of(self, site: Site) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of this site's."""
        tenant_id = self.tenant_id(site)
        found = everything(self.settings.database_url)
        return {
            table.name: sorted(
                row for row in found[table.name] if row[list(table.c.keys()).index("tenant_id")] == tenant_id
            )
            for table in metadata.sorted_tables
            if "tenant_id" in table.c
        }


def words_of(site: Site) -> dict[str, str]:
    """What this site and nobody else says."""
    return {
        "checkpoint": f"{site.name}-canary handover",
        "customer": f"{site.name}-canary customer",
        "spare": f"{site.name}-canary spare",
        "contact": f"{site.name}-canary contact",
        "email": f"{site.name}-canary@nordlicht.example",
        "comment": f"{site.name}-canary comment",
        "held": f"{site.name}-canary words in quarantine",
        "summary": f"{site.name}-canary summary",
        "survey": f"{site.name}-canary survey",
        "anchor": f"{site.name}-canary anchor",
        "own": f"{site.name}-canary question",
        "own answer": f"{site.name}-canary answer to it",
        "reason": f"{site.name}-canary reason",
    }


@contextmanager
def living(database_url: str) -> Iterator[Told]:
    """Both sites after their story."""
    with running(database_url, ("acme", "rival")) as rapport:
        told = Told(rapport.app, rapport.settings, rapport.jira, rapport.clock)
        told.views.add(("connect.events", "POST"))  # Jira's are answered before Flask notes them

        def note(_app: flask.Flask, **_more: Any) -> None:
            told.views.add((flask.request.endpoint or "", flask.request.method))

        with flask.request_started.connected_to(note, rapport.app):
            _come_and_go(told)
            _come_another_way(told)
            for site in told.jira.sites:
                _set_up(told, site)
                _ask_and_answer(told, site)
                _look_back(told, site)
                _change_everything(told, site)
                _hold_and_leave(told, site)
                care(told, site)
                set_up(told, site)
                _run_a_rule(told, site)
            for path in OPEN:
                assert requests.get(told.settings.base_url + path, timeout=60).status_code == 200
            assert requests.get(f"{told.settings.base_url}/ready/work", timeout=60).status_code == 503  # nobody works
        yield told


def _come_and_go(told: Told) -> None:
    site = told.jira.sites[1]
    lifecycle.uninstall(site, told.jira.keys)
    told.clock.advance(seconds=2)
    told.jira.install(site)


def _come_another_way(told: Told) -> None:
    """The first site has a Forge app beside for a while, and says that it is the same site."""
    site, keys = told.site, told.jira.keys
    mine = told.tenant_id()
    told.settle()
    Rapport(told.app, told.settings, told.jira, told.clock, "forge").install()
    assert forge.run_schedule(site, keys) == [200]
    ada = site.user_named("Ada Admin")
    unread = {"path": "/forge/screens", "method": "POST", "headers": {}, "body": {}}
    assert forge.invoke(site, keys, ada, "administration", {}, unread)["status"] in (400, 401)
    call = {"method": "POST", "path": f"/administration/former/{mine}"}
    taken = forge.invoke(site, keys, ada, "administration", {}, {**unread, "body": call})
    assert taken["body"]["status"] == 200
    assert forge.uninstall(site, keys) == 200


def _set_up(told: Told, site: Site) -> None:
    words, project = words_of(site), project_id(told, site=site)
    told.page(f"/projects/{project}/settings", "Pia Lead", site)
    for path in ("checkpoints", "checkpoints/new", "customers"):
        told.call("GET", f"/projects/{project}/{path}", "Pia Lead", site)
    survey = _word_a_survey(told, site)
    add_checkpoint(told, "In review", site=site, name=words["checkpoint"], template=f"survey-{survey}")
    customer = add_customer(told, words["customer"], site)
    spare = add_customer(told, words["spare"], site)
    told.call("GET", f"/projects/{project}/customers/{customer}/contacts/new", "Pia Lead", site)
    add_contact(told, customer, words["contact"], words["email"], site)
    issue = site.issue("DEMO-7")
    site.edit_issue(issue.key, told.account("Tom Team", site), summary=words["summary"])
    assert told.call("POST", f"/issues/{issue.id}/customer", "Tom Team", site, customer_id=customer).status_code == 200
    assert spare


def _word_a_survey(told: Told, site: Site) -> int:
    """The number of a survey with a question of its own, which is answered in words."""
    words, surveys = words_of(site), f"/projects/{project_id(told, site=site)}/surveys"
    form = {
        "name": words["survey"],
        "anchor-en": words["anchor"],
        "own_kind": "text",
        "own-en": words["own"],
        "own_turn": "always",
        "edit_minutes": 120,
        **{f"turn-{key}": "" for key in library.keys_beside_the_anchor()},
    }
    step(told, site, "GET", surveys)
    step(told, site, "GET", f"{surveys}/new/delivery")
    step(told, site, "POST", f"{surveys}/new/delivery", **form)
    survey = told.ids("survey", site)[-1]
    step(told, site, "POST", f"{surveys}/{survey}", **form)
    shown = (
        told.call("GET", surveys, "Pia Lead", site).text
        + told.call("GET", f"{surveys}/{survey}", "Pia Lead", site).text
    )
    preview = re.search(r"/preview/[\w=-]+", shown)
    assert preview
    for part in ("", "/mail", "/page", "/more"):
        assert requests.get(f"{told.settings.base_url}{preview[0]}{part}", timeout=60).status_code == 200
    step(told, site, "POST", f"{surveys}/advice", survey_id=survey, **form)
    for verb in ("remove", "restore"):
        step(told, site, "POST", f"{surveys}/{survey}/{verb}")
    return survey


def _say_more(link: str, text: str) -> None:
    """The second page, by whoever answered the first."""
    page = requests.get(link, timeout=60).text
    nonce, field = re.search(r'name="nonce" value="([^"]+)"', page), re.search(r'<textarea[^>]* name="(\w+)"', page)
    assert nonce
    assert field
    sent = {"nonce": nonce[1], field[1]: text, "gesture": "touch 0 85 1500"}
    assert requests.post(link, data=sent, timeout=60).status_code == 200


def _gates(told: Told, site: Site) -> None:
    """The pages for workflows, and a gate that is waived for one issue."""
    for kind in ("condition", "validator"):
        for page in ("edit", "view"):
            assert told.page(f"/workflow/gates/{kind}/{page}", "Ada Admin", site).status_code == 200
    told.call("GET", "/administration/gates", "Ada Admin", site)
    waiver = f"/issues/{site.issue('DEMO-7').id}/waiver"
    step(told, site, "POST", waiver, reason=words_of(site)["reason"])
    step(told, site, "POST", f"{waiver}/withdraw")
    step(told, site, "POST", waiver, reason=words_of(site)["reason"])


def _ask_and_answer(told: Told, site: Site) -> None:
    words = words_of(site)
    move(told, "DEMO-7", "In review", site=site)
    told.settle()
    link = survey_link(told.mails_to(words["email"])[0])
    machine = {"User-Agent": "Firefox/132.0"}
    nonce = re.search(r'name="nonce" value="([^"]+)"', requests.get(link, timeout=60, headers=machine).text)
    assert nonce
    held = {"nonce": nonce[1], "satisfaction": "5", "comment": words["held"]}
    assert requests.post(link, data=held, timeout=60, headers=machine).status_code == 200
    assert requests.get(f"{link}/all", timeout=60, headers=machine).status_code == 200
    assert requests.post(f"{link}/all", timeout=60, headers=machine).status_code == 200
    begun = {"nonce": nonce[1], "gesture": "touch 0 85 1500"}
    assert requests.post(f"{link}/begun", data=begun, timeout=60).status_code == 204
    assert answer(link, 2, words["comment"]).status_code == 200
    _say_more(link, words["own answer"])
    told.settle()


def _look_back(told: Told, site: Site) -> None:
    words, project = words_of(site), project_id(told, site=site)
    panel = told.page(f"/issues/{site.issue('DEMO-7').id}/panel", "Pia Lead", site)
    assert words["comment"] in panel.text
    told.page(f"/projects/{project}/satisfaction", "Pia Lead", site)
    told.page("/gadget", "Pia Lead", site)
    step(told, site, "GET", f"/gadget/projects/{project}")
    step(told, site, "GET", f"/projects/{project}/satisfaction/screen")
    step(told, site, "POST", f"/projects/{project}/team-view", checkpoint=told.ids("checkpoint", site)[0], score="4")
    assert words["contact"] in told.page(f"/projects/{project}/post-mortem", "Pia Lead", site).text
    assert words["contact"] in told.call("GET", f"/projects/{project}/log", "Pia Lead", site).text
    _gates(told, site)
    told.page("/administration", "Ada Admin", site)
    told.call("GET", "/administration/health", "Ada Admin", site)
    with told.ports.database.system() as connection:
        mine = {"tenant": told.tenant_id(site)}
        connection.execute(sa.text("UPDATE job SET state = 'dead' WHERE tenant_id = :tenant"), mine)
    for job in told.ids("job", site)[:1]:
        assert told.call("POST", f"/administration/jobs/{job}/run", "Ada Admin", site).status_code == 200


def _change_everything(told: Told, site: Site) -> None:
    """Each thing is changed, taken away and brought back, so that all is there in the end."""
    project, pia = project_id(told, site=site), "Pia Lead"
    (checkpoint,) = told.ids("checkpoint", site)
    customer, _spare = told.ids("customer", site)
    (contact,) = told.ids("contact", site)
    held, *_others = told.ids("survey_response", site)
    words = words_of(site)
    details = {"name": words["contact"], "email": words["email"], "role": "user", "language": "en", "time_zone": "UTC"}
    survey = f"survey-{told.ids('survey', site)[-1]}"
    form = {"name": words["checkpoint"], "to_status_id": "10001", "template": survey, "low_score": 2}
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"checkpoints/{checkpoint}", {}),
        ("POST", f"checkpoints/{checkpoint}", {**form, "expires_after_days": 14}),
        *(("POST", f"checkpoints/{checkpoint}/{verb}", {}) for verb in ("off", "on", "remove", "restore")),
        ("GET", f"contacts/{contact}", {}),
        ("POST", f"contacts/{contact}", details),
        *(("POST", f"contacts/{contact}/{verb}", {}) for verb in ("remove", "restore")),
        *(("POST", f"customers/{customer}/{verb}", {}) for verb in ("remove", "restore")),
        ("GET", "quarantine", {}),
        *(("POST", f"quarantine/{held}/{verb}", {}) for verb in ("set-aside", "take-back", "accept", "take-back")),
    ]
    for method, path, sent in steps:
        done = told.call(method, f"/projects/{project}/{path}", pia, site, **sent)
        assert done.status_code == 200, f"{method} {path}: {done.text}"


def _hold_and_leave(told: Told, site: Site) -> None:
    """How the site asks, what a storm holds back, and a customer who leaves surveys and comes back."""
    project, pia = project_id(told, site=site), "Pia Lead"
    (contact,) = told.ids("contact", site)
    checkpoint = told.ids("checkpoint", site)[0]
    assert told.call("GET", "/administration/asking", "Ada Admin", site).status_code == 200
    ask_at_any_hour(told, site, internal_domains=f"{site.name}-canary.example")
    note = {"note": f"{site.name}-canary note"}
    steps: list[tuple[str, str, dict[str, Any]]] = [
        *(("POST", f"checkpoints/{checkpoint}/held/{verb}", {}) for verb in ("undo", "discard", "undo")),
        ("GET", "held", {}),
        ("POST", f"checkpoints/{checkpoint}/held/release", {}),
        ("GET", f"contacts/{contact}/asks", {}),
        ("GET", f"contacts/{contact}/consent", {}),
        *(("POST", f"contacts/{contact}/consent/{wants}", note) for wants in ("no", "yes")),
    ]
    for method, path, sent in steps:
        done = told.call(method, f"/projects/{project}/{path}", pia, site, **sent)
        assert done.status_code == 200, f"{method} {path}: {done.text}"
    link = survey_link(told.mails_to(words_of(site)["email"])[0]) + "/unsubscribe"
    for _ in ("leave", "come back"):
        fields = dict(re.findall(r'name="(nonce|wanted)" value="([^"]+)"', requests.get(link, timeout=60).text))
        assert requests.post(link, data=fields, timeout=60).status_code == 200


def _run_a_rule(told: Told, site: Site) -> None:
    """And ask by hand, and answer in Jira."""
    for page in ("edit", "view"):
        assert told.page(f"/workflow/ask/{page}", "Ada Admin", site).status_code == 200
    issue = f"/issues/{site.issue('DEMO-7').id}"
    for path in ("panel/now", "ask"):
        step(told, site, "GET", f"{issue}/{path}")
    step(told, site, "POST", f"{issue}/ask", template="delivery", once="0" * 22)
    details = {"name": words_of(site)["contact"], "email": words_of(site)["email"], "role": "user", "language": "en"}
    contact = f"/projects/{project_id(told, site=site)}/contacts/{told.ids('contact', site)[0]}"
    step(told, site, "POST", contact, **details, time_zone="UTC", account_id=told.account("Pia Lead", site))
    step(told, site, "GET", f"{issue}/answer")
    step(told, site, "POST", f"{issue}/answer", stage="first", satisfaction="4")
    put_rule(told, "In Progress", site, template="review")
    move(told, "DEMO-7", "In Progress", site=site)
    told.settle()


def renamed(seen: Recorded, name: str) -> Recorded:
    """The same request with words that are nobody's."""
    form = {
        key: value.replace(f"{seen.site}-canary", name) if isinstance(value, str) else value
        for key, value in seen.form.items()
    }
    return replace(seen, form=form)


def numbers_in(seen: Recorded) -> list[str]:
    """Ids of rows (not of Jira's things) in the address or the form."""
    path = re.sub(r"^(?:/gadget)?/(?:projects|issues)/\d+(?:/editions/\d+)?", "", seen.path)  # all have an edition 1
    return re.findall(r"/(\d+)", path) + [str(seen.form["customer_id"]) for _ in [0] if "customer_id" in seen.form]
