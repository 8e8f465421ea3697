"""The environment: read once, refused in words, and documented in the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plugin.errors import BadConfiguration
from plugin.settings import VARIABLES, load_settings

GOOD = {
    "RAPPORT_BASE_URL": "https://rapport.acme.example",
    "RAPPORT_SECRET_KEYS": "cGxhaW5seS1pbnZlbnRlZC1rZXktb2YtMzItYnl0ZXM=",
    "RAPPORT_MAIL_FROM": "Rapport <rapport@acme.example>",
}


def test_three_variables_are_enough() -> None:
    settings = load_settings(GOOD)
    assert (settings.database_url, settings.listen_port, settings.development) == ("sqlite:///rapport.db", 8080, False)


@pytest.mark.parametrize("missing", GOOD)
def test_a_missing_variable_is_named_with_an_example(missing: str) -> None:
    with pytest.raises(BadConfiguration, match=f"{missing} is not set. Example: {missing}="):
        load_settings({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAPPORT_BASE_URL", "http://rapport.acme.example"),
        ("RAPPORT_BASE_URL", "https://rapport.acme.example/"),
        ("RAPPORT_BASE_URL", "https://user@rapport.acme.example"),
        ("RAPPORT_BASE_URL", "https://rapport.acme.example:notaport"),
        ("RAPPORT_BASE_URL", "portal"),
        ("RAPPORT_SECRET_KEYS", "hunter2"),
        ("RAPPORT_SECRET_KEYS", " , "),
        ("RAPPORT_MAIL_FROM", "nobody"),
        ("RAPPORT_MAIL_FROM", "a@b.example\nBcc: c@d.example"),
        ("RAPPORT_SMTP_URL", "http://mail.acme.example"),
        ("DATABASE_URL", "mysql://localhost/rapport"),
        ("RAPPORT_TRUST_STORAGE", "yes"),
        ("RAPPORT_APP_KEY", "rapport jira"),
        ("RAPPORT_LISTEN", "9123"),
        ("RAPPORT_LISTEN", "0.0.0.0:99999"),
        ("RAPPORT_WORKER_THREADS", "0"),
        ("RAPPORT_TRUSTED_PROXIES", "many"),
        ("RAPPORT_SECURITY_CONTACT", "security@globex.example"),
        ("RAPPORT_SECURITY_CONTACT", "mailto:a@b.example\nContact: mailto:c@d.example"),
        ("RAPPORT_LOG_LEVEL", "loud"),
        ("RAPPORT_DEVELOPMENT", "yes"),
    ],
)
def test_a_bad_value_is_refused_without_being_repeated(name: str, value: str) -> None:
    with pytest.raises(BadConfiguration, match=name) as refused:
        load_settings({**GOOD, name: value})
    assert value not in str(refused.value).replace(f"Example: {name}=", "")


DEVELOPMENT = [variable.name for variable in VARIABLES if variable.development]


@pytest.mark.parametrize("variable", [*DEVELOPMENT, *(f"{name}_FILE" for name in DEVELOPMENT)])
def test_production_refuses_what_is_for_development(variable: str) -> None:
    with pytest.raises(BadConfiguration, match=f"{variable.removesuffix('_FILE')} is for development only"):
        load_settings({**GOOD, variable: "http://localhost:1"})


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "keys"
    secret.write_text(GOOD["RAPPORT_SECRET_KEYS"] + "\n")
    rest = {name: value for name, value in GOOD.items() if name != "RAPPORT_SECRET_KEYS"}
    assert load_settings({**rest, "RAPPORT_SECRET_KEYS_FILE": str(secret)}).secret_keys == (
        GOOD["RAPPORT_SECRET_KEYS"],
    )


def test_a_file_that_is_missing_is_said_so() -> None:
    with pytest.raises(BadConfiguration, match="RAPPORT_MAIL_FROM_FILE names a file that cannot be read"):
        load_settings(
            {name: value for name, value in GOOD.items() if "MAIL" not in name}
            | {"RAPPORT_MAIL_FROM_FILE": "/nowhere/at/all"}
        )


def test_the_settings_never_print_their_secrets() -> None:
    assert GOOD["RAPPORT_SECRET_KEYS"] not in repr(load_settings(GOOD))


def test_the_readme_lists_every_variable_with_its_default() -> None:
    readme = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", readme, re.MULTILINE))
    assert rows == {
        v.name: f"`{v.default}`" if v.default else "must be set" if v.default is None else "–" for v in VARIABLES
    }
