"""Class L: installing while things go wrong: a purge, a kill, a broken database, a flood."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.doors import (
    INSTALL,
    Door,
    every_lifecycle_door,
    works,
)
from tests.conformance.target import (
    UNINSTALLED,
    Target,
    hs256,
    new_site,
)
from tests.connect.world import AtlassianKey

FORGED = 300  # make fuzz sends a hundred thousand
ROOT = Path(__file__).parents[2]


@case("L28")
@pytest.mark.parametrize("first", ["purge", "install"])
def test_an_install_during_the_purge_keeps_what_is_new(app: Target, first: str) -> None:
    site = app.installed_site()
    left_at = app.clock()
    app.send(app.lifecycle(site, UNINSTALLED))
    tenants, database = app.ports.tenants, app.ports.database
    old = tenants.find_tenant(site.client_key).id  # type: ignore[attr-defined]
    back = app.lifecycle(replace(site, secret="back-again-" + "n" * 40))
    if first == "install":
        assert app.send(back).status_code == 204
    with ThreadPoolExecutor() as pool:
        with database.transaction(old) as tx:
            assert tenants.purge(tx, left_at) == (first == "purge")  # type: ignore[attr-defined]
            waiting = [pool.submit(app.send, back)] if first == "purge" else []
            wait(waiting, timeout=0.2)
        assert [answer.result().status_code for answer in waiting] == [204] * len(waiting)
    assert works(app, replace(site, secret="back-again-" + "n" * 40))
    kept = tenants.find_tenant(site.client_key).id  # type: ignore[attr-defined]
    assert (kept == old) == (first == "install")  # a number is never given to another site


DIES = """
import os, pickle, signal, sys
import pytest
from connect.lifecycle import Lifecycle
from plugin.app import create_app
from plugin.settings import load_settings
from tests.conformance.internet import Internet
from tests.connect.world import Clock
environment, keys, environ = pickle.load(sys.stdin.buffer)
internet = Internet()
internet.keys = keys
internet.install(pytest.MonkeyPatch())
install = Lifecycle.installed
def dying(*arguments):
    install(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
Lifecycle.installed = dying
environ["wsgi.errors"] = sys.stderr
create_app(load_settings(environment), Clock())(environ, lambda *_: print("answered", flush=True))
"""


@case("L30")
def test_killed_after_the_commit_the_install_is_there_and_may_come_again(app: Target) -> None:
    site = new_site()
    call = app.lifecycle(site)
    environ = {name: value for name, value in call.environ().items() if name != "wsgi.errors"}
    given = pickle.dumps((app.environment, app.internet.keys, environ))
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    died = subprocess.run(
        [sys.executable, "-c", DIES], input=given, capture_output=True, cwd=ROOT, env=path, check=False
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert b"answered" not in died.stdout
    assert works(app, site)
    assert app.send(call).status_code == 204
    assert [row for row in app.rows()["tenant"] if site.client_key in row]


@case("L31")
@every_lifecycle_door
@pytest.mark.parametrize("trouble", ["away", "broken", "full"])
def test_a_database_in_trouble_is_never_answered_with_success(new_target: NewTarget, door: Door, trouble: str) -> None:
    app = new_target()
    stored = len(app.rows()["tenant"])
    app.break_database(trouble)
    with app.log() as lines:
        answers = [app.send(door.good_call(app, new_site()))]
        while answers[-1].status_code == 204 and len(answers) < 2_000:  # a full disk still has room in its last pages
            answers.append(app.send(door.good_call(app, new_site())))
    assert (answers[-1].status_code, answers[-1].get_json()) == (503, {"error": "unavailable"})
    assert [line["reason"] for line in lines if "reason" in line] == ["database_unavailable"]
    assert answers[-1].headers["Retry-After"] == "5"
    if trouble == "full":
        assert len(app.rows()["tenant"]) - stored == (len(answers) - 1 if door is INSTALL else 0)


@case("L32")
def test_forged_installs_leave_nothing(app: Target, thief: AtlassianKey) -> None:
    before = app.rows()
    for number in range(FORGED):
        site = new_site()
        signer = (thief.sign, lambda claims, **header: hs256(claims, site.secret, **header))[number % 2]  # noqa: B023
        assert app.send(INSTALL.call(site, signer(app.install_claims(site), kid=app.key.kid))).status_code == 401
    assert app.rows() == before
