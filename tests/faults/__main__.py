"""Break things for real, in full length: `python -m tests.faults [NAME …]`; writes build/faults.json, ends with 1 if something is lost."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from tests.databases import ENGINES, fresh_database
from tests.faults import failover, failpoints, fairness, halfway, killing, outage, restarts, soak, stopping, story

KILLS, ACKNOWLEDGED, WAITING, FLOOD, RESTART_SECONDS = 200, 40_000, 5_000, 20_000, 120
STOPS, SOAK_SECONDS, LONGEST_SECONDS = 10, 600, 4.0
RESULT = Path("build/faults.json")
Found = tuple[bool, dict[str, Any]]


def _kills(engine: str, folder: Path) -> Found:
    with fresh_database(engine, folder) as url:
        found = killing.run(url, KILLS, ACKNOWLEDGED, folder, longest_seconds=LONGEST_SECONDS)
    return found.faults() == {} and found.kills >= KILLS and found.acknowledged >= ACKNOWLEDGED, asdict(found)


def _early(engine: str, folder: Path) -> Found:
    """The control: events are lost, and that is noticed."""
    with fresh_database(engine, folder) as url:
        found = killing.run(url, 8, 300, folder, sites=20, mutant="acknowledge early")
    return found.lost > 0, asdict(found)


def _outage(engine: str, folder: Path) -> Found:
    with fresh_database(engine, folder) as url:
        found = outage.run(url, WAITING)
    once = found.decided_twice + found.mailed_twice + found.written_twice + found.left == 0
    return once and found.decided == WAITING and found.busiest_second <= 10, asdict(found)


def _fairness(engine: str, folder: Path) -> Found:
    with fresh_database(engine, folder) as url:
        found = fairness.run(url, FLOOD)
    return found.seconds <= 2, asdict(found)


def _restarts(folder: Path) -> Found:
    found = restarts.run(RESTART_SECONDS, folder)
    met = found.outcome.faults() == {} and found.slowest_reconnect_seconds <= 5 and found.slowest_answer_seconds <= 10
    return met, asdict(found)


def _failover(folder: Path) -> Found:
    found = failover.run(folder)
    soon = max(found.reconnect_seconds, found.passed_by_seconds) <= 5
    return found.outcome.faults() == {} and soon and not found.left_behind, asdict(found)


def _failover_to_one_behind(folder: Path) -> Found:
    """Also the control of the other: events are lost with the primary that nobody followed, and that is noticed."""
    found = failover.to_one_behind(folder)
    asked_once = found.surveys == found.transitions > found.lost
    return found.lost > 0 and found.swept.faults() == {} and asked_once, asdict(found)


def _failpoints(engine: str, folder: Path) -> Found:
    with fresh_database(engine, folder) as url:
        found = failpoints.run(url, folder)
    return found.outcome.faults() == {} and not found.missed, asdict(found)


def _halfway(engine: str, folder: Path) -> Found:
    found = halfway.run(engine, folder)
    return found.halves + found.unlike + found.returned_lost == 0 and all(found.deaths.values()), asdict(found)


def _deploys(engine: str, folder: Path) -> Found:
    with fresh_database(engine, folder) as url:
        found = stopping.deploy(url, folder, STOPS)
    return found.outcome.faults() == {} and not found.answers and found.slowest_stop_seconds <= 30, asdict(found)


def _frozen(engine: str, folder: Path) -> Found:
    with fresh_database(engine, folder) as url:
        found = stopping.freeze(url, folder)
    return found.faults() == {}, asdict(found)


def _soak(engine: str, folder: Path) -> Found:
    with fresh_database(engine, folder) as url:
        found = soak.run(url, folder, SOAK_SECONDS)
    flat = found.memory_growth < 0.05 and found.files_growth <= 5 and found.most_log_megabytes <= 64
    return flat and not found.refused, asdict(found)


def _locked(folder: Path) -> Found:
    with fresh_database("sqlite", folder):
        found = stopping.lock(folder)
    told = set(found.answers) == {503} and not found.without_hint and found.slowest_seconds <= 12
    return told and found.recovered, asdict(found)


def _story(folder: Path) -> Found:
    with fresh_database("postgresql", folder) as url:
        found = story.run(url, folder)
    return found.mails == 1 and found.lived == 4, asdict(found)


def _all() -> dict[str, Callable[[Path], Found]]:
    each = {
        "kills": _kills,
        "acknowledged early": _early,
        "failpoints": _failpoints,
        "halfway": _halfway,
        "deploys": _deploys,
        "frozen": _frozen,
        "outage": _outage,
        "fairness": _fairness,
        "soak": _soak,
    }
    runs = {f"{name}, {engine}": partial(run, engine) for name, run in each.items() for engine in ENGINES}
    return {
        **runs,
        "restarts, postgresql": _restarts,
        "failover, postgresql": _failover,
        "failover to one behind, postgresql": _failover_to_one_behind,
        "locked, sqlite": _locked,
        "story in a browser, postgresql": _story,
    }


def _main(wanted: list[str]) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    results = json.loads(RESULT.read_text()) if RESULT.exists() and wanted else {}
    for name, run in _all().items():
        if wanted and not any(name.startswith(each) for each in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder:
            met, figures = run(Path(folder))
        results[name] = {"met": met, **figures}
        print(f"{'met ' if met else 'FAIL'} {name}: {figures}", flush=True)
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(results, indent=2))
    return 0 if all(each["met"] for each in results.values()) else 1


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
