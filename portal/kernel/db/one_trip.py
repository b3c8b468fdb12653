"""SQLite's driver, with one trip to its thread for each statement.

aiosqlite keeps a thread for each connection, and SQLAlchemy goes to it four times for a statement:
for the cursor, the statement, its rows and the closing. A trip costs more than most statements.
"""

import sqlite3
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiosqlite import Connection

# So many rows come along with the statement; what is longer, such as a backup, is read in parts.
_AT_ONCE = 1000


class OneTripCursor:
    """What SQLAlchemy asks of a cursor. It is closed, in its thread, with the last of its rows."""

    def __init__(self, connection: "OneTripConnection") -> None:
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._rows: deque[Any] = deque()

    async def __aenter__(self) -> "OneTripCursor":
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> "OneTripCursor":
        await self._connection.in_thread(self._run, sqlite3.Cursor.execute, statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Any) -> "OneTripCursor":
        run = sqlite3.Cursor.executemany
        await self._connection.in_thread(self._run, run, statement, parameters)
        return self

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        wanted = self.arraysize if size is None else size
        while self._cursor and len(self._rows) < wanted:
            await self._connection.in_thread(self._fetch)
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    async def fetchall(self) -> Sequence[Any]:
        while self._cursor:
            await self._connection.in_thread(self._fetch)
        rows, self._rows = self._rows, deque()
        return rows

    async def close(self) -> None:
        if self._cursor:
            await self._connection.in_thread(self._close)

    # In the thread.

    def _run(self, run: Any, statement: str, parameters: Any) -> None:
        self._close()
        self._rows.clear()
        self._cursor = self._connection.opened.cursor()
        try:
            run(self._cursor, statement, parameters)
            self.description = self._cursor.description
            self.lastrowid = self._cursor.lastrowid
            self._fetch()
        except BaseException:
            self._close()
            raise

    def _fetch(self) -> None:
        cursor = self._cursor
        assert cursor, "there is more to fetch"
        rows = cursor.fetchmany(_AT_ONCE) if self.description else []
        self._rows.extend(rows)
        self.rowcount = cursor.rowcount
        if len(rows) < _AT_ONCE:
            self._close()

    def _close(self) -> None:
        if self._cursor:
            self._cursor.close()
            self._cursor = None


class OneTripConnection(Connection):
    """A connection whose cursors make one trip."""

    @property
    def opened(self) -> sqlite3.Connection:
        """The connection as its thread has it."""
        return self._conn

    async def in_thread(self, function: Any, *arguments: Any) -> Any:
        """Have the thread call ``function``."""
        return await self._execute(function, *arguments)  # type: ignore[no-untyped-call]

    def cursor(self, *_: Any) -> Any:
        return OneTripCursor(self)


def connect(database: str, **options: Any) -> OneTripConnection:
    """For SQLAlchemy's ``async_creator_fn``; takes what `sqlite3.connect` takes."""
    connection = OneTripConnection(partial(sqlite3.connect, database, **options), _AT_ONCE)
    # What is open when the process ends does not keep it.
    connection._thread.daemon = True
    return connection
