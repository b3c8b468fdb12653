"""Migrations: bring the database to the code's version, and refuse one that is newer."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, func, select

from portal.kernel.db.engine import WRITES
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_, Worded

FOLDER = Path(__file__).parents[3] / "migrations"
# The key of PostgreSQL's advisory lock: any number that nobody else uses.
_MIGRATING = 8_243_617


class NewerDatabase(Worded):
    """The database was written by a newer version of the portal."""


async def migrate(database: Database) -> list[str]:
    """Apply what is missing; the names of the applied migrations. Raises `NewerDatabase`."""
    async with database.engine.connect() as connection:
        writing = await connection.execution_options(**{WRITES: True})
        applied = await writing.run_sync(_upgrade)
        await writing.commit()
    return applied


async def pending(database: Database) -> list[str]:
    """The migrations that are missing. Raises `NewerDatabase`."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_missing)


def newest() -> str:
    """The version of the database that this program works with."""
    return _script().get_current_head() or ""


def _upgrade(connection: Connection) -> list[str]:
    if connection.dialect.name == "postgresql":
        # Of several processes that start at once one migrates; SQLite's write lock does the same.
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    missing = _missing(connection)
    if missing:
        upgrade_to(connection, "head")
    return missing


def upgrade_to(connection: Connection, revision: str) -> None:
    """Apply migrations up to ``revision``, within the transaction of ``connection``."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _missing(connection: Connection) -> list[str]:
    script = _script()
    current = MigrationContext.configure(connection).get_current_revision()
    try:
        steps = list(script.iterate_revisions("head", current or "base"))
    except (CommandError, RevisionError) as error:
        raise NewerDatabase(
            N_(
                "the database is at version %(version)s, which this program does not know:"
                " it was written by a newer version"
            ),
            version=current,
        ) from error
    return [f"{step.revision} {step.doc}" for step in reversed(steps)]


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
