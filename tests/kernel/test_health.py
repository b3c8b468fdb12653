"""Whether this process can serve, for whoever watches it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import text

from portal.app import Portal
from portal.health import WATCHED
from portal.kernel.db.unit import Database
from portal.kernel.job_runs import note_run
from portal.kernel.settings import Settings
from portal.worker import JOBS
from tests.conftest import Clock
from tests.support.browser import Browser, browsing

NewBrowser = Callable[..., Awaitable[Browser]]


async def test_a_portal_that_can_serve_says_so(browser: NewBrowser) -> None:
    answer = await (await browser()).get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "database": "answers", "worker": "starts"}


async def test_r8_a_worker_that_rests_for_five_minutes_is_unwell(
    browser: NewBrowser, database: Database, clock: Clock
) -> None:
    nobody = await browser()

    async def asked() -> tuple[int, bool, str]:
        answer = await nobody.get("/healthz")
        body = answer.json()
        return answer.status_code, body["ok"], body["worker"]

    clock.forward(minutes=5)
    assert await asked() == (200, True, "starts")
    clock.forward(seconds=1)
    assert await asked() == (503, False, "silent since 2026-11-20T02:00:00+00:00")
    async with database.writing() as db:
        await note_run(db, WATCHED, clock.now, "ValueError")
        await note_run(db, "another", clock.now)
    assert await asked() == (503, False, "silent since 2026-11-20T02:00:00+00:00")
    async with database.writing() as db:
        await note_run(db, WATCHED, clock.now)
    assert await asked() == (200, True, "runs")
    clock.forward(minutes=5)
    assert await asked() == (200, True, "runs")
    clock.forward(minutes=1)
    async with database.writing() as db:
        await note_run(db, WATCHED, clock.now, "ValueError: of somebody")
    assert await asked() == (503, False, "silent since 2026-11-20T02:05:01+00:00")
    assert "somebody" not in (await nobody.get("/healthz")).text


async def test_a_portal_that_was_switched_off_has_its_five_minutes(
    browser: NewBrowser, database: Database, clock: Clock
) -> None:
    async with database.writing() as db:
        await note_run(db, WATCHED, clock.now - timedelta(days=2))
    nobody = await browser()
    assert (await nobody.get("/healthz")).json()["worker"] == "starts"
    clock.forward(minutes=6)
    answer = await nobody.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["worker"] == "silent since 2026-11-18T02:00:00+00:00"


def test_the_job_that_is_watched_is_one_of_the_workers() -> None:
    assert WATCHED in {job.name for job in JOBS}


async def test_a_database_that_is_newer_is_unwell(browser: NewBrowser, database: Database) -> None:
    async with database.writing() as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = await (await browser()).get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "database": "is newer than the program"}


async def test_a_database_that_is_older_is_unwell(browser: NewBrowser, database: Database) -> None:
    async with database.writing() as db:
        await db.execute(text("DELETE FROM alembic_version"))
    answer = await (await browser()).get("/healthz")
    assert (answer.status_code, answer.json()["ok"]) == (503, False)
    assert answer.json()["migrations"][0].startswith("0001 ")


async def test_a_database_that_is_away_is_unwell_and_says_no_more(settings: Settings) -> None:
    database = Database("postgresql://bihuan:s3cret@127.0.0.1:1/bihuan")
    async with browsing(Portal(settings, database)) as nobody:
        answer = await nobody.get("/healthz")
    await database.close()
    assert (answer.status_code, answer.json()) == (
        503,
        {"ok": False, "database": "OperationalError"},
    )
