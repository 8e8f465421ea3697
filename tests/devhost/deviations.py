"""Where Atlassian's OpenAPI document is wrong about real Jira, each with its reason. Nothing else is let through."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Deviation:
    """``pattern`` is searched for in ``METHOD template: place: problem``."""

    pattern: str
    reason: str


DEVIATIONS = [
    Deviation(
        r": response: body/(.*/)?items/\d+/(from|fromString|to|toString): None (is not of type 'string'|for not nullable)$",
        "One side of a change is null when the field was or becomes empty; the document calls all four strings.",
    ),
    Deviation(
        r": request: body/.*: None (is not of type '.*'|for not nullable)$",
        "Jira reads null for a property as if it were left out, and client libraries send it.",
    ),
    Deviation(
        r"^GET /rest/api/3/serverInfo: response: body: unknown property 'defaultLocale'$",
        "Jira sends it and the document does not list it.",
    ),
    Deviation(
        r"^GET /rest/api/3/field: response: body/\d+: unknown property 'untranslatedName'$",
        "Jira sends it for custom fields and the document does not list it.",
    ),
    Deviation(
        r": response: status (401|403|429|502|503|504) is not documented$",
        "Any call can lack a valid token or scope, be rate-limited or meet a bad day; few operations list these.",
    ),
    Deviation(
        r": response: status 404 is not documented$",
        "A project, issue or user that the caller may not see is answered with 404 everywhere.",
    ),
]


def is_deviation(problem: str) -> bool:
    """Is this one of the known faults of the document?"""
    return any(re.search(each.pattern, problem) for each in DEVIATIONS)
