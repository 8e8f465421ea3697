"""The figures with what they must reach: as a table for people, as JSON for machines."""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_COMPARE = {">=": operator.ge, "<=": operator.le}

# By the figure's name without its engine. "÷" always means: divided by the baseline's figure of the same rounds.
GOALS: Mapping[str, str] = {
    "webhook throughput ÷ baseline": ">= 5",
    "webhook p99 ÷ baseline": "<= 0.4",
    "issue panel throughput ÷ baseline": ">= 2.5",
    "resident memory of a web process, MB": "<= 85",
    "satisfaction of the largest project, 90 days, p99 ms": "<= 200",
    "satisfaction of the largest project, 365 days, p99 ms": "<= 200",
    "draft of the largest project's post-mortem, p99 ms": "<= 3000",
}
# These differ by engine, or are of one only.
GOALS_OF_ENGINE: Mapping[tuple[str, str], str] = {
    ("jobs per second of a worker process", "postgresql"): ">= 600",
    ("jobs per second of a worker process", "sqlite"): ">= 400",
    ("two worker processes ÷ one", "postgresql"): ">= 1.8",
}


@dataclass(frozen=True)
class Figure:
    """One measured value on one engine."""

    what: str
    engine: str
    value: float

    @property
    def name(self) -> str:
        return f"{self.what}, {self.engine}"

    @property
    def goal(self) -> str | None:
        return GOALS.get(self.what) or GOALS_OF_ENGINE.get((self.what, self.engine))

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        sign, limit = self.goal.split()
        return bool(_COMPARE[sign](self.value, float(limit)))


def table(figures: Sequence[Figure]) -> str:
    """One line for each figure, its engines side by side."""
    engines = list(dict.fromkeys(figure.engine for figure in figures))
    found = {(figure.what, figure.engine): figure for figure in figures}
    names = list(dict.fromkeys(figure.what for figure in figures))
    lines = [["", *engines]] + [[what, *(_cell(found.get((what, engine))) for engine in engines)] for what in names]
    widths = [max(len(line[column]) for line in lines) for column in range(len(engines) + 1)]
    return "\n".join("  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) for line in lines)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    value = f"{figure.value:.2f}" if figure.value < 100 else f"{figure.value:,.0f}"
    return value if figure.goal is None else f"{value} ({figure.goal}: {'met' if figure.met else 'NOT MET'})"


def write(figures: Sequence[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {
        figure.name: {"value": round(figure.value, 3), "goal": figure.goal, "met": figure.met} for figure in figures
    }
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
