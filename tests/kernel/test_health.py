"""Whether this process can serve, for whoever watches it."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text

from portal.app import Portal
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from tests.support.browser import Browser, browsing

NewBrowser = Callable[..., Awaitable[Browser]]


async def test_a_portal_that_can_serve_says_so(browser: NewBrowser) -> None:
    answer = await (await browser()).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "database": "answers"})


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
