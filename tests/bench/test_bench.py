"""The bench itself: that both sides do the same honest work, and that every figure comes out. No test judges a speed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from connect.webhooks import StatusChanged, parse_event
from plugin.database import Database
from plugin.metrics import service as metrics
from plugin.transitions.store import transition_event
from tests.bench import baseline
from tests.bench.figures import GOALS, Figure, table, write
from tests.bench.filling import fill_project, install
from tests.bench.load import Load, LoadFailed, measure
from tests.bench.measures import (
    PANEL_ISSUE,
    PANEL_PATH,
    SECRET_KEY,
    SIGNER,
    Bench,
    Plan,
    Store,
    environment_of,
    measure_engine,
)
from tests.bench.servers import serving
from tests.bench.together import sharing
from tests.bench.traffic import WEBHOOK_PATH, Signer, webhooks
from tests.databases import fresh_database
from tests.free_ports import free_port

TINY = Plan(rounds=1, webhook_seconds=0.2, panel_seconds=0.2, sizes=(20, 40), page_requests=2, jobs=20)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = baseline.create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    baseline.prepare(engine, SIGNER.client_key, SIGNER.secret, PANEL_ISSUE, ["Good work."])
    yield engine
    engine.dispose()


def _post(client: FlaskClient, token: str) -> int:
    body = next(webhooks(SIGNER, 1)).partition(b"\r\n\r\n")[2]
    headers = {"Authorization": f"JWT {token}", "X-Atlassian-Webhook-Identifier": "one"}
    return client.post(WEBHOOK_PATH, data=body, headers=headers, content_type="application/json").status_code


def test_the_baseline_stores_one_row_for_a_signed_webhook_and_none_for_others(plain: sa.Engine) -> None:
    client = baseline.create_baseline(plain).test_client()
    stranger, forger = Signer("somebody-else", SIGNER.secret), Signer(SIGNER.client_key, "x" * 64)
    assert _post(client, SIGNER.token("POST", WEBHOOK_PATH, 1)) == 204
    assert _post(client, SIGNER.token("POST", "/another/address", 1)) == 401
    assert _post(client, forger.token("POST", WEBHOOK_PATH, 1)) == 401
    assert _post(client, stranger.token("POST", WEBHOOK_PATH, 1)) == 401
    assert _post(client, "") == 401
    assert baseline.count_changes(plain) == 1


def test_the_baseline_page_shows_ten_rows_to_a_signed_request_only(plain: sa.Engine) -> None:
    client = baseline.create_baseline(plain).test_client()
    page = client.get(f"{PANEL_PATH}&jwt={SIGNER.token('GET', PANEL_PATH, 1)}")
    assert page.text.count("<tr>") == 10
    assert client.get(PANEL_PATH).status_code == 401


def test_webhooks_are_some_6_kb_and_each_is_a_change_of_its_own() -> None:
    bodies = [request.partition(b"\r\n\r\n")[2] for request in itertools.islice(webhooks(SIGNER, 7), 3)]
    events = [parse_event(body, datetime.now(UTC)) for body in bodies]
    assert all(5_500 < len(body) < 6_500 for body in bodies)
    assert [event.changelog_id for event in events if isinstance(event, StatusChanged)] == [
        "000000000007",
        "000000000008",
        "000000000009",
    ]


def test_a_load_that_is_refused_measures_nothing(plain: sa.Engine, tmp_path: Path) -> None:
    port = free_port()
    url = plain.url.render_as_string()
    served = serving("tests.bench.baseline", url, str(port), port=port, log=tmp_path / "baseline.log")
    with served, pytest.raises(LoadFailed, match="401"):
        measure(Load(port, SIGNER.client_key, "x" * 64, seconds=0.1))


def test_an_acknowledged_webhook_that_is_not_stored_fails_the_run(plain: sa.Engine, tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path) as url:
        database = Database(url)
        bench = Bench(TINY, "sqlite", (0, 0), Store(database, 1), plain, psutil.Process())
        bench.require_stored(0)
        with pytest.raises(LoadFailed, match="1 webhooks were acknowledged, 0 are stored"):
            bench.require_stored(1)
        database.close()


def test_every_figure_is_measured_and_written(tmp_path: Path) -> None:
    figures = list(measure_engine(TINY, "sqlite", tmp_path))
    write(figures, tmp_path / "bench.json")
    written = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {figure.what for figure in figures} >= {*GOALS, "jobs per second of a worker process"}
    assert "post-mortem of 40 answers ÷ of 20, sqlite" in written
    assert all(row["value"] > 0 and set(row) == {"value", "goal", "met"} for row in written.values())
    assert all(figure.what in table(figures) for figure in figures)


def test_workers_that_are_measured_together_leave_no_job(tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path) as url:
        assert sharing(20, environment_of(url, free_port()), [frozenset()]) > 0
        with closing(Database(url)) as database, database.system_reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM job").scalar_one() == 0


def test_a_filled_project_has_the_answers_that_were_asked_for(database: Database) -> None:
    now = datetime.now(UTC)
    tenant_id = install(database, [SECRET_KEY], SIGNER, "http://127.0.0.1:1", now)
    with database.transaction(tenant_id) as tx:
        fill_project(tx, "20000", 3000, 5, now)
        summary = metrics.of_project(tx, "20000", now).total
        events = tx.execute(sa.select(transition_event.c.id).where(transition_event.c.tenant_id == tenant_id)).all()
    assert (summary.asked, summary.answered, summary.silent) == (4500, 3000, 1500)
    assert 0 < summary.csat.n < 3000
    assert len(events) == 300


@pytest.mark.parametrize(("value", "met"), [(4.99, False), (5.0, True)])
def test_a_goal_is_met_from_its_limit_on(value: float, met: bool) -> None:
    figure = Figure("webhook throughput ÷ baseline", "sqlite", value)
    assert (figure.goal, figure.met) == (">= 5", met)


def test_a_figure_without_a_goal_is_neither_met_nor_missed() -> None:
    figure = Figure("webhooks per second", "sqlite", 1.0)
    assert (figure.goal, figure.met) == (None, None)
