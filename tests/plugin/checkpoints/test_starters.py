"""What a rule of a workflow wants, as its page saved it or somebody wrote it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugin.checkpoints.starters import Wish, by_hand, read
from plugin.domain import Role


@pytest.mark.parametrize(
    ("saved", "wish"),
    [
        ({"template": "review", "roles": ["sponsor"], "audience": ""}, Wish("review", (Role.SPONSOR,))),
        ({"template": "review", "roles": ["user", "sponsor"]}, Wish("review", (Role.SPONSOR, Role.USER))),
        ({"audience": "reporter"}, Wish(field="reporter")),
        ({"template": "recovery"}, Wish()),
        ({"template": ["delivery"], "roles": "sponsor", "audience": "customfield_10001"}, Wish()),
        ({"roles": [None, {}, 7, "boss"]}, Wish()),
        ({}, Wish()),
        ([], Wish()),
        (None, Wish()),
    ],
)
def test_what_cannot_be_read_is_left_at_its_default(saved: Any, wish: Wish) -> None:
    assert read(json.dumps(saved)) == wish


def test_no_text_is_an_error() -> None:
    assert read("") == read("{") == read("[" * 100_000) == Wish()


def test_rules_that_want_the_same_share_a_starter_and_nobody_else_does() -> None:
    wishes = [Wish(), Wish("review"), Wish(roles=(Role.USER,)), Wish(field="reporter")]
    assert len({*(wish.starter for wish in wishes), by_hand("delivery")}) == 5
    assert Wish("delivery").starter == Wish().starter
