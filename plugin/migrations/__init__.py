"""The schema's history. `migrate` brings a database up to date, once, however many processes start together.

On PostgreSQL it also puts the tenants' policies on every table that needs them and lacks them: a migration that adds a
table cannot forget it. Alembic is loaded only where there is something to do: most processes start without.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from plugin.database import SYSTEM_TABLES, TENANT_SETTING, Database
from plugin.errors import BadConfiguration

_LOCK = 7_264_517  # any number of our own: PostgreSQL's advisory locks are shared by all programs of a database

_VERSION = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.Text))  # Alembic's own

_UNPROTECTED = sa.text(
    """
    SELECT c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity
    AND c.relname <> ALL(:excepted)
    """
)


def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction. Raises BadConfiguration for a database of a newer release."""
    with database.system() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # another process may be migrating for a while
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if _version(connection) != newest():
            _upgrade(connection)
        if connection.dialect.name == "postgresql":
            _wall_off_tenants(connection)


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 10 MB
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise BadConfiguration(
            "DATABASE_URL names a database of a newer release of Rapport. Install that release."
        ) from error


def _wall_off_tenants(connection: sa.Connection) -> None:
    """Rows of tenants can be seen and written only by a transaction that says for which tenant it is. FORCE: the owner
    of the tables, which is us, is held to it as well. Deleting a tenant still takes its rows along."""
    for table in connection.scalars(_UNPROTECTED, {"excepted": sorted(SYSTEM_TABLES)}).all():
        ours = f"tenant_id = NULLIF(current_setting('{TENANT_SETTING}', true), '')::bigint"
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        connection.exec_driver_sql(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        connection.exec_driver_sql(f'CREATE POLICY tenant ON "{table}" USING ({ours})')


def is_up_to_date(database: Database) -> bool:
    with database.system_reading() as connection:
        return _version(connection) == newest()


def newest() -> str:
    """The revision that this release wants: files are numbered in their order."""
    return max(path.name.partition("_")[0] for path in Path(__file__).parent.glob("versions/[0-9]*_*.py"))


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.scalar(sa.select(_VERSION.c.version_num))
    return found
