"""The worker: short recurring jobs, each idempotent, each in its own unit of work."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from portal.cases.recounting import follow_calendar
from portal.cases.sweeping import sweep
from portal.kernel.db.unit import Database
from portal.kernel.journal.anchors import anchor_days, keep_anchors
from portal.kernel.settings import Settings
from portal.notices.sending import deliver
from portal.people.signing_in import forget_old

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """What is done again and again; `run` gets the database, the settings and the time."""

    name: str
    every: timedelta
    run: Callable[[Database, Settings, datetime], Awaitable[None]]


async def keep_day_heads(database: Database, settings: Settings, at: datetime) -> None:
    """Head the days that are over, and keep their heads outside the database."""
    async with database.writing() as db:
        await anchor_days(db, at, settings.zone)
    async with database.reading() as db:
        await keep_anchors(db, settings.anchors_file)


async def forget_sign_ins(database: Database, _: Settings, at: datetime) -> None:
    """Drop what no longer serves sign-in."""
    async with database.writing() as db:
        await forget_old(db, at)


async def sweep_limits(database: Database, settings: Settings, at: datetime) -> None:
    """Take up every limit that has reached a level; breach is on record within a minute (R8)."""
    await sweep(database, settings.zone, at)


async def recount_limits(database: Database, settings: Settings, at: datetime) -> None:
    """Follow a change of the calendar (R5)."""
    await follow_calendar(database, settings.zone, at)


JOBS = (
    Job("sweep limits", timedelta(seconds=20), sweep_limits),
    Job("recount limits", timedelta(seconds=20), recount_limits),
    Job("deliver notices", timedelta(seconds=5), deliver),
    Job("keep day heads", timedelta(minutes=10), keep_day_heads),
    Job("forget sign-ins", timedelta(hours=1), forget_sign_ins),
)


async def work(
    database: Database, settings: Settings, stop: asyncio.Event, jobs: tuple[Job, ...] = JOBS
) -> None:
    """Run every job when it is due, until ``stop``, each by itself: one that hangs (a mail server
    that does not answer) delays no other. A job that fails is tried again when it is next due."""

    async def repeat(job: Job) -> None:
        # By a clock that nobody sets: set back by a year, the other one would keep jobs waiting.
        tick = asyncio.get_running_loop().time
        while not stop.is_set():
            due = tick() + job.every.total_seconds()
            try:
                await job.run(database, settings, datetime.now(UTC))
            except Exception as error:
                log.error("job.failed", job=job.name, exc_info=error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=max(due - tick(), 0))

    await asyncio.gather(*map(repeat, jobs))
