"""Alembic's way in: runs on the connection that `migrate` opened."""

from alembic import context

from plugin.database import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
