"""A request's rating follows the answer that counts; what its reporter gave is left alone."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from plugin.desk_ratings.giving import Step, next_step


@pytest.mark.parametrize(
    ("score", "found", "ours", "step"),
    [
        (4, None, {}, Step.GIVE),
        (4, 4, {4}, Step.LEAVE),
        (2, 4, {4}, Step.GIVE),  # the answer was changed
        (2, 4, {4, 2}, Step.GIVE),  # and an attempt to follow it was lost before Jira heard it
        (2, 2, {4, 2}, Step.LEAVE),  # or after
        (None, 4, {4}, Step.TAKE_BACK),
        (None, 2, {4, 2}, Step.TAKE_BACK),
        (None, None, {4}, Step.LEAVE),
        (None, None, {}, Step.LEAVE),
        (4, 1, {}, Step.LEAVE),  # the reporter was first
        (2, 1, {4}, Step.LEAVE),  # the reporter came afterwards
        (None, 1, {4}, Step.LEAVE),
        (4, 4, {}, Step.LEAVE),
    ],
)
def test_what_is_done_with_a_rating(score: int | None, found: int | None, ours: Collection[int], step: Step) -> None:
    assert next_step(score, found, ours) is step
