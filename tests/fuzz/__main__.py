"""Runs it all and prints a table. `python -m tests.fuzz --cases 5000` for a quick look."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.conformance.internet import Internet
from tests.conformance.target import Target
from tests.connect.world import AtlassianKey
from tests.databases import fresh_database
from tests.fuzz import described, invocations, parsers, routes, tokens
from tests.fuzz.result import HEADER, Result

CASES_PER_EXAMPLE = 4_000  # of schemathesis there are as many for each of 300 kinds of request, and they take longer


def results(cases: int) -> Iterator[Result]:
    yield from parsers.run(cases)
    with (
        tempfile.TemporaryDirectory(prefix="rapport-fuzz-") as folder,
        fresh_database("sqlite", Path(folder)) as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        internet = Internet()
        internet.install(patch)
        app = Target(url, internet, AtlassianKey())
        yield from routes.run(app, cases)
        internet.calls.clear()
        yield from tokens.run(app, AtlassianKey(), cases)
        yield from invocations.run(app, AtlassianKey(), cases)
        app.close()
    with tempfile.TemporaryDirectory(prefix="rapport-fuzz-") as folder, fresh_database("sqlite", Path(folder)) as url:
        yield from described.run(url, max(2, cases // CASES_PER_EXAMPLE))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--cases", type=int, default=100_000, help="of each kind (default: %(default)s)")
    cases = parser.parse_args().cases
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began, passed = time.monotonic(), True
    print(HEADER, flush=True)
    for result in results(cases):
        print(result, flush=True)
        passed = passed and result.passed
    print(f"{'passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
