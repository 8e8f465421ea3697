"""A project's workflow: its transitions, and the app's rules on them with their pages."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tests.devhost import workflow as rules
from tests.devhost.errors import NotFound
from tests.devhost.frames import RULE_PAGE, Place, find_module, frame
from tests.devhost.records import Json, Project, Transition
from tests.devhost.ui_projects import administered, settings_links
from tests.devhost.ui_shell import app_modules, me, pages, site
from tests.devhost.workflow import KINDS, Rule


@pages.get("/projects/<key>/workflow")
def workflow(key: str) -> str:
    """The transitions with their rules, and a form to add one."""
    project = administered(key)
    found = [
        (each, [_shown(rule) for rule in rules.rules_on(site(), project.id, each.id)]) for each in project.transitions
    ]
    modules = [each for kind in KINDS for each in app_modules(kind)]
    return render_template(
        "devhost_workflow.html", project=project, tabs=settings_links(project), transitions=found, modules=modules
    )


def _shown(rule: Rule) -> Json:
    found = rules.module_of(site(), rule)
    if found is None:
        return {"rule": rule, "name": f"A rule of an app that is gone ({rule.module_key})", "frame": None}
    kind, module = found
    return {"rule": rule, "name": module["name"]["value"], "frame": _frame(rule, kind, "view")}


def _frame(rule: Rule, kind: str, page: str) -> Json:
    custom = {RULE_PAGE: page, **rule.variables(kind)}
    return frame(site(), rule.module_key, me(), Place(site().projects[rule.project_id], None, custom))


@pages.get("/projects/<key>/workflow/rules/new")
def new_rule(key: str) -> str:
    """The app's page that makes a rule."""
    project = administered(key)
    step = _step(project, request.args.get("transition", ""))
    return _rule_page(project, step, Rule("", project.id, step.id, request.args.get("module", ""), ""), "create")


@pages.get("/projects/<key>/workflow/rules/<rule_id>")
def edit_rule(key: str, rule_id: str) -> str:
    """The app's page that changes a rule."""
    project = administered(key)
    rule = _rule(project, rule_id)
    return _rule_page(project, _step(project, rule.transition_id), rule, "edit")


def _rule_page(project: Project, step: Transition, rule: Rule, page: str) -> str:
    _, kind, module = find_module(site(), rule.module_key)
    return render_template(
        "devhost_rule.html",
        project=project,
        tabs=settings_links(project),
        step=step,
        rule=rule,
        name=module["name"]["value"],
        framed=_frame(rule, kind, page),
    )


@pages.post("/projects/<key>/workflow/rules")
def save_rule(key: str) -> Response:
    """What the app's page answered, as a new rule or for the one named."""
    project = administered(key)
    form = request.form
    if form.get("rule"):
        _rule(project, form["rule"]).config = form.get("config", "")
    else:
        rules.add_rule(site(), project.id, form["transition"], form["module"], form.get("config", ""))
    flash("The rule was saved.", "success")
    return redirect(url_for("pages.workflow", key=key))


@pages.post("/projects/<key>/workflow/rules/<rule_id>/delete")
def delete_rule(key: str, rule_id: str) -> Response:
    """Take a rule off its transition."""
    del site().rules[_rule(administered(key), rule_id).id]
    flash("The rule was removed.", "success")
    return redirect(url_for("pages.workflow", key=key))


def _rule(project: Project, rule_id: str) -> Rule:
    rule = site().rules.get(rule_id)
    if rule is None or rule.project_id != project.id:
        raise NotFound("There is no such rule.")
    return rule


def _step(project: Project, transition_id: str) -> Transition:
    found = next((each for each in project.transitions if each.id == transition_id), None)
    if found is None:
        raise NotFound("There is no such transition.")
    return found
