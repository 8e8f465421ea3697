"""Older versions of some libraries have weaknesses that our own code cannot make up for: with them we do not start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version

from plugin.errors import BadConfiguration

FLOORS: Mapping[str, str] = {
    "cryptography": "50.0.2",
    "flask": "3.1.3",  # CVE-2026-27205
    "jinja2": "3.1.6",  # CVE-2025-27516
    "pyjwt": "2.15.1",  # crashes on or accepts tokens that it should refuse: SECURITY.md
    "requests": "2.32.4",  # CVE-2024-47081
    "urllib3": "2.6.3",  # bombs in compressed answers
    "waitress": "3.0.1",  # CVE-2024-49768, CVE-2024-49769
    "werkzeug": "3.1.6",
}


def require_floors(floors: Mapping[str, str] = FLOORS) -> None:
    """Raises BadConfiguration for a library that is too old."""
    for name, floor in floors.items():
        found = version(name)
        if _parts(found) < _parts(floor):
            raise BadConfiguration(
                f"{name} {found} is installed, and has known weaknesses. Rapport needs {floor} or newer: run `make setup`,"
                " or install requirements.txt."
            )


def _parts(text: str) -> tuple[int, ...]:
    """2.15.1 and 2.15.1rc1 as (2, 15, 1): releases count, what comes after does not."""
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[^0-9.]", text, maxsplit=1)[0]))
