"""Three web and three worker processes on one PostgreSQL; one of each is killed while people click through the story."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from flask import Flask

from plugin.settings import load_settings
from tests.browser import test_the_story as told
from tests.browser.arriving import make_presses_arrive
from tests.browser.chromium import chromium
from tests.browser.windows import clean_windows
from tests.devhost.host import Devhost
from tests.faults.six import LEASE_AND_MORE_SECONDS, six_processes
from tests.free_ports import free_port
from tests.running import Clock, Rapport, environment_for

CUSTOMER = "greta@nordlicht.example"


class RealTime(Clock):
    """Processes of their own have no other: what shall have passed is waited for."""

    def advance(self, **duration: float) -> None:
        time.sleep(duration["seconds"])


@dataclass
class Story:
    """`mails`: to the one customer. `lived`: processes that were there to the end, of six. `seconds`: the whole story."""

    mails: int
    lived: int
    seconds: float


def run(database_url: str, folder: Path) -> Story:
    """Raises where a step of the story fails, or a window complains."""
    port, began = free_port(), time.monotonic()
    with Devhost(app_url=f"http://127.0.0.1:{port}") as jira:
        environment = environment_for(jira, port, database_url)
        rapport = Rapport(Flask("elsewhere"), load_settings(environment), jira, RealTime())
        with six_processes(environment, folder) as (webs, workers):
            _tell(rapport, webs[0], workers[0])
            jira.site.assert_no_contract_problems()
            lived = sum(each.poll() is None for each in (*webs, *workers))
        return Story(len(rapport.mails_to(CUSTOMER)), lived, time.monotonic() - began)


def _tell(rapport: Rapport, web: Popen[bytes], worker: Popen[bytes]) -> None:
    make_presses_arrive()
    with chromium() as browser, clean_windows(browser, rapport.site) as windows:
        told.install(windows.open("Ada Admin"), rapport)
        lead = windows.open("Pia Lead")
        told.set_up(lead)
        told.move_the_issue(windows.open("Tom Team"))
        worker.kill()
        rapport.jira.mailbox.wait_for(CUSTOMER, timeout_seconds=LEASE_AND_MORE_SECONDS)
        web.kill()
        web.wait()
        told.answer(windows.open("Greta Probe", script=False, phone=True), rapport.clock)
        told.see_the_issue(lead)
        told.find_the_issue(lead)
        told.look_back(lead)
