"""The Satisfaction page of a project."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from connect import ANY_USER, BROWSE_PROJECT, WORK_IN_PROJECT, current_principal, may, page, page_script
from plugin.analysis import chart, service
from plugin.checkpoints import service as checkpoints
from plugin.errors import Invalid
from plugin.metrics.gap import is_flagged
from plugin.metrics.nps import SHOWN_FROM
from plugin.questionnaires import library
from plugin.team_views import service as team_views
from plugin.web.context import ports
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.limits import row_id

blueprint = Blueprint("analysis", __name__, url_prefix="/projects/<project_id>", template_folder="templates")
gadgets = Blueprint("gadgets", __name__, url_prefix="/gadget", template_folder="templates")


@blueprint.get("/satisfaction")
@page(may=BROWSE_PROJECT)
def satisfaction(project_id: str) -> str:
    return _screen(project_id, "analysis_page.html")


@blueprint.get("/satisfaction/screen")
@page_script(may=BROWSE_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id, "analysis_screen.html")


@blueprint.post("/team-view")
@page_script(may=WORK_IN_PROJECT)
def estimate(project_id: str) -> str | tuple[str, int]:
    """A member of the team says how satisfied they think the customer is."""
    principal, form = current_principal(), request.form
    score, checkpoint_id = row_id(form.get("score", "")), row_id(form.get("checkpoint", ""))
    try:
        with ports().database.transaction(principal.tenant.id) as tx:
            team_views.record(tx, project_id, checkpoint_id, score, principal.account_id or "", ports().clock())
    except Invalid:
        return _screen(project_id, "analysis_screen.html", wrong=_("Choose a checkpoint and a score from 1 to 5.")), 422
    return _screen(
        project_id, "analysis_screen.html", told=_("Your estimate was taken down. A newer one takes its place.")
    )


@gadgets.get("")
@page(may=ANY_USER)
def gadget() -> str:
    """The frame on a dashboard; which project it shows is kept by Jira and asked by the page itself."""
    args = request.args
    return render_template(
        "analysis_gadget.html", dashboard=args.get("dashboard", ""), item=args.get("item", ""), periods=service.PERIODS
    )


@gadgets.get("/projects/<project_id>")
@page_script(may=BROWSE_PROJECT)
def gadget_of_project(project_id: str) -> str:
    return render_template("analysis_brief.html", **_numbers(project_id))


def _screen(project_id: str, template: str, told: str = "", wrong: str = "") -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        rules = checkpoints.list_of_project(tx, project_id)
    numbers = _numbers(project_id)
    return render_template(
        template,
        periods=service.PERIODS,
        nps_from=SHOWN_FROM,
        checkpoints=rules,
        works=may(WORK_IN_PROJECT, project_id),
        flagged=is_flagged(list(numbers["it"].gaps.values())),
        words=library.scale_words(page_language()),
        told=told,
        wrong=wrong,
        **numbers,
    )


def _numbers(project_id: str) -> dict[str, Any]:
    """What a gadget shows, and with it the whole page."""
    now = ports().clock()
    with ports().database.reading(current_principal().tenant.id) as tx:
        found = service.of_project(tx, project_id, _days(), now)
    return {"project_id": project_id, "it": found, "drawing": chart.draw(found.weeks), "chart": chart, "now": now}


def _days() -> int:
    """The period that was chosen; 90 days where none is, or another than those offered."""
    asked = request.args.get("days", "")
    return int(asked) if asked in map(str, service.PERIODS) else 90
