"""The part of the story that is about looking after the customer: plan, cases, and what is learned from both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from plugin.warnings import store
from plugin.warnings.signals import Sign, Signal
from tests.devhost.site import Site
from tests.flow.cast import project_id

if TYPE_CHECKING:
    from tests.conformance.story import Told


PLANNED = {"title": "News", "planned_on": "2026-01-05"}


def care(told: Told, site: Site) -> None:
    """Every route of the Plan and Cases tabs, with words of this site's own."""
    issue = site.issue("DEMO-7")
    line = {"kind": "update", "title": f"{site.name}-canary line"}
    step(told, site, "POST", f"/issues/{issue.id}/activities", **line)
    _plan(told, site)
    _cases(told, site)
    _conversations(told, site)
    _desk_ratings(told, site)


def _desk_ratings(told: Told, site: Site) -> None:
    project, path = site.project("DEMO"), f"/projects/{project_id(told, site=site)}/desk-ratings"
    project.project_type = "service_desk"
    step(told, site, "POST", f"{path}/on")
    step(told, site, "GET", path)
    project.project_type = "software"


def _conversations(told: Told, site: Site) -> None:
    said = f"/issues/{site.issue('DEMO-7').id}/conversations"
    speaker, words = told.ids("contact", site)[0], f"{site.name}-canary words in a meeting"
    step(told, site, "POST", said, speaker=speaker, channel="meeting", score="4", words=words)
    (number,) = told.ids("conversation", site)
    for verb in ("remove", "restore"):
        step(told, site, "POST", f"{said}/{number}/{verb}")


def _plan(told: Told, site: Site) -> None:
    plan = f"/projects/{project_id(told, site=site)}/plan"
    form = {"kind": "review", "title": f"{site.name}-canary activity", "done_on": "2026-01-05", "result": "Went well"}
    for path in ("", "/new"):
        step(told, site, "GET", plan + path)
    step(told, site, "POST", f"{plan}/new", **form)
    activity, checkpoint = told.ids("activity", site)[-1], told.ids("checkpoint", site)[0]
    step(told, site, "GET", f"{plan}/{activity}")
    step(told, site, "POST", f"{plan}/{activity}", **form)
    for verb in ("remove", "restore"):
        step(told, site, "POST", f"{plan}/{activity}/{verb}")
    step(told, site, "POST", f"{plan}/checkpoint/{checkpoint}", more=f"{site.name}-canary more")


def _cases(told: Told, site: Site) -> None:
    cases = f"/projects/{project_id(told, site=site)}/cases"
    policy = {"label": f"{site.name}-canary", "contact_hours": 8}
    step(told, site, "GET", f"{cases}/policy")
    step(told, site, "POST", f"{cases}/policy", **policy)
    (case,) = told.ids("customer_case", site)
    for verb in ("contacted", "closed"):
        step(told, site, "POST", f"{cases}/{case}/{verb}")
    step(told, site, "GET", cases)
    step(told, site, "GET", f"/projects/{project_id(told, site=site)}/overview")
    told.settle()
    warnings = f"/projects/{project_id(told, site=site)}/warnings"
    with told.ports.database.transaction(told.tenant_id(site)) as tx:
        store.add_warning(tx, project_id(told, site=site), Signal(Sign.OVERDUE, "activity:0", PLANNED), told.clock())
    number = told.ids("warning", site)[-1]
    for verdict in ("right", "wrong"):
        step(told, site, "POST", f"{warnings}/{number}/{verdict}")
    step(told, site, "GET", warnings)
    _look_back(told, site)


def _look_back(told: Told, site: Site) -> None:
    """Write, agree, decide, publish; take lessons; share."""
    project, canary = f"/projects/{project_id(told, site=site)}", f"{site.name}-canary"
    step(told, site, "POST", f"{project}/draft")
    step(told, site, "GET", f"{project}/draft/went_well")
    step(told, site, "POST", f"{project}/draft/went_well", text=f"{canary} went well", version=0)
    step(told, site, "POST", f"{project}/draft/went_well/comments", text=f"{canary} said")
    step(told, site, "POST", f"{project}/draft/went_well/agree")
    step(told, site, "POST", f"{project}/actions", title=f"{canary} action", target_on="2027-02-01")
    told.settle()
    for path in ("approve", "publish"):
        step(told, site, "POST", f"{project}/{path}")
    step(told, site, "POST", f"{project}/close", reason=f"{canary} reason")
    for path in ("draft", "editions/1", "editions/1.md", "editions/1.pdf", "ledger.csv", "share"):
        step(told, site, "GET", f"{project}/{path}")
    _lessons(told, site)
    _share(told, site)


def _lessons(told: Told, site: Site) -> None:
    lessons = f"/projects/{project_id(told, site=site)}/lessons"
    form = {"situation": f"{site.name}-canary situation", "advice": f"{site.name}-canary advice", "shared": "y"}
    for path in ("", "/new", "?q=canary"):
        step(told, site, "GET", lessons + path)
    for _ in range(3):
        step(told, site, "POST", f"{lessons}/new", **form)
    mine = told.ids("lesson", site)
    for verb in ("remove", "restore"):
        step(told, site, "POST", f"{lessons}/{mine[0]}/{verb}")
    other = project_id(told, "OPS", site)
    step(told, site, "POST", f"/projects/{other}/customers", "Ada Admin", name=f"{site.name} elsewhere")
    offers = f"/projects/{other}/lessons/offers"
    first, second, third = told.ids("lesson_offer", site)
    step(told, site, "POST", f"{offers}/{first}/activity", "Ada Admin", kind="update")
    checkpoint = {"to_status_id": "10001", "template": "delivery"}
    step(told, site, "POST", f"{offers}/{second}/checkpoint", "Ada Admin", **checkpoint)
    step(told, site, "POST", f"{offers}/{third}/decline", "Ada Admin", reason=f"{site.name}-canary no")


def _share(told: Told, site: Site) -> None:
    project, canary = f"/projects/{project_id(told, site=site)}", f"{site.name}-canary"
    for _ in range(2):
        step(told, site, "POST", f"{project}/share/said", said=f"{canary} said", did=f"{canary} did")
    step(told, site, "POST", f"{project}/share/said/{told.ids('said_done', site)[0]}/remove")
    chosen = {"parts": ["said", "went_well"], "days": 7}
    step(told, site, "POST", f"{project}/share/preview", **chosen)
    shared = told.call("POST", f"{project}/share", "Pia Lead", site, **chosen)
    link = shared.text.split('value="http')[1].split('"')[0]
    assert requests.get(f"http{link}", timeout=60).status_code == 200
    access = {"email": f"{canary}@firm.example", "token": f"{canary} token", "space_key": "TEAM"}
    step(told, site, "POST", "/administration/confluence", "Ada Admin", **access)
    step(told, site, "GET", "/administration/confluence", "Ada Admin")
    step(told, site, "POST", f"{project}/confluence")
    step(told, site, "POST", f"{project}/share/{told.ids('extract', site)[0]}/withdraw")


def step(told: Told, site: Site, method: str, path: str, who: str = "Pia Lead", **form: Any) -> None:
    done = told.call(method, path, who, site, **form)
    assert done.status_code == 200, f"{method} {path}: {done.text}"
