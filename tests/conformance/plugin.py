"""Collects what became of each case in a run: build/conformance.json, and one line at the end of the output.

Works with pytest-xdist: the ids travel with the reports, and only the process that gathers them writes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance.cases import all_cases

_ID = "conformance case"
REPORT = Path("build") / "conformance.json"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "case(id): the test of one row of tests/conformance/cases.toml")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tally(config.rootpath / REPORT), "conformance-tally")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("case"):
            item.user_properties.append((_ID, mark.args[0]))
            item.extra_keyword_matches.add(mark.args[0])  # pytest -k X01


class Tally:
    """The outcome of each case: one failing sample fails it, one passing sample is needed to pass it."""

    def __init__(self, report: Path) -> None:
        self._report = report
        self._passed: set[str] = set()
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        ids = {str(value) for name, value in report.user_properties if name == _ID}
        if report.failed:
            self._failed |= ids
        elif report.passed and report.when == "call":
            self._passed |= ids

    def states(self) -> dict[str, str]:
        return {case_id: self._state(case_id, case.pending) for case_id, case in all_cases().items()}

    def _state(self, case_id: str, pending: str) -> str:
        if case_id in self._failed:
            return "failed"
        if case_id in self._passed:
            return "passed"
        return "pending" if pending else "not run"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._passed | self._failed:
            return
        states = self.states()
        self._report.parent.mkdir(exist_ok=True)
        self._report.write_text(json.dumps(states, indent=1) + "\n", "utf-8")
        counts = {state: list(states.values()).count(state) for state in ("passed", "failed", "not run", "pending")}
        told = [f"{n} {state}" for state, n in counts.items() if n or state in ("passed", "pending")]
        terminalreporter.write_line(f"conformance: {' / '.join(told)} / {len(states)} total")
