"""What counts as the press of a hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.surveys.gesture import is_of_a_person

AGE = timedelta(seconds=20)


@pytest.mark.parametrize(
    "claim",
    [
        "mouse 24 90 2400",
        "mouse 3 0 800",  # a tap on a touchpad lasts no time
        "touch 0 85 1500",
        "pen 0 12 20000",
        "key 1 60 4000",  # tabbed to the button, and pressed Enter
    ],
)
def test_a_hand_is_believed(claim: str) -> None:
    assert is_of_a_person(claim, AGE)


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("", "no script ran"),
        (" 0 0 1200", "nobody pressed anything: the form was sent by a program"),
        ("mouse 1 1 9000", "the pointer jumped onto the button"),
        ("mouse 24 90 300", "faster than anybody reads"),
        ("touch 0 1 9000", "a touch that took no time"),
        ("key 0 60 9000", "Enter without ever getting there"),
        ("key 2 0 9000", "keys that took no time"),
        ("mouse 24 90 30000", "older than the page was made"),
        ("hand 24 90 2400", "an unknown kind"),
        ("mouse 24 90", "a part is missing"),
        ("mouse -3 90 2400", "a negative count"),
        ("mouse 24 90 2400 ", "something after it"),
        ("mouse 24 90 2400\n", "a line break after it"),
        ("mouse " + "9" * 4000 + " 90 2400", "a number without end"),
        ("mouse ٣ 90 2400", "digits of another script are still digits, but not ours"),
    ],
)
def test_a_machine_is_not(claim: str, why: str) -> None:
    assert not is_of_a_person(claim, AGE), why
