"""Fills the ``{issue.id}`` places of a module's or webhook's URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.devhost.records import Issue, Project

if TYPE_CHECKING:
    from tests.devhost.site import Site

PLACE = re.compile(r"\{([a-zA-Z][a-zA-Z0-9.]*)\}")


def expand(template: str, values: dict[str, str]) -> str:
    """Put the values in, percent-encoded; a place without a value becomes empty, as in Jira."""
    return PLACE.sub(lambda found: quote(values.get(found[1], ""), safe=""), template)


def context_values(site: Site, project: Project | None = None, issue: Issue | None = None) -> dict[str, str]:
    """What URLs may name: ``project.id|key``, ``issue.id|key``, ``issuetype.id``."""
    if issue is not None:
        project = site.projects[issue.project_id]
    values = {"project.id": project.id, "project.key": project.key} if project else {}
    if issue is not None:
        values |= {"issue.id": issue.id, "issue.key": issue.key, "issuetype.id": issue.type_id}
    return values
