"""Steps that many stories begin with, done through the same routes that people's browsers use."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import requests

from tests.devhost import workflow
from tests.devhost.mailbox import Mail
from tests.devhost.site import Site
from tests.running import Rapport


def project_id(rapport: Rapport, key: str = "DEMO", site: Site | None = None) -> str:
    return (site or rapport.site).project(key).id


def status_id(rapport: Rapport, name: str) -> str:
    return next(status.id for status in rapport.site.statuses.values() if status.name == name)


def type_id(rapport: Rapport, name: str) -> str:
    return next(kind.id for kind in rapport.site.issue_types.values() if kind.name == name)


def ask_at_any_hour(rapport: Rapport, site: Site | None = None, **more: object) -> None:
    """As a Jira admin sets it: stories happen at night and on Sundays too."""
    form = {
        "quiet_days": 30,
        "asks_per_quarter": 4,
        "sending_from_hour": 0,
        "sending_until_hour": 24,
        "internal_domains": "",
        "oldest_event_days": 7,
        "storm_cap": 50,
        **more,
    }
    answer = rapport.call("POST", "/administration/asking", "Ada Admin", site, **form)
    assert answer.status_code == 200, answer.text


def add_checkpoint(
    rapport: Rapport, to_status: str, types: Sequence[str] = (), site: Site | None = None, **more: object
) -> None:
    """As Pia Lead, who administers DEMO."""
    form = {
        "issue_type_ids": [type_id(rapport, name) for name in types],
        "to_status_id": status_id(rapport, to_status),
        "template": "delivery",
        "low_score": 2,
        "expires_after_days": 14,
        **more,
    }
    path = f"/projects/{project_id(rapport, site=site)}/checkpoints/new"
    answer = rapport.call("POST", path, "Pia Lead", site, **form)
    assert answer.status_code == 200, answer.text


def add_customer(rapport: Rapport, name: str, site: Site | None = None) -> int:
    """The new customer's id, read from the screen."""
    answer = rapport.call("POST", f"/projects/{project_id(rapport, site=site)}/customers", "Pia Lead", site, name=name)
    assert answer.status_code == 200, answer.text
    found = re.search(rf'id="customer-(\d+)">{re.escape(name)}<', answer.text)
    assert found, answer.text
    return int(found[1])


def add_contact(
    rapport: Rapport, customer_id: int, name: str, email: str, site: Site | None = None, **more: str
) -> None:
    form = {"name": name, "email": email, "role": "user", "language": "en", "time_zone": "Europe/Berlin", **more}
    path = f"/projects/{project_id(rapport, site=site)}/customers/{customer_id}/contacts/new"
    answer = rapport.call("POST", path, "Pia Lead", site, **form)
    assert answer.status_code == 200, answer.text


def put_rule(rapport: Rapport, to_status: str, site: Site | None = None, **wish: object) -> None:
    """A rule "Ask the customer" on the way to a status of DEMO, as its page saves it."""
    site = site or rapport.site
    project, target = site.project("DEMO"), status_id(rapport, to_status)
    step = next(step for step in project.transitions if step.to_id == target)
    workflow.add_rule(site, project.id, step.id, "ask-the-customer", json.dumps(wish))


def survey_link(mail: Mail, score: int | None = None) -> str:
    """The link in the mail that pre-selects a score, or the plain one."""
    wanted = re.compile(r"/s/[\w-]{43}" + (rf"\?score={score}" if score is not None else "") + "$")
    return next(link for link in mail.links if wanted.search(link))


def days_pass(rapport: Rapport, days: int) -> None:
    """One after the other, each with its work."""
    for _ in range(days):
        rapport.clock.advance(days=1)
        rapport.settle()


def answer(link: str, score: int | None, comment: str = "") -> requests.Response:
    """Open the survey and send it, as a person's browser does."""
    page = requests.get(link, timeout=60)
    nonce = re.search(r'name="nonce"[^>]*value="([^"]+)"', page.text)
    assert nonce, page.text
    form = {"nonce": nonce[1], "comment": comment, "gesture": "touch 0 85 1500"}
    if score is not None:
        form["satisfaction"] = str(score)
    return requests.post(link.split("?", maxsplit=1)[0], data=form, timeout=60)


def move(rapport: Rapport, key: str, to_status: str, who: str = "Tom Team", site: Site | None = None) -> None:
    """A team member moves an issue on the board."""
    site = site or rapport.site
    target = status_id(rapport, to_status)
    step = next(step for step in site.transitions_for(site.issue(key)) if step.to_id == target)
    site.transition(key, step.id, rapport.account(who, site))
