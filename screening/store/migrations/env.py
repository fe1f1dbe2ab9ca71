"""Alembic's entry: runs on the connection that the store hands over, inside its transaction."""

from alembic import context

from screening.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction is the only one
)
context.run_migrations()
