"""The switch by which a service project has its requests rated from answers."""

from __future__ import annotations

from flask import Blueprint, render_template

from connect import ADMINISTER_PROJECT, current_principal, page_script
from plugin.desk_ratings import service
from plugin.web.context import ports

blueprint = Blueprint(
    "desk_ratings", __name__, url_prefix="/projects/<project_id>/desk-ratings", template_folder="templates"
)


@blueprint.get("")
@page_script(may=ADMINISTER_PROJECT)
def show(project_id: str) -> str:
    return _part(project_id)


@blueprint.post("/<any(on, off):state>")
@page_script(may=ADMINISTER_PROJECT)
def switch(project_id: str, state: str) -> str:
    tenant = current_principal().tenant
    project = ports().jira(tenant).get_project(project_id)
    with ports().database.transaction(tenant.id) as tx:
        service.switch(tx, project, state == "on")
    return _part(project_id)


def _part(project_id: str) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        writing = service.writing(tx, project_id)
    return render_template("desk_ratings_switch.html", project_id=project_id, writing=writing)
