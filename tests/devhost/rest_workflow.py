"""REST: where the calling app's rules stand on the transitions of workflows."""

from __future__ import annotations

from flask import Blueprint, Response, request

from tests.devhost import workflow
from tests.devhost.errors import Forbidden
from tests.devhost.records import Json, Project
from tests.devhost.rest import answer, caller, page_of, site
from tests.devhost.workflow import KINDS, Rule

api = Blueprint("rest_workflow", __name__)
LISTS = {
    "jiraWorkflowConditions": ("condition", "conditions"),
    "jiraWorkflowValidators": ("validator", "validators"),
    "jiraWorkflowPostFunctions": ("postfunction", "postFunctions"),
}


@api.get("/rest/api/<any('2', '3', 'latest'):version>/workflow/rule/config")
def rule_configurations(version: str) -> Response:
    """Rules of the calling app, by workflow; every project has a workflow of its own here."""
    if not caller().is_app:
        raise Forbidden("Only Connect and Forge apps can make this request.")
    wanted = request.args.getlist("types")
    found = [_of_project(each, wanted) for each in site().projects.values()]
    return answer(page_of([each for each in found if len(each) > 1]))


def _of_project(project: Project, wanted: list[str]) -> Json:
    listed: Json = {"workflowId": {"name": f"{project.name} workflow", "draft": False}}
    for rule in site().rules.values():
        kind = next((kind for kind in KINDS if _is_of(rule, kind)), None)
        if kind is not None and rule.project_id == project.id and LISTS[kind][0] in wanted:
            listed.setdefault(LISTS[kind][1], []).append(_written(project, rule))
    return listed


def _is_of(rule: Rule, kind: str) -> bool:
    found = workflow.module_of(site(), rule)
    return found is not None and found[0] == kind


def _written(project: Project, rule: Rule) -> Json:
    step = next(each for each in project.transitions if each.id == rule.transition_id)
    return {
        "id": rule.id,
        "key": rule.module_key,
        "configuration": {"value": rule.config, "disabled": False},
        "transition": {"id": int(step.id), "name": step.name},
    }
