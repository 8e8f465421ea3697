"""Libraries that are too old are refused at the start, and the lock file is above the floors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plugin import floors
from plugin.errors import BadConfiguration

LOCK = Path(__file__).parents[2] / "requirements.txt"


def test_what_is_installed_here_is_new_enough() -> None:
    floors.require_floors()


@pytest.mark.parametrize("name", floors.FLOORS)
def test_a_library_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(floors, "version", lambda asked: "0.9.9rc1" if asked == name else "999")
    with pytest.raises(BadConfiguration, match=rf"^{name} 0\.9\.9rc1 is installed.* {re.escape(floors.FLOORS[name])} "):
        floors.require_floors()


@pytest.mark.parametrize(
    ("older", "newer"), [("2.9", "2.15.1"), ("2.15.1", "2.16"), ("2.15.1", "2.15.10"), ("3", "3.1")]
)
def test_versions_are_compared_as_numbers(monkeypatch: pytest.MonkeyPatch, older: str, newer: str) -> None:
    monkeypatch.setattr(floors, "version", lambda _name: older)
    floors.require_floors({"library": older})
    with pytest.raises(BadConfiguration):
        floors.require_floors({"library": newer})


def test_the_lock_file_keeps_to_the_floors() -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==([0-9.]+)", LOCK.read_text("utf-8"), re.MULTILINE))
    for name, floor in floors.FLOORS.items():
        assert floors._parts(locked[name]) >= floors._parts(floor), name
