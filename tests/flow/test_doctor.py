"""`rapport doctor`, asked while all is well and while something is not."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from plugin.cli import main
from plugin.database import Database
from plugin.jobs import service as jobs
from tests.free_ports import free_port
from tests.running import Rapport, environment_for


def doctor(rapport: Rapport, **changed: str) -> Result:
    environment = environment_for(rapport.jira, rapport.settings.listen_port, rapport.settings.database_url)
    environment["RAPPORT_SECRET_KEYS"] = ",".join(rapport.settings.secret_keys)
    return CliRunner().invoke(main, ["doctor"], env=environment | changed)


@pytest.fixture
def at_work(rapport: Rapport) -> Rapport:
    jobs.pulse(rapport.ports.database, rapport.clock())
    return rapport


def test_where_all_is_well_it_says_so(at_work: Rapport) -> None:
    found = doctor(at_work)
    assert found.exit_code == 0, found.output
    verdicts = {line[6:].split(":")[0]: line[:5].strip() for line in found.output.splitlines()}
    assert verdicts == {
        "database": "ok",
        "commits": "ok",
        "keys": "ok",
        "work": "ok",
        "clock beside the database": "ok",
        "clock beside Jira": "ok",
        "mail": "ok",
        "base URL": "warn",
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_commits_that_the_power_may_take_back_fail_it(at_work: Rapport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Database, "lossy_settings", lambda _database: ["fsync"])
    lossy = doctor(at_work, RAPPORT_TRUST_STORAGE="0")
    assert lossy.exit_code == 1
    assert "FAIL  commits: the database may lose commits with the power" in lossy.output
    assert "ok    commits: are left to the storage" in doctor(at_work).output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_wrong_is_named_with_what_to_do(at_work: Rapport, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    gone = doctor(at_work, RAPPORT_SMTP_URL=f"smtp://{nobody}", RAPPORT_BASE_URL=f"http://{nobody}")
    assert gone.exit_code == 1
    assert "FAIL  mail: the mail server cannot be reached. Check RAPPORT_SMTP_URL" in gone.output
    assert "FAIL  base URL: cannot be reached from here" in gone.output
    elsewhere = doctor(at_work, RAPPORT_BASE_URL=at_work.site.base_url)
    assert "FAIL  base URL: somebody else answers there" in elsewhere.output
    at_work.clock.advance(minutes=5)
    monkeypatch.setattr("plugin.cli.utc_now", at_work.clock)
    late = doctor(at_work)
    assert late.exit_code == 1
    assert "clock beside the database: is 300 seconds off" in late.output
    assert "clock beside Jira: is 30" in late.output
    assert "warn  work: no worker was seen lately" in late.output
