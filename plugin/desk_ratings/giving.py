"""Whether a request is rated from an answer, or no more: pure rules. A reporter's own rating is never touched."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Step(StrEnum):
    """What is to be done with the rating of a request."""

    GIVE = "give"
    TAKE_BACK = "take_back"
    LEAVE = "leave"


def next_step(score: int | None, found: int | None, ours: Collection[int]) -> Step:
    """`score` is the newest that counts, `found` the rating of the request, each 1…5 or None; `ours` are the ratings that
    can be there because we gave them. One of another kind is the reporter's."""
    if score == found or (found is not None and found not in ours):
        return Step.LEAVE
    return Step.TAKE_BACK if score is None else Step.GIVE
