"""The pages that Jira's workflow editor frames for a rule that asks the customer."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from connect import ADMINISTER_JIRA, ANY_USER, page
from plugin.checkpoints import starters
from plugin.domain import Role
from plugin.questionnaires import library
from plugin.web.languages import page_language

blueprint = Blueprint("ask_rules", __name__, url_prefix="/workflow/ask", template_folder="../templates")


@blueprint.get("/edit")
@page(may=ADMINISTER_JIRA)
def edit() -> str:
    """A new rule or one that exists: Jira hands over what was saved."""
    surveys = {key: (name, _question(key)) for key, name in library.template_names(page_language()).items()}
    return render_template("checkpoints_rule_edit.html", wish=_wish(), surveys=surveys, roles=Role)


@blueprint.get("/view")
@page(may=ANY_USER)
def view() -> str:
    """One sentence for people who look at the workflow."""
    wish = _wish()
    return render_template("checkpoints_rule_view.html", wish=wish, question=_question(wish.template))


def _question(template: str) -> str:
    return library.anchor(template).wording(page_language())


def _wish() -> starters.Wish:
    return starters.read(request.args.get("config", ""))
