"""What a gate's page saved is read with care: people can edit it in Jira by hand."""

from __future__ import annotations

import json

import pytest

from plugin.gates.rules import LONGEST_TEXT, Gate, read


def test_what_the_page_saved_is_read_back() -> None:
    saved = json.dumps({"minimum": 4, "types": ["10001"], "text": "Ask first.", "waivable": False})
    assert read(saved) == Gate(4, ("10001",), "Ask first.", False)


@pytest.mark.parametrize("saved", ["", "null", "[]", "{", "7", '"text"', "[" * 100_000, "{}"])
def test_what_cannot_be_read_is_a_gate_that_asks_for_an_answer(saved: str) -> None:
    assert read(saved) == Gate()


@pytest.mark.parametrize("minimum", [-1, 6, True, "4", 4.5, None])
def test_a_minimum_off_the_scale_is_none(minimum: object) -> None:
    assert read(json.dumps({"minimum": minimum})).minimum == 0


def test_long_words_are_cut_and_wrong_parts_left_out() -> None:
    gate = read(json.dumps({"text": "a" * 5000, "types": ["1", 2, None], "waivable": "no"}))
    assert (len(gate.text), gate.type_ids, gate.waivable) == (LONGEST_TEXT, ("1",), True)
