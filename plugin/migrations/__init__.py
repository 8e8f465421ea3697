"""The schema's history. `migrate` brings a database up to date, once, however many processes start together."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from plugin.database import Database
from plugin.errors import BadConfiguration

_LOCK = 7_264_517  # any number of our own: PostgreSQL's advisory locks are shared by all programs of a database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction. Raises BadConfiguration for a database of a newer release."""
    with database.system() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise BadConfiguration(
                "DATABASE_URL names a database of a newer release of Rapport. Install that release."
            ) from error


def is_up_to_date(database: Database) -> bool:
    with database.system_reading() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory.from_config(_config()).get_current_head()
