"""Figures of this process and of the queue for Prometheus: counts, times and ages, never who or what.

Labels hold names of routes, kinds of work and outcomes. Nothing of a site, a person or an address comes in here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

registry = CollectorRegistry()
ProcessCollector(registry=registry)
_requests = Histogram("rapport_request_seconds", "Requests answered, by route.", ("route", "method", "status"), buckets=_SECONDS, registry=registry)  # fmt: skip
_steps = Histogram("rapport_step_seconds", "Work done, by kind and outcome.", ("kind", "outcome"), buckets=_SECONDS, registry=registry)  # fmt: skip
_jira_refusals = Counter("rapport_jira_refusals", "Calls that Jira refused as too many, by what was to rest.", ("scope",), registry=registry)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How all queues together stand. Ages in seconds; `worker_age_seconds` is None where no worker was ever seen.

    `oldest_due_seconds`: for how long the most neglected site waits for a worker, though its Jira may be asked.
    """

    waiting: int
    dead: int
    oldest_due_seconds: float
    worker_age_seconds: float | None


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """`route` is the name of a route, never an address."""
    _requests.labels(route, method, status).observe(seconds)


def count_step(kind: str, outcome: str, seconds: float) -> None:
    """`outcome`: done, retry, dead or lost."""
    _steps.labels(kind, outcome).observe(seconds)


def count_jira_refusal(scope: str) -> None:
    _jira_refusals.labels(scope).inc()


class _Queue(Collector):
    """Asks the database when Prometheus asks us."""

    def __init__(self, standing: Callable[[], Standing | None]) -> None:
        self._standing = standing

    def describe(self) -> list[GaugeMetricFamily]:
        return []  # else registering would ask the database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = self._standing()
        yield GaugeMetricFamily("rapport_database_up", "Whether the database answers.", value=now is not None)
        if now is None:
            return
        yield GaugeMetricFamily("rapport_jobs_waiting", "Work that waits, also for a later date.", value=now.waiting)
        yield GaugeMetricFamily("rapport_jobs_dead", "Work that was given up.", value=now.dead)
        late = "How long the most neglected site waits for a worker."
        yield GaugeMetricFamily("rapport_jobs_oldest_due_seconds", late, value=now.oldest_due_seconds)
        if now.worker_age_seconds is not None:
            seen = "Time since any worker was seen."
            yield GaugeMetricFamily("rapport_worker_seen_seconds", seen, value=now.worker_age_seconds)


def serve_figures(host: str, port: int, standing: Callable[[], Standing | None]) -> Callable[[], None]:
    """Answer Prometheus at http://host:port/metrics, apart from what Jira and customers reach; returns what ends it.

    OSError where the address is taken.
    """
    collector = _Queue(standing)
    registry.register(collector)
    server, thread = start_http_server(port, host, registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()
        registry.unregister(collector)

    return stop
