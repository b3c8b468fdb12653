"""Units of work. Return commits, raise rolls back; the journal is sealed just before the commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from portal.kernel.db.engine import WRITES, make_engine
from portal.kernel.journal.sealing import seal


class Database:
    """Where units of work come from; one for each process."""

    def __init__(self, url: str) -> None:
        self.engine: AsyncEngine = make_engine(url)
        # SQLite has one writer. Waiting here is fair and free; its own waiting is sleeping
        # and trying again.
        self._one_writer = asyncio.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A unit that only reads: one snapshot on SQLite; what it changed is never written."""
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A unit that writes: leaving it commits, an exception leaving it rolls everything back."""
        async with AsyncExitStack() as stack:
            if self._one_writer:
                await stack.enter_async_context(self._one_writer)
            engine = self.engine.execution_options(**{WRITES: True})
            session = await stack.enter_async_context(AsyncSession(engine, expire_on_commit=False))
            yield session
            await seal(session)
            await session.commit()

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()
