"""Units of work. Return commits, raise rolls back; the journal is sealed just before the commit."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from portal.kernel.db.engine import WRITES, make_engine
from portal.kernel.journal.sealing import seal
from portal.kernel.problems import BUSY, Problem

# How long anybody waits for somebody else's lock, in seconds.
PATIENCE = 10.0


class Database:
    """Where units of work come from; one for each process.

    Every session has `info` as its own: what rooms know of this process.
    """

    def __init__(
        self, url: str, *, patience: float = PATIENCE, info: Mapping[str, Any] | None = None
    ) -> None:
        self.engine: AsyncEngine = make_engine(url, patience)
        self.info = dict(info or {})
        self._patience = patience
        # One snapshot for each reading unit, which SQLite gives anyway.
        snapshot: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(**snapshot)
        self._writer = self.engine.execution_options(**{WRITES: True})
        # SQLite has one writer. Waiting here is fair and free; its own waiting is sleeping
        # and trying again.
        self._one_writer = asyncio.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A unit that only reads, in one snapshot; what it changed is never written."""
        async with AsyncSession(
            self._reader, expire_on_commit=False, autoflush=False, info=self.info
        ) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A unit that writes: leaving it commits, an exception leaving it rolls everything back.

        Raises the ``busy`` problem when other writers of this process leave it no room in time.
        """
        async with (
            self._turn(),
            AsyncSession(self._writer, expire_on_commit=False, info=self.info) as session,
        ):
            yield session
            await seal(session)
            await session.commit()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._one_writer is None:
            yield
            return
        # Without an end to the waiting, writers behind a lock that another process holds would
        # wait for each other's patience in turn, and a unit inside a unit for ever.
        try:
            async with asyncio.timeout(self._patience):
                await self._one_writer.acquire()
        except TimeoutError as error:
            raise Problem(BUSY, headers={"retry-after": "30"}) from error
        try:
            yield
        finally:
            self._one_writer.release()

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()
