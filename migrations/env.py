"""Run by Alembic, with the connection that `portal.kernel.db.migrating` gives it."""

from alembic import context

from portal.kernel.db.searching import is_compared
from portal.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    include_name=is_compared,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
context.run_migrations()
