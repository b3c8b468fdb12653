"""One engine for SQLite (the default) or PostgreSQL, set up so that no update is ever lost."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from portal.kernel.db.one_trip import connect
from portal.kernel.db.sqlite_library import refuse_unsafe
from portal.kernel.i18n import N_
from portal.kernel.settings import BadSetting

# The execution option by which a unit of work says that it is going to write.
WRITES = "bihuan_writes"


def make_engine(url: str, patience: float) -> AsyncEngine:
    """An engine for ``sqlite+aiosqlite:///…`` or ``postgresql+psycopg://…``.

    ``patience`` is how long, in seconds, a statement waits for somebody else's lock. Raises
    `BadSetting` for another database. Errors never show parameters: they hold people's data,
    and errors are logged.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (SQLAlchemyError, ValueError) as error:
        raise BadSetting(N_("BIHUAN_DATABASE_URL is not the address of a database")) from error
    milliseconds = int(patience * 1000)
    if backend == "sqlite":
        return _sqlite(parsed, milliseconds)
    if backend == "postgresql":
        return create_async_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            hide_parameters=True,
            connect_args={"connect_timeout": 10, "options": f"-c lock_timeout={milliseconds}"},
        )
    text = N_("BIHUAN_DATABASE_URL: the database is SQLite or PostgreSQL, not %(backend)s")
    raise BadSetting(text, backend=backend)


def _sqlite(url: URL, milliseconds: int) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        hide_parameters=True,
        connect_args={"async_creator_fn": connect},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(dbapi: Any, _record: Any) -> None:
        # The driver must not open transactions by itself: it would open them as readers and
        # fail, or lose the update, when they come to write.
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        cursor.execute("select sqlite_version()")
        refuse_unsafe(cursor.fetchone()[0])
        for pragma in (
            f"busy_timeout={milliseconds}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "mmap_size=0",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
