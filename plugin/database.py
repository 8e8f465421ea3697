"""The one place that uses an engine: transactions that know their tenant, column types, metadata."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, CursorResult

from connect import Unavailable
from plugin.engines import LOCK_SECONDS, create_engine

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Every other table has a `tenant_id` that each statement names and that PostgreSQL holds each statement to.
SYSTEM_TABLES = frozenset(
    {
        "tenant",  # says who calls: read before anybody is known
        "installation",  # says who calls, likewise
        "install_token",  # used before there is a tenant
        "job",  # one worker serves all tenants; payloads hold ids only
        "lane",  # likewise
        "worker_pulse",  # says of no site anything
        "survey_link",  # leads from a hash to its tenant
    }
)
TENANT_SETTING = "rapport.tenant"  # what PostgreSQL's policies compare `tenant_id` with

_BEGIN_DURABLY = "BEGIN; SET LOCAL synchronous_commit = on"  # whatever the server's or the role's default is

_IS_HELD = sa.text("SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user")

_LOSSY = sa.text(
    "SELECT name FROM pg_settings WHERE setting = 'off' AND name IN ('fsync', 'full_page_writes') ORDER BY 1"
)

_SYNCHRONOUS_FULL = 2  # sqlite.org/pragma.html#pragma_synchronous

_UNDEFINED_TABLE = "42P01"  # PostgreSQL's word for a table that is not there

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows itself only for INTEGER
Statement = TypeVar("Statement", bound=sa.Executable)
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC in Python on both engines; naive values are refused instead of guessed."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def tenant_column() -> sa.Column[int]:
    """The column that every table outside SYSTEM_TABLES carries."""
    return sa.Column("tenant_id", BigId, sa.ForeignKey("tenant.id", ondelete="CASCADE"), nullable=False)


@dataclass(frozen=True, slots=True)
class Tx:
    """A connection inside a transaction, together with the tenant whose rows it is for."""

    connection: Connection
    tenant_id: int

    def execute(
        self, statement: sa.Executable, parameters: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    @property
    def engine_name(self) -> str:
        """`postgresql` or `sqlite`."""
        return self.connection.dialect.name

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that offers ON CONFLICT on the engine at hand."""
        return insert(self.connection, table)


