"""The second wall between tenants, which stands in PostgreSQL itself: a statement that forgets the tenant finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import plugin.app  # noqa: F401 - every store describes its tables
from plugin.database import SYSTEM_TABLES, Database, metadata
from plugin.migrations import migrate
from tests.databases import everything, fresh_database, postgresql_server
from tests.plugin.asking import Clock, an_app, asked

TENANT_TABLES = sorted(set(metadata.tables) - SYSTEM_TABLES)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with fresh_database("postgresql", tmp_path) as url:
        yield url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """PostgreSQL with two sites, each with one of everything that an ask needs."""
    app = an_app(url, Clock())
    for site in ("acme", "rival"):
        asked(app, Clock(), site)
    yield app.extensions["rapport"].database
    app.extensions["rapport"].database.close()


def tenants_seen(connection: sa.Connection, table: str) -> set[int]:
    return set(connection.execute(sa.text(f"SELECT tenant_id FROM {table}")).scalars())


def test_every_table_of_tenants_is_walled_off(database: Database) -> None:
    with database.system_reading() as connection:
        walled = connection.execute(
            sa.text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity")
        )
        assert sorted(walled.scalars()) == TENANT_TABLES


def test_a_statement_without_the_tenant_sees_ones_own_rows_only(database: Database, url: str) -> None:
    filled = {name for name, rows in everything(url).items() if rows} - SYSTEM_TABLES
    assert filled >= {"contact", "customer", "invitation", "checkpoint", "transition_event", "questionnaire"}
    for tenant_id in (1, 2):
        with database.reading(tenant_id) as tx:
            for table in filled:
                assert tenants_seen(tx.connection, table) == {tenant_id}, table


def test_without_a_tenant_there_is_nothing_to_see(database: Database) -> None:
    with database.system_reading() as connection:
        for table in TENANT_TABLES:
            assert tenants_seen(connection, table) == set(), table


def test_the_next_transaction_on_the_same_connection_begins_without_a_tenant(database: Database) -> None:
    with database.engine.connect() as connection:
        with connection.begin():
            connection.execute(sa.select(sa.func.set_config("rapport.tenant", "1", True)))
            assert tenants_seen(connection, "contact") == {1}
        with connection.begin():
            assert tenants_seen(connection, "contact") == set()


def test_changing_and_removing_without_the_tenant_reaches_ones_own_rows_only(database: Database, url: str) -> None:
    with database.transaction(2) as tx:
        tx.execute(sa.text("UPDATE contact SET name = 'changed'"))
        tx.execute(sa.text("DELETE FROM survey_response"))
    contacts = everything(url)["contact"]
    assert sorted("changed" in row for row in contacts) == [False, True]


def test_no_row_can_be_slipped_under_another_tenant(database: Database) -> None:
    for statement in (
        "INSERT INTO customer (tenant_id, name, created_at) VALUES (1, 'slipped', now())",
        "UPDATE customer SET tenant_id = 1",
    ):
        with (
            pytest.raises(sa.exc.ProgrammingError, match="row-level security"),
            database.transaction(2) as tx,
        ):
            tx.execute(sa.text(statement))


def test_a_table_that_comes_later_is_walled_off_by_the_next_start(database: Database) -> None:
    with database.system() as connection:
        connection.execute(sa.text("CREATE TABLE later (tenant_id bigint NOT NULL)"))
        connection.execute(sa.text("INSERT INTO later VALUES (1), (2)"))
    migrate(database)
    with database.reading(2) as tx:
        assert tenants_seen(tx.connection, "later") == {2}


def test_a_user_who_could_look_over_the_wall_is_noticed(database: Database) -> None:
    assert database.is_held_to_policies()
    servers_own = Database(postgresql_server())
    assert servers_own.is_held_to_policies() == (servers_own.engine.url.username == database.engine.url.username)
    servers_own.close()
