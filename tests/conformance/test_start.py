"""Class L: with which configuration production refuses to start."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from plugin.cli import main
from tests.conformance.cases import case

GOOD = {
    "RAPPORT_BASE_URL": "https://rapport.example",
    "RAPPORT_SECRET_KEYS": Fernet.generate_key().decode(),
    "RAPPORT_MAIL_FROM": "rapport@rapport.example",
}


@case("L33")
@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RAPPORT_SECRET_KEYS", None),
        ("RAPPORT_SECRET_KEYS", "secret"),
        ("RAPPORT_SECRET_KEYS", "A" * 43 + "="),
        ("RAPPORT_SECRET_KEYS", "the output of `rapport keys new`"),
        ("RAPPORT_BASE_URL", "http://rapport.example"),
        ("RAPPORT_DEVELOPMENT", "1"),
        ("RAPPORT_INSTALL_KEYS_URL", "https://keys.evil.example"),
        ("RAPPORT_CONNECT_SCRIPT_URL", "https://evil.example/all.js"),
        ("RAPPORT_EXTRA_HOSTS", "evil.example"),
        ("FLASK_DEBUG", "1"),
        ("FLASK_DEBUG", "true"),
    ],
)
def test_production_does_not_start_with_a_switch_for_development(
    command: str, variable: str, value: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, good in {**GOOD, variable: value}.items():
        monkeypatch.setenv(name, good) if good is not None else monkeypatch.delenv(name, raising=False)
    refused = CliRunner().invoke(main, [command])
    assert refused.exit_code == 2
    assert variable in refused.output
    assert GOOD["RAPPORT_SECRET_KEYS"] not in refused.output
    assert value is None or value in ("1", "true") or value not in refused.output.partition("Example")[0]
    assert list(tmp_path.iterdir()) == []