def as_tenant(connection: Connection, tenant_id: int) -> Tx:
    """The rest of the connection's transaction is for this tenant: on PostgreSQL other tenants' rows are not there."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_for_tenant(tenant_id))
    return Tx(connection, tenant_id)


def _for_tenant(tenant_id: int) -> str:
    return f"SET LOCAL {TENANT_SETTING} = '{tenant_id:d}'"


def on_each_engine(
    table: sa.Table, finish: Callable[[postgresql.Insert | sqlite.Insert], Statement]
) -> Mapping[str, Statement]:
    """An INSERT with ON CONFLICT, made once for each engine: what is made anew for each call costs more than the call."""
    return {"postgresql": finish(postgresql.insert(table)), "sqlite": finish(sqlite.insert(table))}


def for_many_rows(
    table: sa.Table,
    names: Sequence[str],
    finish: Callable[[postgresql.Insert | sqlite.Insert], Statement],
    only: Callable[[Mapping[str, sa.ColumnElement[Any]]], sa.ColumnElement[bool]] = lambda _columns: sa.true(),
) -> Mapping[str, Statement]:
    """The same for any number of rows of one tenant, with two parameters: `tenant_id`, and `rows`, which `as_rows` writes.
    A parameter for each value of each row would cost more than storing them. `only` says, from the columns by name, which
    rows to add."""
    columns = [table.c[name] for name in names]
    given = sa.bindparam("rows", type_=sa.Text)
    typed: list[Any] = [sa.column(each.name, each.type) for each in columns]
    records = sa.func.jsonb_to_recordset(sa.cast(given, postgresql.JSONB)).table_valued(*typed)
    records = records.render_derived(with_types=True)
    lines = sa.func.json_each(given).table_valued("value")

    def taken(values: list[Any]) -> sa.Select[Any]:
        wanted = only(dict(zip(names, values, strict=True)))  # at least "true": ON CONFLICT wants a WHERE
        return sa.select(sa.bindparam("tenant_id", type_=BigId), *values).where(wanted)

    of_records = taken([records.c[each.name] for each in columns])
    of_lines = taken([_from_line(lines.c.value, each) for each in columns])
    into = ["tenant_id", *names]
    return {
        "postgresql": finish(postgresql.insert(table).from_select(into, of_records)),
        "sqlite": finish(sqlite.insert(table).from_select(into, of_lines)),
    }


def _from_line(line: sa.ColumnElement[Any], column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    value = sa.func.json_extract(line, f"$.{column.name}")
    return sa.func.substr(value, 1, 26) if isinstance(column.type, UtcDateTime) else value  # without the zone


def as_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """What `for_many_rows` reads. Times must be aware."""
    return json.dumps(rows, default=_time_in_utc)


def _time_in_utc(value: object) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"no way to store {type(value).__name__}")
    return value.astimezone(UTC).isoformat(" ", "microseconds")


def insert(connection: Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


class Database:
    """One engine and its transactions. SQLite: WAL, synchronous FULL, one writer at a time by a process-wide lock."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        self._writing = threading.Lock() if self.engine.dialect.name == "sqlite" else None

    @contextlib.contextmanager
    def transaction(self, tenant_id: int) -> Iterator[Tx]:
        """Read and write one tenant's rows; commits at the end, rolls back on any error."""
        with self._writing_for(tenant_id) as connection:
            yield Tx(connection, tenant_id)

    @contextlib.contextmanager
    def reading(self, tenant_id: int) -> Iterator[Tx]:
        """Read one tenant's rows from one snapshot."""
        with self._begun("BEGIN", tenant_id) as connection:
            yield Tx(connection, tenant_id)

    @contextlib.contextmanager
    def system(self) -> Iterator[Connection]:
        """Write SYSTEM_TABLES. Raises connect.Unavailable when the database is away or locked for too long."""
        with self._writing_for(None) as connection:
            yield connection

    @contextlib.contextmanager
    def system_reading(self) -> Iterator[Connection]:
        """Read SYSTEM_TABLES."""
        with self._begun("BEGIN", None) as connection:
            yield connection

    @contextlib.contextmanager
    def _writing_for(self, tenant_id: int | None) -> Iterator[Connection]:
        begin = _BEGIN_DURABLY if self._writing is None else "BEGIN IMMEDIATE"
        with self._turn(), self._begun(begin, tenant_id) as connection:
            yield connection

    @contextlib.contextmanager
    def _begun(self, begin: str, tenant_id: int | None) -> Iterator[Connection]:
        """For PostgreSQL all settings are told with the same words that begin the transaction: one round trip less, and
        nothing outlives it, so that PgBouncer may give the connection to another program afterwards."""
        if self._writing is None:
            begin = f"{begin}; SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"
            begin = begin if tenant_id is None else f"{begin}; {_for_tenant(tenant_id)}"
        with _unavailable_if_down(), self.engine.connect() as connection:
            connection.execution_options(rapport_begin=begin)
            with connection.begin():
                yield connection

    def scrub(self) -> None:
        """Leave nothing of removed rows in SQLite's files. PostgreSQL does so by its own vacuum, later. Raises
        connect.Unavailable where somebody reads for too long."""
        if self.engine.dialect.name != "sqlite":
            return
        with self._turn(), _unavailable_if_down(), contextlib.closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            try:
                cursor.execute("VACUUM")
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except self.engine.dialect.loaded_dbapi.OperationalError as error:
                raise Unavailable("database_unavailable") from error
            if busy:
                raise Unavailable("database_unavailable")

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One writer after the other: SQLite's own waiting is unfair under load, this keeps the slowest one short."""
        if self._writing is None:
            yield
            return
        if not self._writing.acquire(timeout=LOCK_SECONDS):
            raise Unavailable("database_unavailable")
        try:
            yield
        finally:
            self._writing.release()

    def is_held_to_policies(self) -> bool:
        """False where PostgreSQL lets our user look past the walls between tenants: a superuser, or one with BYPASSRLS."""
        if self.engine.dialect.name != "postgresql":
            return True
        with self.system_reading() as connection:
            return bool(connection.scalar(_IS_HELD))

    def lossy_settings(self) -> list[str]:
        """What the server sets, and we cannot, so that a power cut may take back commits; nothing, where all is well."""
        with self.system_reading() as connection:
            if self.engine.dialect.name == "postgresql":
                return list(connection.scalars(_LOSSY))
            kept = connection.exec_driver_sql("PRAGMA synchronous").scalar_one() >= _SYNCHRONOUS_FULL
            return [] if kept else ["synchronous"]

    def now(self) -> datetime:
        """By the database's own clock: this machine's, for SQLite."""
        if self.engine.dialect.name != "postgresql":
            return datetime.now(UTC)
        with self.system_reading() as connection:
            return connection.execute(sa.select(sa.func.clock_timestamp(type_=UtcDateTime))).scalar_one()

    def close(self) -> None:
        self.engine.dispose()


@contextlib.contextmanager
def _unavailable_if_down() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        if not _is_down(error):
            raise
        raise Unavailable("database_unavailable") from error


def _is_down(error: sa.exc.DBAPIError | sa.exc.TimeoutError) -> bool:
    """Away, locked, full, damaged or without its tables: a state that somebody can mend, not a defect of a statement."""
    if isinstance(error, sa.exc.DBAPIError) and getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE:
        return True
    down = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.TimeoutError)
    return isinstance(error, down) or type(error) is sa.exc.DatabaseError  # so does SQLite say that a file is damaged
