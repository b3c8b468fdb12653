"""Sending: letters leave the outbox at least once, and to each recipient in order.

A run leases letters, hands them to their channels outside any transaction, and notes each outcome.
Whatever a run that crashed had leased is due again when the lease ends.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import update

from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.journal.recording import record
from portal.kernel.settings import Settings
from portal.notices.channels import CHANNELS
from portal.notices.leasing import Leased, lease
from portal.notices.models import Letter
from portal.notices.transport import Channel, TransportError

log = structlog.get_logger()

MOST_TRIES = 12
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=4)
# A run begins no message after so many seconds, so that other jobs have their turn.
_BUDGET = 5.0
_AT_ONCE = 5


async def deliver(
    database: Database,
    settings: Settings,
    at: datetime,
    channels: Mapping[str, Channel] = CHANNELS,
    chance: Callable[[], float] = random.random,
) -> None:
    """Send what is due at ``at``, for a few seconds. ``chance`` gives numbers from 0 to 1, by
    which new tries are spread."""
    usable = {name: way for name, way in channels.items() if way.is_open(settings)}
    run = _Run(database, settings, at, usable, chance)
    while usable and not run.is_over and await run.send_some():
        pass


def delay_after(tries: int, chance: float) -> timedelta:
    """How long to wait after so many failures: doubling, and spread by a quarter either way."""
    doubled: timedelta = FIRST_DELAY * 2 ** (tries - 1)
    return min(doubled, LONGEST_DELAY) * (0.75 + chance / 2)


class _Run:
    """One run of the job, in whose name letters are leased."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        at: datetime,
        channels: Mapping[str, Channel],
        chance: Callable[[], float],
    ) -> None:
        self.database = database
        self.settings = settings
        self.at = at
        self.channels = channels
        self.chance = chance
        self.name = uuid4().hex
        self._tick = asyncio.get_running_loop().time
        self._end = self._tick() + _BUDGET
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._left: list[int] = []
        self._noting = asyncio.Lock()

    @property
    def is_over(self) -> bool:
        return self._tick() >= self._end

    async def send_some(self) -> bool:
        """Lease and send a batch; whether there was one."""
        async with self.database.writing() as db:
            leased = await lease(db, self.at, self.name, list(self.channels))
        leased.sort(key=_way)  # stable: in order within each way
        async with asyncio.TaskGroup() as group:
            for _, some in groupby(leased, key=_way):
                group.create_task(self._send_in_order(list(some)))
        return bool(leased)

    async def _send_in_order(self, leased: Sequence[Leased]) -> None:
        """Until one has to wait: those behind it wait, too."""
        async with self._places:
            for place, one in enumerate(leased):
                if self.is_over or not await self._send(one):
                    rest = [later.letter.id for later in leased[place:]]
                    await self._note(rest, next_try_at=self.at)
                    return

    async def _send(self, one: Leased) -> bool:
        """Send and note what came of it; False when it has to be sent again."""
        letter = one.letter
        try:
            message = one.message(self.settings)
            await self.channels[letter.channel].send(self.settings, message)
        except TransportError as error:
            return await self._fail(letter, str(error), permanent=error.permanent)
        except Exception as error:
            log.error("letter.failed", channel=letter.channel, exc_info=error)
            return await self._fail(letter, type(error).__name__, permanent=False)
        await self._note_left(letter.id)
        return True

    async def _note_left(self, letter_id: int) -> None:
        """Note that a letter has left, with those that leave on other ways while somebody writes:
        one write for several."""
        self._left.append(letter_id)
        async with self._noting:
            if letter_id in self._left:
                left, self._left = self._left, []
                try:
                    await self._note(left, done_at=self.at, next_try_at=None, withdrawn_at=None)
                except BaseException:
                    self._left += left  # for whoever waits here with one of them to try
                    raise

    async def _fail(self, letter: Letter, error: str, *, permanent: bool) -> bool:
        tries = letter.tries + 1
        dies = permanent or tries >= MOST_TRIES
        state: dict[str, Any] = {"tries": tries, "error": error[:300]}
        if dies:
            state |= {"dead_at": self.at, "next_try_at": None}
        else:
            state["next_try_at"] = self.at + delay_after(tries, self.chance())
        await self._note([letter.id], **state)
        return dies

    async def _note(self, ids: Sequence[int], **state: Any) -> None:
        """Set the state of letters that are still leased by this run, and end the lease.

        A letter withdrawn while it was being sent stays so, unless it has left all the same.
        """
        still = update(Letter).where(Letter.id.in_(ids), Letter.lease_by == self.name)
        if "done_at" not in state:
            still = still.where(Letter.withdrawn_at.is_(None))
        async with self.database.writing() as db:
            noted = await db.scalars(
                still.values(lease_by=None, **state)
                .returning(Letter.id)
                .execution_options(synchronize_session=False)
            )
            if "dead_at" in state:
                act = Act.now(System("delivery"), self.at, Via.JOB)
                for letter_id in noted:
                    record(db, act, "letter.died", f"letter:{letter_id}")


def _way(one: Leased) -> tuple[str, int]:
    return one.letter.channel, one.letter.recipient_id
