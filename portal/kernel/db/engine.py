"""One engine for SQLite (the default) or PostgreSQL, set up so that no update is ever lost."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from portal.kernel.db.sqlite_library import refuse_unsafe

# The execution option by which a unit of work says that it is going to write.
WRITES = "bihuan_writes"
_BUSY_MS = 10_000


def make_engine(url: str) -> AsyncEngine:
    """An engine for ``sqlite+aiosqlite:///…`` or ``postgresql+psycopg://…``.

    Raises `ValueError` for another database.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return create_async_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
        )
    raise ValueError(f"the database is SQLite or PostgreSQL, not {parsed.get_backend_name()}")


def _sqlite(url: URL) -> AsyncEngine:
    engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"))

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(dbapi: Any, _record: Any) -> None:
        # The driver must not open transactions by itself: it would open them as readers and
        # fail, or lose the update, when they come to write.
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        cursor.execute("select sqlite_version()")
        refuse_unsafe(cursor.fetchone()[0])
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_MS}",
            "mmap_size=0",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
