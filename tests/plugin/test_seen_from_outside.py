"""How Rapport stands can be seen by those who run it, and by nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
import structlog
from flask import Flask
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from plugin import telemetry, tracing
from plugin.cli import configure_logs
from plugin.errors import BadConfiguration
from plugin.flow import STEPS
from plugin.jobs import service as jobs
from plugin.ports import Ports
from plugin.web.pages import ALARM_SECONDS
from plugin.worker import Worker
from tests.free_ports import free_port
from tests.plugin.asking import BASE_URL, NOW, Asked, Clock, an_app, asked


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = an_app(database_url, Clock())
    yield app
    app.extensions["rapport"].database.close()


@pytest.fixture
def ports(app: Flask) -> Ports:
    ports: Ports = app.extensions["rapport"]
    return ports


def status(app: Flask, path: str) -> int:
    return app.test_client().get(path, base_url=BASE_URL).status_code


def test_a_process_without_its_tables_lives_and_is_not_ready(app: Flask, ports: Ports) -> None:
    assert (status(app, "/health"), status(app, "/ready")) == (200, 200)
    with ports.database.system() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert (status(app, "/health"), status(app, "/ready")) == (200, 503)


def test_an_alarm_rings_without_a_worker_and_with_late_work(app: Flask, ports: Ports) -> None:
    assert status(app, "/ready/work") == 503
    jobs.pulse(ports.database, NOW)
    assert status(app, "/ready/work") == 200
    with ports.database.transaction(1) as tx:
        jobs.enqueue(tx, "fields", "late", {}, NOW - timedelta(seconds=ALARM_SECONDS + 1), NOW)
        job = jobs.find(tx, "late")
    assert status(app, "/ready/work") == 503
    assert job is not None
    jobs.heed(ports.database, job, "tenant", 3600, NOW)
    assert status(app, "/ready/work") == 200, "a Jira that asks us to wait is no reason for an alarm"
    ports.clock.advance(seconds=ALARM_SECONDS + 1)  # type: ignore[attr-defined]
    assert status(app, "/ready/work") == 503


def test_a_worker_says_that_it_lives(ports: Ports) -> None:
    worker = Worker(ports, STEPS, threads=1)
    worker.stop()
    worker.run()
    assert jobs.standing(ports.database, NOW).worker_age_seconds == 0


def test_figures_tell_counts_and_nothing_of_anybody(app: Flask, ports: Ports) -> None:
    customer = asked(app, Clock())
    assert customer.open().status_code == 200
    with ports.database.transaction(customer.tenant_id) as tx:
        jobs.clear(tx)
        jobs.enqueue(tx, "nothing", "nothing", {}, NOW, NOW)
    Worker(ports, {"nothing": lambda work: work.done()}).drain(NOW)
    jobs.pulse(ports.database, NOW)
    figures = scrape(lambda: jobs.standing(ports.database, NOW + timedelta(seconds=7)))
    assert "rapport_worker_seen_seconds 7.0" in figures
    assert "rapport_database_up 1.0" in figures
    assert 'rapport_step_seconds_count{kind="nothing",outcome="done"}' in figures
    assert 'rapport_request_seconds_count{method="GET",route="surveys.' in figures
    secrets = (customer.token, "mara", "nordlicht", "acme", "atlassian")
    assert [word for word in secrets if word.lower() in figures.lower()] == []


def test_figures_say_that_the_database_is_away() -> None:
    assert "rapport_database_up 0.0" in scrape(lambda: None)


def scrape(standing: object) -> str:
    port = free_port()
    stop = telemetry.serve_figures("127.0.0.1", port, standing)  # type: ignore[arg-type]
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    finally:
        stop()


def test_figures_are_not_on_the_address_that_customers_reach(app: Flask) -> None:
    assert status(app, "/metrics") == 404


def test_lines_in_the_log_name_their_request_and_so_does_an_answer_that_failed(
    app: Flask, ports: Ports, capsys: pytest.CaptureFixture[str]
) -> None:
    with ports.database.system() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    before = structlog.get_config()
    configure_logs("info")
    try:
        answers = [app.test_client().get(path, base_url=BASE_URL) for path in ("/projects/1/checkpoints", "/ready")]
    finally:
        structlog.configure(**before)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines] == ["connect_refused"] * 2
    assert lines[0]["request"] != lines[1]["request"] == answers[1].headers["X-Request-Id"]
    assert "X-Request-Id" not in answers[0].headers


def test_spans_carry_ids_and_no_words(app: Flask, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_tracer", None)
    exporter = InMemorySpanExporter()
    tracing.trace_with(SimpleSpanProcessor(exporter))
    customer: Asked = asked(app, Clock())
    customer.open()
    with ports.database.transaction(customer.tenant_id) as tx:
        jobs.clear(tx)
        jobs.enqueue(tx, "nothing", "nothing", {}, NOW, NOW)
    Worker(ports, {"nothing": lambda work: work.done()}).drain(NOW)
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["request", "step"]
    assert dict(spans[1].attributes or {}) | {"job": 0} == {"tenant": 1, "job": 0, "kind": "nothing", "attempt": 1}
    assert customer.token not in repr([dict(span.attributes or {}) for span in spans])


def test_traces_without_their_extra_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(BadConfiguration, match="traces"):
        tracing.trace_to("http://127.0.0.1:1/v1/traces")
