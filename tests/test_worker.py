"""The worker: each job when it is due, none stopped by another's failure."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from structlog.testing import capture_logs

from portal.kernel.db.unit import Database
from portal.kernel.job_runs import JobRun
from portal.kernel.journal.anchors import read_anchors
from portal.kernel.journal.models import JournalDay
from portal.kernel.settings import Settings
from portal.people.models import FailedSignIn
from portal.worker import JOBS, Job, forget_sign_ins, keep_day_heads, work
from tests.support.cast import NOON

LATER = NOON + timedelta(days=1)
NOW = timedelta(0)
RARELY = timedelta(hours=1)


async def test_a_job_that_fails_is_logged_and_stops_no_other(
    database: Database, settings: Settings
) -> None:
    stop = asyncio.Event()
    ran: list[str] = []

    async def fail(*_: object) -> None:
        ran.append("failing")
        raise RuntimeError("broken")

    async def succeed(*_: object) -> None:
        ran.append("good")
        if ran.count("good") == 3:
            stop.set()

    jobs = (Job("failing", NOW, fail), Job("good", NOW, succeed))
    with capture_logs() as logs:
        async with asyncio.timeout(5):
            await work(database, settings, stop, jobs)
    assert ran.count("good") == 3
    failures = ran.count("failing")
    assert failures > 0
    assert [(line["event"], line["job"]) for line in logs] == [("job.failed", "failing")] * failures
    assert str(logs[0]["exc_info"]) == "broken"


async def test_a_job_runs_no_more_often_than_it_is_due(
    database: Database, settings: Settings
) -> None:
    stop = asyncio.Event()
    ran: list[str] = []

    async def often(*_: object) -> None:
        ran.append("often")
        if len(ran) > 4:
            stop.set()

    async def rarely(*_: object) -> None:
        ran.append("rarely")

    await work(database, settings, stop, (Job("rarely", RARELY, rarely), Job("often", NOW, often)))
    assert ran.count("rarely") == 1


async def test_a_job_is_told_the_time(database: Database, settings: Settings) -> None:
    stop = asyncio.Event()
    before = datetime.now(UTC)

    async def look(_: Database, __: Settings, at: datetime) -> None:
        assert before <= at <= datetime.now(UTC)
        stop.set()

    with capture_logs() as logs:
        await work(database, settings, stop, (Job("look", RARELY, look),))
    assert logs == []


async def test_a_stop_ends_the_waiting_at_once(database: Database, settings: Settings) -> None:
    stop, started = asyncio.Event(), asyncio.Event()

    async def start(*_: object) -> None:
        started.set()

    working = asyncio.create_task(work(database, settings, stop, (Job("a", RARELY, start),)))
    await started.wait()
    stop.set()
    async with asyncio.timeout(1):
        await working


async def test_a_job_that_hangs_delays_no_other(database: Database, settings: Settings) -> None:
    stop, others = asyncio.Event(), asyncio.Event()
    times = 0

    async def hang(*_: object) -> None:
        await others.wait()
        stop.set()

    async def go_on(*_: object) -> None:
        nonlocal times
        times += 1
        if times == 3:
            others.set()

    async with asyncio.timeout(5):
        await work(database, settings, stop, (Job("hang", NOW, hang), Job("go on", NOW, go_on)))
    assert times >= 3


async def test_how_jobs_went_is_noted_at_most_once_a_minute(
    database: Database, settings: Settings
) -> None:
    stop = asyncio.Event()
    notes: list[str] = []

    def count(*args: Any) -> None:
        notes.extend(["noted"] * ("INTO job_run" in args[2]))

    async def fail(*_: object) -> None:
        raise RuntimeError("broken: a name that nobody may read")

    ran: list[str] = []

    async def succeed(*_: object) -> None:
        ran.append("good")
        if len(ran) == 5:
            stop.set()

    begun = datetime.now(UTC)
    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    with capture_logs():
        async with asyncio.timeout(5):
            await work(database, settings, stop, (Job("bad", NOW, fail), Job("good", NOW, succeed)))
    assert len(notes) == 2
    async with database.reading() as db:
        bad, good = await db.scalars(select(JobRun).order_by(JobRun.name))
    assert (bad.at, bad.error, good.failed_at, good.error) == (None, "RuntimeError", None, "")
    assert bad.failed_at
    assert good.at
    assert begun <= min(bad.failed_at, good.at)


async def test_a_job_goes_on_where_it_cannot_be_noted(settings: Settings) -> None:
    away, stop = Database("postgresql://bihuan@127.0.0.1:1/bihuan"), asyncio.Event()
    ran: list[str] = []

    async def succeed(*_: object) -> None:
        ran.append("ran")
        if len(ran) == 3:
            stop.set()

    with capture_logs() as logs:
        await work(away, settings, stop, (Job("good", NOW, succeed),))
    await away.close()
    assert [line["event"] for line in logs] == ["job.not_noted"] * 3


async def test_a_worker_that_is_stopped_already_does_nothing(
    database: Database, settings: Settings
) -> None:
    stop = asyncio.Event()
    stop.set()
    await work(database, settings, stop)
    async with database.reading() as db:
        assert not await db.scalar(select(func.count()).select_from(JournalDay))


async def test_day_heads_are_headed_and_kept(database: Database, settings: Settings) -> None:
    for _ in range(2):
        await keep_day_heads(database, settings, LATER)
        assert [anchor.day for anchor in read_anchors(settings.anchors_file)] == [NOON.date()]


async def test_what_no_longer_serves_sign_in_is_forgotten(
    database: Database, settings: Settings
) -> None:
    async with database.writing() as db:
        db.add(FailedSignIn(login="a", address="::1", at=NOON))
        db.add(FailedSignIn(login="a", address="::1", at=LATER))
    for _ in range(2):
        await forget_sign_ins(database, settings, LATER)
        async with database.reading() as db:
            assert list(await db.scalars(select(FailedSignIn.at))) == [LATER]


@pytest.mark.every_value
@pytest.mark.parametrize("job", JOBS, ids=lambda job: str(job.name))
async def test_doing_a_job_twice_is_doing_it_once(
    database: Database, settings: Settings, job: Job
) -> None:
    await job.run(database, settings, LATER)
    await job.run(database, settings, LATER)
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(JournalDay)) in (0, 1)
