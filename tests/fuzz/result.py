"""What one kind of hostile input did, as a line of the table."""

from __future__ import annotations

from dataclasses import dataclass

HEADER = f"{'what':34} {'cases':>8} {'accepted':>8} {'5xx':>5} {'held off':>8} {'rows':>5} {'memory':>7}"


@dataclass
class Result:
    """`held_off`: 503 with Retry-After, by which we refuse to ask Atlassian's key server more than 60 times a minute for
    keys that strangers make up. `rows`: tables that changed. `growth`: of resident memory since the first tenth, None
    where it is not watched. `trouble`: what went wrong first."""

    name: str
    cases: int = 0
    accepted: int = 0
    errors: int = 0
    held_off: int = 0
    rows: int = 0
    growth: float | None = None
    trouble: str = ""

    @property
    def passed(self) -> bool:
        return not (self.accepted or self.errors or self.rows or self.trouble) and (self.growth or 0) < 0.05

    def count(self, status: int, retry_after: str | None, what: object, *, may_pass: bool = False) -> None:
        """One answer; to something that must be refused, unless it `may_pass`."""
        self.cases += 1
        if status == 503 and retry_after is not None:
            self.held_off += 1
        elif status >= 500:
            self.errors += 1
            self.trouble = self.trouble or f"{status}: {what!r}"[:500]
        elif status < 400 and not may_pass:
            self.accepted += 1
            self.trouble = self.trouble or f"{status}: {what!r}"[:500]

    def __str__(self) -> str:
        memory = "" if self.growth is None else f"{self.growth:+.1%}"
        line = f"{self.name:34} {self.cases:8} {self.accepted:8} {self.errors:5} {self.held_off:8} {self.rows:5} {memory:>7}"
        return line if self.passed else f"{line}  FAILED {self.trouble}"
