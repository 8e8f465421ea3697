"""What an issue's fields say, from its asks and answers: pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from plugin.asking import Skip
from plugin.domain import Invitation, ItemKind, Questionnaire, Response, SatisfactionState, SkipReason

PROPERTY_KEY = "rapport-satisfaction"  # as in atlassian-connect.json, where the fields read it


def latest_of_each_contact(responses: Iterable[Response]) -> list[Response]:
    """One answer a person: the newest that has a score, in the order given (newest first)."""
    seen: dict[int, Response] = {}
    for response in responses:
        if response.score is not None:
            seen.setdefault(response.contact_id, response)
    return list(seen.values())


def score(responses: Sequence[Response]) -> float | None:
    """Mean of each person's newest score, two decimals; None without any: a missing score is not 0."""
    scores = [response.score for response in latest_of_each_contact(responses) if response.score is not None]
    return round(sum(scores) / len(scores), 2) if scores else None


def informed(responses: Iterable[Response], questionnaires: Mapping[int, Questionnaire]) -> str | None:
    """The newest word on whether people hear enough: too little, about right, too much; None while nobody said."""
    for response in responses:
        kinds = {item.key: item.kind for item in questionnaires[response.questionnaire_id].items}
        said = [value for key, value in response.answers.items() if kinds.get(key) is ItemKind.INFORMED]
        if said:
            return str(said[0]).replace("_", " ")
    return None


def state(
    invitations: Sequence[Invitation],
    skips: Sequence[Skip],
    responses: Sequence[Response],
    low_scores: Mapping[int, int],
    now: datetime,
    *,
    recovered: bool = False,
) -> SatisfactionState:
    """One word for the issue. `low_scores` maps a checkpoint to its limit. One low answer makes the issue low, until
    that person says something better; `recovered` says whether that happened after we followed it up."""
    newest = latest_of_each_contact(responses)
    if any(response.score is not None and response.score <= low_scores[response.checkpoint_id] for response in newest):
        return SatisfactionState.LOW
    if responses:
        return SatisfactionState.RECOVERED if recovered else SatisfactionState.ANSWERED
    if any(invitation.failed_at is None and not invitation.expired(now) for invitation in invitations):
        return SatisfactionState.ASKED
    if any(invitation.silent(now) for invitation in invitations):
        return SatisfactionState.SILENT
    decided = any(skip.reason is not SkipReason.HELD for skip in skips)
    return SatisfactionState.SKIPPED if decided or invitations else SatisfactionState.NOT_ASKED


def property_value(
    state: SatisfactionState,
    score: float | None,
    answered_at: datetime | None,
    customer: str | None,
    *,
    informed: str | None = None,
    waived: bool = False,
) -> dict[str, Any]:
    """The whole issue property. Missing parts are left out, so that Jira finds them EMPTY instead of null."""
    value = {
        "state": state.value,
        "score": score,
        "answeredAt": None if answered_at is None else answered_at.isoformat(timespec="seconds"),
        "customer": customer,
        "informed": informed,
        "waived": waived or None,  # lets the issue pass the gates of its workflow
    }
    return {key: part for key, part in value.items() if part is not None}
