"""Rules of the app on a workflow's transitions: conditions hide one, validators refuse it, post functions follow it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.devhost.errors import BadRequest, NotFound
from tests.devhost.expressions import ExpressionError, Properties, Thing, evaluate
from tests.devhost.records import Issue, Json, Transition

if TYPE_CHECKING:
    from tests.devhost.site import Site

KINDS = {
    "jiraWorkflowConditions": "condition",
    "jiraWorkflowValidators": "validator",
    "jiraWorkflowPostFunctions": "postFunction",
}
BLOCKED = "This transition cannot be made: a rule of the workflow could not be checked."


@dataclass
class Rule:
    """One rule on one transition of a project's workflow. `config` is the text that its page saved."""

    id: str
    project_id: str
    transition_id: str
    module_key: str
    config: str

    def variables(self, kind: str) -> dict[str, str]:
        """What the addresses of its pages may name."""
        name = KINDS[kind]
        return {f"{name}.id": self.id, f"{name}.config": self.config}


def add_rule(site: Site, project_id: str, transition_id: str, module_key: str, config: str) -> Rule:
    """Put a rule on a transition; `NotFound` for a transition that the project does not have."""
    with site.lock:
        if not any(each.id == transition_id for each in site.project(project_id).transitions):
            raise NotFound(f"There is no transition '{transition_id}'.")
        rule = Rule(site.next_id(), project_id, transition_id, module_key, config)
        site.rules[rule.id] = rule
        return rule


def rules_on(site: Site, project_id: str, transition_id: str) -> list[Rule]:
    """In the order in which they were added."""
    return [
        each for each in site.rules.values() if (each.project_id, each.transition_id) == (project_id, transition_id)
    ]


def module_of(site: Site, rule: Rule) -> tuple[str, Json] | None:
    """The kind and the module of a rule; None when the app is gone: then a condition or validator says no."""
    if site.app is None:
        return None
    found = [(kind, each) for kind in KINDS for each in site.app.modules(kind) if each["key"] == rule.module_key]
    return found[0] if found else None


def is_offered(site: Site, issue: Issue, step: Transition) -> bool:
    """Whether every condition on the transition holds. An error, or anything but true, is a no."""
    for rule in rules_on(site, issue.project_id, step.id):
        found = module_of(site, rule)
        if found is None or (found[0] == "jiraWorkflowConditions" and _value(site, issue, found[1], rule) is not True):
            return False
    return True


def require_valid(site: Site, issue: Issue, step: Transition) -> None:
    """Raise `BadRequest` with the text of the first validator that does not say true."""
    for rule in rules_on(site, issue.project_id, step.id):
        found = module_of(site, rule)
        if found is None:
            raise BadRequest(BLOCKED)
        kind, module = found
        if kind == "jiraWorkflowValidators" and _value(site, issue, module, rule) is not True:
            raise BadRequest(_refusal(site, issue, module, rule))


def run_post_functions(site: Site, issue: Issue, step: Transition, actor: str, from_name: str) -> None:
    """Queue a call of the app for every post function on the transition."""
    for rule in rules_on(site, issue.project_id, step.id):
        found = module_of(site, rule)
        if found is None or found[0] != "jiraWorkflowPostFunctions":
            continue
        transition = {
            "transitionId": int(step.id),
            "transitionName": step.name,
            "workflowId": 1,
            "workflowName": "Delivery",
            "from_status": from_name,
            "to_status": site.statuses[step.to_id].name,
        }
        site.events.call(found[1], issue, actor, {"configuration": {"value": rule.config}, "transition": transition})


def _value(site: Site, issue: Issue, module: Json, rule: Rule) -> Any:
    try:
        return evaluate(module["expression"], _scope(site, issue, rule))
    except ExpressionError:
        return None


def _refusal(site: Site, issue: Issue, module: Json, rule: Rule) -> str:
    message = module["errorMessage"]
    if "value" in message:
        return str(message["value"])
    try:
        found = evaluate(message["expression"], _scope(site, issue, rule))
    except ExpressionError:
        return BLOCKED
    return found if isinstance(found, str) else BLOCKED


def _scope(site: Site, issue: Issue, rule: Rule) -> Json:
    issue_type = site.issue_types[issue.type_id]
    project = site.projects[issue.project_id]
    try:
        config = json.loads(rule.config)
    except ValueError:
        config = None
    return {
        "issue": Thing(
            id=int(issue.id),
            key=issue.key,
            summary=issue.summary,
            issueType=Thing(id=issue_type.id, name=issue_type.name),
            project=Thing(id=project.id, key=project.key),
            properties=Properties(issue.properties),
        ),
        "project": Thing(id=project.id, key=project.key),
        "config": config,
    }
