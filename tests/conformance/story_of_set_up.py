"""The part of the story that sets a project up: read its history, look at suggestions, try them, switch them on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.conformance.story_of_care import step
from tests.devhost.site import Site
from tests.flow.cast import project_id

if TYPE_CHECKING:
    from tests.conformance.story import Told


def set_up(told: Told, site: Site) -> None:
    """Every route of setting up, with words of this site's own."""
    project = f"/projects/{project_id(told, site=site)}"
    step(told, site, "GET", f"{project}/set-up")
    step(told, site, "POST", f"{project}/set-up/trial/reading")
    for task in ("cancel", "resume", "begin"):
        step(told, site, "POST", f"{project}/set-up/{task}")
    for path in ("set-up/progress", "set-up/trial/reading"):
        step(told, site, "GET", f"{project}/{path}")
    told.settle()
    _look_over_suggestions(told, site, f"{project}/set-up")
    calendar = {"name": f"{site.name}-canary start", "template": "kickoff", "starts_on": "2099-01-05"}
    step(told, site, "GET", f"{project}/checkpoints/calendar/kickoff")
    step(told, site, "POST", f"{project}/checkpoints/calendar/new", **calendar)


def _look_over_suggestions(told: Told, site: Site, set_up: str) -> None:
    shown = told.call("GET", set_up, "Pia Lead", site).text
    draft = f"{set_up}/{re.findall(r'/set-up/([0-9]+)/leave_out', shown)[0]}"
    form = {
        "name": f"{site.name}-canary draft",
        "to_status_id": "10001",
        "template": "review",
        "condition": "type = Bug",
    }
    step(told, site, "GET", draft)
    step(told, site, "POST", draft, **form)
    for word in ("leave_out", "bring_back"):
        step(told, site, "POST", f"{draft}/{word}")
    step(told, site, "GET", f"{set_up}/trial")
    step(told, site, "POST", f"{set_up}/trial", **form)
    step(told, site, "POST", f"{set_up}/switch-on")
