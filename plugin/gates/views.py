"""The pages that Jira's workflow editor frames for a gate, and where gates stand on a site."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from connect import ADMINISTER_JIRA, ANY_USER, JiraError, current_principal, page, page_script
from plugin.gates import rules
from plugin.web.context import ports

blueprint = Blueprint("gates", __name__, template_folder="templates")
MODULES = {"satisfaction-condition": "condition", "satisfaction-validator": "validator"}


@blueprint.get("/workflow/gates/<any('condition', 'validator'):kind>/edit")
@page(may=ADMINISTER_JIRA)
def edit(kind: str) -> str:
    """A new gate or one that exists: Jira hands over what was saved."""
    types = ports().jira(current_principal().tenant).list_issue_types()
    gate = rules.read(request.args.get("config", ""))
    return render_template("gates_edit.html", kind=kind, gate=gate, types=types, longest=rules.LONGEST_TEXT)


@blueprint.get("/workflow/gates/<any('condition', 'validator'):kind>/view")
@page(may=ANY_USER)
def view(kind: str) -> str:
    """One sentence for people who look at the workflow."""
    gate = rules.read(request.args.get("config", ""))
    names = _type_names() if gate.type_ids else {}
    return render_template(
        "gates_view.html", kind=kind, gate=gate, types=[names.get(type_id, type_id) for type_id in gate.type_ids]
    )


def _type_names() -> dict[str, str]:
    try:
        return {kind.id: kind.name for kind in ports().jira(current_principal().tenant).list_issue_types()}
    except JiraError:
        return {}


@blueprint.get("/administration/gates")
@page_script(may=ADMINISTER_JIRA)
def in_use() -> str:
    """Every transition with a rule of ours, as an uninstalled app blocks those with a gate."""
    found = ports().jira(current_principal().tenant).list_workflow_rules()
    return render_template(
        "gates_in_use.html", rules=[(rule, MODULES.get(rule.module_key), rules.read(rule.config)) for rule in found]
    )
