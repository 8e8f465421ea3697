"""What the page's script saw of the hand that pressed: pure rules. Machines press in no time, from nowhere.

A claim is "<kind> <count> <hold> <age>": mouse, touch, pen or key; how many moves of the pointer or presses of keys came
before; how long the last press lasted; how old the page was; both in milliseconds. Whoever fails is asked to confirm:
nobody is turned away.
"""

from __future__ import annotations

import re
from datetime import timedelta

_CLAIM = re.compile(r"(mouse|touch|pen|key) ([0-9]{1,6}) ([0-9]{1,8}) ([0-9]{1,9})")
YOUNGEST_PAGE_MS = 800  # nobody reads and presses faster
SHORTEST_PRESS_MS = 12  # fingers take 50 and more; made-up presses take 0 to 2
FEWEST_MOVES = 3  # a machine's pointer jumps
SKEW = timedelta(seconds=5)


def is_of_a_person(claim: str, page_age: timedelta) -> bool:
    """Whether the claim is one of a hand. `page_age`: since we made the page, by our clock; it bounds what is claimed."""
    found = _CLAIM.fullmatch(claim)
    if found is None:
        return False
    count, hold_ms, age_ms = (int(number) for number in found.groups()[1:])
    if age_ms < YOUNGEST_PAGE_MS or timedelta(milliseconds=age_ms) > page_age + SKEW:
        return False
    if found[1] == "mouse":
        return count >= FEWEST_MOVES
    return hold_ms >= SHORTEST_PRESS_MS and (found[1] != "key" or count >= 1)
