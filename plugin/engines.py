"""How each database is opened: what every connection is set to, and which ones the pool may keep."""

from __future__ import annotations

import math
import re
import sqlite3
import time
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry

from plugin.errors import BadConfiguration

IDLE_SECONDS = 1.0  # after which a connection to PostgreSQL is tried before it is trusted
LOCK_SECONDS = 10  # who waits longer for others is told to come again

_OPENING = {  # postgresql.org/docs/current/libpq-connect.html
    "target_session_attrs": "read-write",  # of several hosts the primary, whichever that is by now
    "connect_timeout": 5,
    "keepalives_idle": 5,  # a machine that is gone answers nothing: without these one would wait for it for hours
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "prepare_threshold": None,  # no prepared statements: works behind PgBouncer
}

_SEVERAL_HOSTS = re.compile(r"(?P<before>://(?:[^@/?]*@)?)(?P<hosts>[^@/?]*,[^@/?]*)(?=[/?]|$)")
_HOST = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\d*))?")

_READ_ONLY = "25006"  # PostgreSQL's word for a server, or a session, that takes no writes


def create_engine(url: str) -> Engine:
    """An engine for `sqlite:///…`, `postgresql://…`, or `postgresql://…` with several hosts of which one is the primary.
    Raises BadConfiguration for what is no address."""
    if url.startswith("sqlite"):
        return _sqlite_engine(url)
    try:
        return _postgresql_engine(url)
    except (ValueError, sa.exc.ArgumentError) as error:
        raise BadConfiguration("DATABASE_URL is not an address.") from error


def _postgresql_engine(url: str) -> Engine:
    engine = sa.create_engine(
        _address(url).set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # errors must not quote rows
        pool_size=8,
        max_overflow=8,
        pool_timeout=10,
        connect_args=_OPENING,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.autocommit = True  # the "begin" event below decides when a transaction begins, not the driver

    _begin_by_our_words(engine)
    _watch_for_restarts(engine)
    _leave_read_only_servers(engine)
    return engine


def _address(url: str) -> sa.URL:
    """libpq writes several hosts where one stands, with commas; SQLAlchemy reads more than one only from the query."""
    several = _SEVERAL_HOSTS.search(url)
    if several is None:
        return sa.make_url(url)
    hosts, ports = zip(*map(_host_and_port, several["hosts"].split(",")), strict=True)
    return sa.make_url(url.replace(several[0], several["before"], 1)).update_query_dict(
        {"host": ",".join(hosts), "port": ",".join(ports)}
    )


def _host_and_port(words: str) -> tuple[str, str]:
    """Without the brackets that an IPv6 address stands in. ValueError for what is no host."""
    found = _HOST.fullmatch(words)
    if found is None:
        raise ValueError("no host")
    return found["six"] or found["name"], found["port"] or ""


def _leave_read_only_servers(engine: Engine) -> None:
    """A primary that became a standby may keep its connections: the pool drops them all and looks for the new one."""

    @sa.event.listens_for(engine, "handle_error")
    def leave(context: sa.engine.ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
            context.is_disconnect = True


def _watch_for_restarts(engine: Engine) -> None:
    """A restarted database must not cost requests: a connection that was idle for a while is tried before it is used.
    One that just worked is not, because that would be a round trip for each transaction."""

    @sa.event.listens_for(engine, "checkin")
    def note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def check(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("idle_since", math.inf) < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError from error  # the pool takes another


def _sqlite_engine(url: str) -> Engine:
    engine = sa.create_engine(
        url, module=sqlite_module(), hide_parameters=True, pool_size=8, max_overflow=8, pool_timeout=10
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # likewise
        connection.execute(f"PRAGMA busy_timeout={LOCK_SECONDS * 1000}")
        _keep_a_write_ahead_log(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    _begin_by_our_words(engine)
    return engine


def _keep_a_write_ahead_log(connection: Any) -> None:
    """Of those who open a new file together one changes its mode. SQLite tells the others at once that it is locked,
    whatever their busy_timeout (sqlite.org/c3ref/busy_handler.html), so we wait here."""
    patience = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite_module().OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(1 / 50)


def _begin_by_our_words(engine: Engine) -> None:
    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql(options.get("rapport_begin", "BEGIN"))


def sqlite_module() -> ModuleType:
    """The SQLite driver without the WAL-reset bug (sqlite.org/wal.html, fixed in 3.51.3): Python's own, or pysqlite3."""
    if sqlite3.sqlite_version_info >= (3, 51, 3):
        return sqlite3
    from pysqlite3 import dbapi2  # noqa: PLC0415 - only where Python's own is too old

    module: ModuleType = dbapi2
    return module
