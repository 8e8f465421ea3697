"""`rapport forge doctor`, asked while all is well and while something is not."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from plugin.cli import main
from tests.forge_app import make_forge_app
from tests.free_ports import free_port
from tests.running import Rapport, environment_for

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def environment(rapport: Rapport) -> dict[str, str]:
    return environment_for(rapport.jira, rapport.settings.listen_port, rapport.settings.database_url)


def doctor(rapport: Rapport, **changed: str) -> Result:
    command = ["forge", "doctor", "--into", str(rapport.jira.folder / "app")]
    return CliRunner().invoke(main, command, env=environment(rapport) | changed)


def wrong(found: Result) -> list[str]:
    return [line for line in found.output.splitlines() if line.startswith("WRONG")]


def test_it_says_what_is_missing_out_of_date_and_away(rapport: Rapport) -> None:
    assert len(wrong(doctor(rapport))) == 6, "four files, the built shell, and https"
    folder = make_forge_app(rapport.jira.folder / "app", environment(rapport))
    (only,) = wrong(doctor(rapport))
    assert "is not https on port 443" in only, "which no test has"
    manifest = folder / "manifest.yml"
    manifest.write_text(manifest.read_text("utf-8").replace("interval: hour", "interval: day"), "utf-8")
    assert "is out of date" in wrong(doctor(rapport))[0]
    elsewhere = doctor(rapport, RAPPORT_BASE_URL=f"http://127.0.0.1:{free_port()}")
    assert elsewhere.exit_code == 1
    assert "no answer instead of 200" in elsewhere.output


def test_without_an_app_id_it_says_so_in_one_line(rapport: Rapport) -> None:
    found = doctor(rapport, RAPPORT_FORGE_APP_ID="")
    assert found.exit_code == 2
    assert "RAPPORT_FORGE_APP_ID is not set" in found.output
    assert "Traceback" not in found.output
