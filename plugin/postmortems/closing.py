"""What is missing before a project ends. It is a list, not a lock: people may close anyway, and say why. Pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from plugin.postmortems.facts import Facts
from plugin.postmortems.store import ActionItem, Edition


class Missing(StrEnum):
    """One thing that a good end has."""

    UNHEARD = "unheard"  # somebody on the customer's side was never heard
    OPEN_CASES = "open_cases"
    OPEN_ASKS = "open_asks"  # somebody may still answer
    ACTIVITIES = "activities"  # planned, and neither done nor taken out
    RESULTS = "results"  # done, and nobody has said what came of it
    ACTIONS = "actions"  # no change was decided, or one has no owner
    LESSONS = "lessons"
    UNPUBLISHED = "unpublished"


def missing(facts: Facts, actions: Sequence[ActionItem], editions: Sequence[Edition]) -> dict[Missing, int]:
    """How many of each; what is not missing is left out."""
    contacts = [contact for each in facts.register for contact in each.contacts]
    counts = {
        Missing.UNHEARD: sum(contact.id not in facts.heard for contact in contacts),
        Missing.OPEN_CASES: sum(case.under_way for case in facts.cases),
        Missing.OPEN_ASKS: facts.summary.total.open,
        Missing.ACTIVITIES: sum(line.done_on is None and line.key.startswith("activity:") for line in facts.lines),
        Missing.RESULTS: sum(line.gap for line in facts.lines),
        Missing.ACTIONS: sum(action.owner_account_id is None for action in actions) if actions else 1,
        Missing.LESSONS: 0 if facts.lessons else 1,
        Missing.UNPUBLISHED: 0 if editions else 1,
    }
    return {name: count for name, count in counts.items() if count}
