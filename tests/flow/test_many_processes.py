"""Three web and three worker processes on one PostgreSQL; one of each is killed while the story is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from plugin.settings import load_settings
from tests.databases import fresh_database
from tests.devhost.host import Devhost
from tests.faults.six import LEASE_AND_MORE_SECONDS, six_processes
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, ask_at_any_hour, move, survey_link
from tests.flow.test_separate_processes import wait_for_state
from tests.free_ports import free_port
from tests.running import Clock, Rapport, environment_for


@pytest.fixture
def devhost(tmp_path: Path) -> Iterator[tuple[Devhost, dict[str, str]]]:
    port = free_port()
    with fresh_database("postgresql", tmp_path) as url, Devhost(app_url=f"http://127.0.0.1:{port}") as jira:
        yield jira, environment_for(jira, port, url)


def test_the_story_goes_on_while_a_web_and_a_worker_process_are_killed(
    devhost: tuple[Devhost, dict[str, str]], tmp_path: Path
) -> None:
    jira, environment = devhost
    with six_processes(environment, tmp_path) as (webs, workers):
        jira.install()
        rapport = Rapport(Flask("elsewhere"), load_settings(environment), jira, Clock())
        ask_at_any_hour(rapport)
        add_checkpoint(rapport, "In review", types=["Story"])
        add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", "greta@nordlicht.example")
        move(rapport, "DEMO-7", "In review")
        workers[0].kill()
        (mail,) = jira.mailbox.wait_for("greta@nordlicht.example", timeout_seconds=LEASE_AND_MORE_SECONDS)
        webs[0].kill()
        webs[0].wait()
        assert answer(survey_link(mail, score=4), 4, "Looks good.").status_code == 200
        assert wait_for_state(rapport.site.issue("DEMO-7"), "answered")["score"] == 4
        for _ in range(3):
            page = rapport.page(f"/projects/{rapport.site.project('DEMO').id}/post-mortem", "Pia Lead")
            assert page.status_code == 200
        assert len(rapport.mails_to("greta@nordlicht.example")) == 1
