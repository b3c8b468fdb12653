"""Live: readers who have a page open hear within a second that their unread count has changed.

One poller for the process watches the journal's head, and only while somebody listens. Nobody
holds a database connection while waiting.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalHead
from portal.notices.reading import unread_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Count:
    """How many notices were unread at the revision `rev` of the journal."""

    rev: int
    unread: int


@dataclass(slots=True, eq=False)
class _Listener:
    person_id: int
    heard: Count | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, count: Count) -> None:
        """Wake up, unless it is no news or older than what was heard."""
        if self.heard is None or (count.rev > self.heard.rev and count.unread != self.heard.unread):
            self.heard = count
            self.woken.set()


class Live:
    """Who is listening in this process. Times are in seconds."""

    def __init__(
        self,
        database: Database,
        *,
        every: float = 1.0,
        heartbeat: float = 15.0,
        longest: float = 600.0,
    ) -> None:
        self._database = database
        self._every = every
        self._heartbeat = heartbeat
        self._longest = longest
        self._listeners: set[_Listener] = set()
        self._poller: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    async def listen(
        self, person_id: int, is_welcome: Callable[[], Coroutine[Any, Any, bool]]
    ) -> AsyncIterator[Count | None]:
        """The person's count now and whenever it has changed; None as a sign of life.

        Ends at `stop`, after the longest time, and when ``is_welcome``, asked at each sign of life,
        says no.
        """
        tick = asyncio.get_running_loop().time
        end = tick() + self._longest
        listener = _Listener(person_id)
        self._listeners.add(listener)
        try:
            # A browser that goes away cancels this, but not in the middle of a statement: that
            # would cost the connection.
            await asyncio.shield(self._look([listener]))
            self._poll()
            while not self._stopped.is_set() and tick() < end:
                if listener.woken.is_set():
                    listener.woken.clear()
                    yield listener.heard
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(listener.woken.wait(), self._heartbeat)
                    continue
                if not await asyncio.shield(is_welcome()):
                    return
                yield None
        finally:
            self._listeners.discard(listener)

    def stop(self) -> None:
        """End every stream at once, and for good."""
        self._stopped.set()
        for listener in self._listeners:
            listener.woken.set()

    def _poll(self) -> None:
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        rev = -1
        while self._listeners:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), self._every)
                return
            try:
                if await self._rev() != rev:
                    rev = await self._look(list(self._listeners))
            except Exception as error:
                log.error("live.failed", exc_info=error)

    async def _rev(self) -> int:
        async with self._database.reading() as db:
            return (await db.execute(select(JournalHead.rev))).scalar_one()

    async def _look(self, listeners: list[_Listener]) -> int:
        """Let the listeners hear their counts; the revision at which they hold."""
        async with self._database.reading() as db:
            rev = (await db.execute(select(JournalHead.rev))).scalar_one()
            counts = await unread_of(db, {listener.person_id for listener in listeners})
        for listener in listeners:
            listener.hear(Count(rev, counts[listener.person_id]))
        return rev
