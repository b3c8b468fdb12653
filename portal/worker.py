"""The worker: short recurring jobs, each idempotent, each in its own unit of work."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from field.jobs import force_waiting
from portal.calendar_duty import remind_of_year
from portal.cases.handing_over import give_on
from portal.cases.pausing import ring_pauses
from portal.cases.recounting import follow_calendar
from portal.cases.sweeping import sweep
from portal.imports.jobs import carry_on_imports
from portal.kernel.db.unit import Database
from portal.kernel.job_runs import note_run
from portal.kernel.journal.anchors import anchor_days, keep_anchors
from portal.kernel.once import forget as forget_keys
from portal.kernel.settings import Settings
from portal.notices.sending import deliver
from portal.openings.posting import post_letters
from portal.openings.slowing import forget_forms
from portal.people.signing_in import forget_old

log = structlog.get_logger()
# How seldom one and the same job's runs are noted, in seconds.
_NOTED_EVERY = 60.0


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
    """Drop what no longer serves sign-in, slows the public form down, or keeps a form single."""
    async with database.writing() as db:
        await forget_old(db, at)
        await forget_forms(db, at)
        await forget_keys(db, at)


async def sweep_limits(database: Database, settings: Settings, at: datetime) -> None:
    """Take up every limit that has reached a level; breach is on record within a minute (R8)."""
    await sweep(database, settings.zone, at)
    await ring_pauses(database, settings.zone, at)


async def recount_limits(database: Database, settings: Settings, at: datetime) -> None:
    """Follow a change of the calendar (R5)."""
    await follow_calendar(database, settings.zone, at)


async def remind_of_calendar(database: Database, settings: Settings, at: datetime) -> None:
    """Remind administrators of the year that is not in the calendar yet."""
    await remind_of_year(database, settings.zone, at)


async def give_on_departures(database: Database, settings: Settings, at: datetime) -> None:
    """Nothing stays with somebody who has left (R1)."""
    await give_on(database, settings.zone, at)


async def post_customers(database: Database, settings: Settings, at: datetime) -> None:
    """Mail the link to customers who have something to confirm (P06.6)."""
    await post_letters(database, settings, at)


JOBS = (
    Job("sweep limits", timedelta(seconds=20), sweep_limits),
    Job("give on what leavers had", timedelta(seconds=20), give_on_departures),
    Job("recount limits", timedelta(seconds=20), recount_limits),
    Job("deliver notices", timedelta(seconds=5), deliver),
    Job("carry on imports", timedelta(seconds=1), carry_on_imports),
    Job("write to customers", timedelta(seconds=15), post_customers),
    Job("keep day heads", timedelta(minutes=10), keep_day_heads),
    Job("apply what waits", timedelta(minutes=10), force_waiting),
    Job("forget sign-ins", timedelta(hours=1), forget_sign_ins),
    Job("remind of calendar", timedelta(hours=6), remind_of_calendar),
)


async def work(
    database: Database, settings: Settings, stop: asyncio.Event, jobs: tuple[Job, ...] = JOBS
) -> None:
    """Run every job when it is due, until ``stop``, each by itself: one that hangs (a mail server
    that does not answer) delays no other. A job that fails is tried again when it is next due."""

    notes = _Notes(database)

    async def repeat(job: Job) -> None:
        # By a clock that nobody sets: set back by a year, the other one would keep jobs waiting.
        tick = asyncio.get_running_loop().time
        while not stop.is_set():
            due = tick() + job.every.total_seconds()
            failure = ""
            try:
                await job.run(database, settings, datetime.now(UTC))
            except Exception as error:
                failure = type(error).__name__
                log.error("job.failed", job=job.name, exc_info=error)
            await notes.take(job.name, failure)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=max(due - tick(), 0))

    await asyncio.gather(*map(repeat, jobs))


class _Notes:
    """Notes how jobs went: the same of one job at most once a minute, news at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[tuple[str, str], float] = {}

    async def take(self, name: str, failure: str) -> None:
        """Note a run that ended now, with ``failure`` or well (empty)."""
        tick = asyncio.get_running_loop().time()
        if tick < self._noted.get((name, failure), -_NOTED_EVERY) + _NOTED_EVERY:
            return
        try:
            async with self._database.writing() as db:
                await note_run(db, name, datetime.now(UTC), failure)
        except Exception as error:
            # A database that is away fails the job, too: one line of the two is enough.
            log.warning("job.not_noted", job=name, error=type(error).__name__)
        else:
            self._noted[name, failure] = tick
