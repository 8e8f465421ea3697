"""The part of the story that is about looking after the customer: plan, cases, and what is learned from both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def step(told: Told, site: Site, method: str, path: str, **form: Any) -> None:
    done = told.call(method, path, "Pia Lead", site, **form)
    assert done.status_code == 200, f"{method} {path}: {done.text}"
