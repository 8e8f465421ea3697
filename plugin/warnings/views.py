"""What the Overview of a project says about warnings, and what people say about them afterwards."""

from __future__ import annotations

from flask import Blueprint, render_template

from connect import ADMINISTER_PROJECT, BROWSE_PROJECT, WORK_IN_PROJECT, current_principal, may, page_script
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.warnings import service, wording
from plugin.warnings.service import EarlyWarning
from plugin.web.context import ports

blueprint = Blueprint("warnings", __name__, url_prefix="/projects/<project_id>", template_folder="templates")


@blueprint.get("/warnings")
@page_script(may=BROWSE_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.post("/warnings/<int:warning_id>/<any(right, wrong):verdict>")
@page_script(may=WORK_IN_PROJECT)
def judge(project_id: str, warning_id: int, verdict: str) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.judge(tx, project_id, warning_id, right=verdict == "right")
    return _screen(project_id)


def _screen(project_id: str) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        found = [(each, in_words(tx, project_id, each)) for each in reversed(service.list_of_project(tx, project_id))]
    works = may(WORK_IN_PROJECT, project_id)
    return render_template("warnings_list.html", project_id=project_id, warnings=found, works=works)


def in_words(tx: Tx, project_id: str, warning: EarlyWarning) -> str:
    """Its reason; project admins read names."""
    names = warning.about.startswith("contact:") and may(ADMINISTER_PROJECT, project_id)
    ids = {int(warning.about.partition(":")[2])} if names else set()
    return wording.reason(warning, customers.list_contacts_by_id(tx, ids))
