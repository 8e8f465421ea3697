"""The story once more, with web and worker as processes of their own on PostgreSQL, as on a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests
from flask import Flask

from plugin.settings import load_settings
from tests.databases import fresh_database
from tests.devhost.host import Devhost
from tests.devhost.records import Issue
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, ask_at_any_hour, move, survey_link
from tests.free_ports import free_port
from tests.running import Clock, Rapport, environment_for

COMMAND = Path(sys.executable).with_name("rapport")
PATIENCE_SECONDS = 60
STOP_SECONDS = 10


@contextmanager
def process(environment: dict[str, str], log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`rapport` with these words; killed at the end if it still runs."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    with log.open("wb") as file, subprocess.Popen([COMMAND, *words], env=inherited | environment, stderr=file) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.fixture
def jira_and_environment(tmp_path: Path) -> Iterator[tuple[Devhost, dict[str, str]]]:
    port = free_port()
    with fresh_database("postgresql", tmp_path) as url, Devhost(app_url=f"http://127.0.0.1:{port}") as jira:
        yield jira, environment_for(jira, port, url)
        jira.site.assert_no_contract_problems()


def test_web_and_worker_in_processes_of_their_own_tell_the_story_and_end_when_told(
    jira_and_environment: tuple[Devhost, dict[str, str]], tmp_path: Path
) -> None:
    jira, environment = jira_and_environment
    with ExitStack() as stack:
        web = stack.enter_context(process(environment, tmp_path / "web.log", "serve", "--web-only"))
        worker = stack.enter_context(process(environment, tmp_path / "worker.log", "worker"))
        wait_until_ready(web, environment["RAPPORT_BASE_URL"])
        jira.install()
        tell_the_story(Rapport(Flask("elsewhere"), load_settings(environment), jira, Clock()))
        for child in (web, worker):
            child.send_signal(signal.SIGTERM)
        assert [child.wait(STOP_SECONDS) for child in (web, worker)] == [0, 0]
    for log in tmp_path.glob("*.log"):
        assert '"level": "error"' not in log.read_text(), log.read_text()


def tell_the_story(rapport: Rapport) -> None:
    ask_at_any_hour(rapport)
    add_checkpoint(rapport, "In review", types=["Story"])
    customer = add_customer(rapport, "Nordlicht Handels GmbH")
    add_contact(rapport, customer, "Greta Probe", "greta@nordlicht.example", language="de")
    move(rapport, "DEMO-7", "In review")
    (mail,) = rapport.jira.mailbox.wait_for("greta@nordlicht.example", timeout_seconds=PATIENCE_SECONDS)
    assert answer(survey_link(mail, score=4), 4, "Sieht gut aus.").status_code == 200
    stored = wait_for_state(rapport.site.issue("DEMO-7"), "answered")
    assert (stored["score"], stored["customer"]) == (4, "Nordlicht Handels GmbH")
    page = rapport.page(f"/projects/{rapport.site.project('DEMO').id}/post-mortem", "Pia Lead")
    assert "Sieht gut aus." in page.text
    assert "n = 1" in page.text


def wait_until_ready(web: subprocess.Popen[bytes], base_url: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and web.poll() is None:
        with suppress(requests.ConnectionError):
            if requests.get(f"{base_url}/ready", timeout=60).ok:
                return
        time.sleep(0.05)
    raise AssertionError("the web process did not start")


def wait_for_state(issue: Issue, state: str) -> dict[str, object]:
    """What the worker has written to the issue, once it has."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        stored: dict[str, object] = issue.properties.get("rapport-satisfaction", {})
        if stored.get("state") == state:
            return stored
        time.sleep(0.05)
    raise AssertionError(f"the issue does not become {state}: {issue.properties}")
