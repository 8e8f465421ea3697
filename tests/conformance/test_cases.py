"""The table of cases and the tests agree, and no feature arrives without its rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
import pytest
from cryptography.fernet import Fernet
from flask import Flask

from connect.guards import guard_of
from plugin.app import create_app
from plugin.cli import main
from plugin.settings import load_settings
from tests.conformance.cases import all_cases, claimed_ids, signs

ROOT = Path(__file__).parents[2]
SOURCES = [path for package in ("connect", "plugin") for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(
        load_settings(
            {
                "RAPPORT_BASE_URL": "https://rapport.example",
                "RAPPORT_SECRET_KEYS": Fernet.generate_key().decode(),
                "RAPPORT_MAIL_FROM": "rapport@rapport.example",
            }
        )
    )


def test_every_case_that_is_not_pending_has_a_test() -> None:
    due = {case.id for case in all_cases().values() if not case.pending}
    assert sorted(due - set(claimed_ids())) == []


def test_no_pending_case_has_a_test() -> None:
    pending = {case.id for case in all_cases().values() if case.pending}
    assert sorted(pending & set(claimed_ids())) == []


def test_a_case_has_one_test() -> None:
    assert [case_id for case_id, claims in Counter(claimed_ids()).items() if claims > 1] == []


def test_every_pending_case_waits_for_a_feature_with_signs() -> None:
    assert {case.pending for case in all_cases().values() if case.pending} <= set(signs())


def test_no_pending_feature_is_there_without_its_cases(app: Flask) -> None:
    """When this fails: write the tests of the feature's rows (add rows if there are none), and take `pending` and the
    feature's signs out of cases.toml."""
    found = {feature: sign for feature, its_signs in signs().items() for sign in its_signs if seen(app, sign)}
    assert found == {}


@pytest.mark.parametrize(
    "sign",
    ["route:/connect/events", "guard:survey_link", "command:rotate", "module:plugin.jobs", "source:HMACAlgorithm"],
)
def test_a_sign_is_seen_where_there_is_one(app: Flask, sign: str) -> None:
    assert seen(app, sign)


def seen(app: Flask, sign: str) -> bool:
    """Whether the app shows this sign of a feature."""
    kind, _, text = sign.partition(":")
    if kind == "route":
        return any(text in rule.rule for rule in app.url_map.iter_rules())
    if kind == "guard":
        guards = (guard_of(app, rule.endpoint) for rule in app.url_map.iter_rules())
        return any(guard is not None and text in guard.name for guard in guards)
    if kind == "command":
        return any(text in name for name in command_names(main))
    if kind == "module":
        return any(text in ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SOURCES)
    assert kind == "source", sign
    return any(text in path.read_text("utf-8") for path in SOURCES)


def command_names(command: click.Command) -> list[str]:
    nested = command.commands.values() if isinstance(command, click.Group) else []
    return [str(command.name), *(name for each in nested for name in command_names(each))]
