"""Effort, and whether people feel informed."""

from __future__ import annotations

import pytest

from plugin.metrics.shares import effort, informed


def test_five_to_seven_is_easy() -> None:
    found = effort([(7, 2), (5, 1), (4, 1), (1, 1), (None, 3)])
    assert (found.easy, found.n, found.mean, found.share) == (3, 5, 4.8, 0.6)


def test_without_answers_there_is_no_effort_rather_than_zero() -> None:
    found = effort([(None, 2)])
    assert (found.n, found.mean, found.share, found.interval) == (0, None, None, None)


@pytest.mark.parametrize(
    ("too_little", "about_right", "wants_more"),
    [(0, 9, False), (1, 9, False), (2, 18, True), (1, 3, True), (0, 0, False)],
)
def test_two_people_or_a_quarter_ask_for_more_news(too_little: int, about_right: int, wants_more: bool) -> None:
    found = informed([("too_little", too_little), ("about_right", about_right), (None, 4)])
    assert (found.n, found.wants_more) == (too_little + about_right, wants_more)


def test_too_much_news_is_not_right_either() -> None:
    found = informed([("about_right", 3), ("too_much", 1)])
    assert (found.about_right, found.too_much, found.share) == (3, 1, 0.75)
