"""Of several PostgreSQL servers the one that takes writes is used, whichever that is by now."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from sqlalchemy.engine import make_url

from connect import Unavailable
from plugin.database import Database
from plugin.engines import create_engine
from plugin.errors import BadConfiguration
from tests.databases import as_servers_own_user


@pytest.mark.parametrize(
    ("address", "hosts", "ports", "password"),
    [
        ("postgresql://rapport:pw@one/rapport", "one", None, "pw"),
        ("postgresql://rapport:pw@one:5433/rapport", "one", 5433, "pw"),
        ("postgresql://rapport:pw@one:5432,two:5433/rapport", "one,two", "5432,5433", "pw"),
        ("postgresql://rapport:p,w@one,two:5433/rapport?sslmode=require", "one,two", ",5433", "p,w"),
        ("postgresql://rapport:p,w@one/rapport", "one", None, "p,w"),
        ("postgresql://one:5432,two:5433/rapport", "one,two", "5432,5433", None),
        ("postgresql://rapport:pw@[::1]:5432,[2001:db8::2]:5433/rapport", "::1,2001:db8::2", "5432,5433", "pw"),
        ("postgresql://rapport:pw@[::1],two/rapport", "::1,two", ",", "pw"),
        ("postgresql://rapport:pw@/rapport?host=one:5432&host=two:5433", "one,two", "5432,5433", "pw"),
    ],
)
def test_an_address_may_name_several_hosts(
    address: str, hosts: str, ports: int | str | None, password: str | None
) -> None:
    engine = create_engine(address)
    _, given = engine.dialect.create_connect_args(engine.url)
    found = (given["host"], given.get("port"), given.get("password"), given["dbname"])
    assert found == (hosts, ports, password, "rapport")


@pytest.mark.parametrize("hosts", ["one:many", "one:5,two:x:y", "::1,::2", "[::1,[::2]"])
def test_what_is_no_address_is_said_so_without_being_repeated(hosts: str) -> None:
    with pytest.raises(BadConfiguration, match="DATABASE_URL is not an address") as refused:
        create_engine(f"postgresql://rapport:hunter2@{hosts}/rapport")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_whose_server_takes_no_writes_any_more_is_given_up(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with closing(database.engine.raw_connection()) as connection:
            connection.cursor().execute("SET default_transaction_read_only = on")
        with pytest.raises(Unavailable), database.system() as connection:
            connection.exec_driver_sql("CREATE TABLE written (id int)")
        with database.system() as connection:
            connection.exec_driver_sql("CREATE TABLE written (id int)")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_takes_no_writes_is_not_connected_to(database_url: str) -> None:
    name = make_url(database_url).database
    with psycopg.connect(as_servers_own_user(database_url), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with closing(Database(database_url)) as database, pytest.raises(Unavailable), database.system_reading():
        pass
