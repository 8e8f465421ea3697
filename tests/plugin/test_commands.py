"""The `rapport` command as an administrator types it."""

from __future__ import annotations

from contextlib import closing

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from plugin.cli import main
from plugin.database import Database
from plugin.exports import service as exports
from plugin.sealing import Seal
from tests.canaries import found, stored_bytes
from tests.plugin.asking import BASE_URL, Clock, an_app, asked

KEY = Fernet.generate_key().decode()


@pytest.fixture
def url(database_url: str) -> str:
    """A site that asked Mara, its secret sealed with KEY."""
    app = an_app(database_url, Clock(), secret_keys=KEY)
    asked(app, Clock())
    app.extensions["rapport"].database.close()
    return database_url


def rapport(url: str, *arguments: str, keys: str = KEY) -> Result:
    environment = {
        "RAPPORT_BASE_URL": BASE_URL,
        "RAPPORT_SECRET_KEYS": keys,
        "RAPPORT_MAIL_FROM": "Rapport <rapport@rapport.example>",
        "DATABASE_URL": url,
    }
    return CliRunner().invoke(main, arguments, env=environment)


def test_a_contact_is_erased(url: str) -> None:
    address = "mara.lindt@nordlicht.example"
    assert found([address], stored_bytes(url)) == [address]
    done = rapport(url, "erase", "--site", "acme.atlassian.net", "--email", address)
    assert (done.exit_code, "1 contacts" in done.output) == (0, True)
    assert found([address, "Mara"], stored_bytes(url)) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--site", "acme.atlassian.net"), "one of --email and --account"),
        (("--site", "acme.atlassian.net", "--email", "a@b.example", "--account", "1"), "one of --email and --account"),
        (("--site", "elsewhere.atlassian.net", "--account", "1"), "not known"),
        ((), "--site"),
    ],
)
def test_a_wish_that_is_not_clear_erases_nothing(url: str, arguments: tuple[str, ...], words: str) -> None:
    refused = rapport(url, "erase", *arguments)
    assert refused.exit_code != 0
    assert words in refused.output
    assert found(["Mara"], stored_bytes(url)) == ["Mara"]


@pytest.mark.parametrize("command", [("serve",), ("worker",), ("keys", "rotate")], ids=" ".join)
def test_keys_that_do_not_fit_the_data_are_refused_in_words(url: str, command: tuple[str, ...]) -> None:
    other = Fernet.generate_key().decode()
    refused = rapport(url, *command, keys=other)
    assert refused.exit_code == 2
    assert "RAPPORT_SECRET_KEYS" in refused.output
    assert other not in refused.output


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_may_lose_commits_is_not_served(
    url: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "lossy_settings", lambda _database: ["fsync", "full_page_writes"])
    refused = rapport(url, command)
    assert refused.exit_code == 2
    assert "Set to on at its server: fsync, full_page_writes." in refused.output
    assert "RAPPORT_TRUST_STORAGE=1" in refused.output


def test_a_new_key_in_front_is_enough_and_the_old_one_can_go_after_the_rotation(url: str) -> None:
    new = Fernet.generate_key().decode()
    assert rapport(url, "keys", "rotate", keys=f"{new},{KEY}").exit_code == 0
    assert secret_of_acme(url, new) == "s" * 64


def test_the_token_for_confluence_moves_to_the_new_key_too(url: str) -> None:
    new, owner = Fernet.generate_key().decode(), "confluence:acme"
    with closing(Database(url)) as database:
        with database.transaction(1) as tx:
            exports.record_access(tx, "ada@acme.example", Seal([KEY]).close(owner, "confluence-token-of-ada"), "TEAM")
        assert rapport(url, "keys", "rotate", keys=f"{new},{KEY}").exit_code == 0
        with database.reading(1) as tx:
            access = exports.access(tx)
    assert access is not None
    assert Seal([new]).open(owner, access.sealed_token) == "confluence-token-of-ada"


def test_a_lost_key_costs_a_new_install_and_nothing_else(url: str) -> None:
    new = Fernet.generate_key().decode()
    assert rapport(url, "keys", "rotate", "--forget-lost", keys=new).exit_code == 0
    assert secret_of_acme(url, new) == ""
    assert found(["Mara"], stored_bytes(url)) == ["Mara"]


def secret_of_acme(url: str, keys: str) -> str:
    """As a process with these keys reads it."""
    ports = an_app(url, Clock(), secret_keys=keys).extensions["rapport"]
    with closing(ports.database):
        ports.tenants.require_keys()
        return str(ports.tenants.find_tenant("client-acme").shared_secret)


def test_all_fields_are_written_again(url: str) -> None:
    done = rapport(url, "fields", "rebuild")
    assert (done.exit_code, "1 issues wait" in done.output) == (0, True)
