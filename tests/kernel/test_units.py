"""Units of work: return commits, raise rolls back, and no update is lost."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.recording import record
from portal.kernel.problems import BUSY, Problem
from portal.kernel.settings import BadSetting
from portal.people.models import Region, Skill
from tests.support.cast import system
from tests.support.databases import Postgres, Sqlite, opened


async def skill_names(database: Database) -> set[str]:
    async with database.reading() as db:
        return set(await db.scalars(select(Skill.name)))


async def test_eight_tasks_that_count_together_lose_nothing(database: Database) -> None:
    async with database.writing() as db:
        counter = Region(name="计数", latitude=0.0)
        db.add(counter)

    async def count() -> None:
        for _ in range(40):
            async with database.writing() as db:
                locked = select(Region).where(Region.name == "计数").with_for_update()
                row = (await db.scalars(locked)).one()
                assert row.latitude is not None
                row.latitude += 1

    await asyncio.gather(*(count() for _ in range(8)))
    async with database.reading() as db:
        assert await db.scalar(select(Region.latitude).where(Region.name == "计数")) == 320


async def test_returning_commits(database: Database) -> None:
    async with database.writing() as db:
        db.add(Skill(name="焊接"))
    assert "焊接" in await skill_names(database)


async def test_raising_rolls_back_rows_and_journal(database: Database) -> None:
    async with database.reading() as db:
        before = await db.scalar(select(func.count()).select_from(JournalEntry))

    async def fail() -> None:
        async with database.writing() as db:
            db.add(Skill(name="焊接"))
            record(db, system(), "skill.saved", "skill:1")
            await db.flush()
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    assert "焊接" not in await skill_names(database)
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(JournalEntry)) == before


async def test_a_reading_unit_never_writes(database: Database) -> None:
    async with database.reading() as db:
        db.add(Skill(name="焊接"))
        await db.execute(update(Skill).values(name="改了"))
        await db.flush()
    assert await skill_names(database) == {"液压系统"}


async def test_a_reading_unit_sees_one_moment(database: Database) -> None:
    async with database.reading() as db:
        assert set(await db.scalars(select(Skill.name))) == {"液压系统"}
        async with database.writing() as other:
            other.add(Skill(name="焊接"))
        assert set(await db.scalars(select(Skill.name))) == {"液压系统"}
    assert await skill_names(database) == {"液压系统", "焊接"}


async def test_a_cancelled_unit_rolls_back_and_lets_the_next_one_in(database: Database) -> None:
    inside = asyncio.Event()

    async def never_ends() -> None:
        async with database.writing() as db:
            db.add(Skill(name="焊接"))
            await db.flush()
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(2), database.writing() as db:
        db.add(Skill(name="钣金"))
    assert await skill_names(database) == {"液压系统", "钣金"}


async def test_a_unit_cancelled_within_a_statement_lets_the_next_one_in(
    database: Database,
) -> None:
    slow = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000000) "
        "select max(i) from n"
        if database.is_sqlite
        else "select pg_sleep(20)"
    )
    inside = asyncio.Event()

    async def never_ends() -> None:
        async with database.writing() as db:
            db.add(Skill(name="焊接"))
            await db.flush()
            inside.set()
            await db.execute(text(slow))

    task = asyncio.create_task(never_ends())
    await inside.wait()
    for _ in range(5):  # as far as into the statement
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5), database.writing() as db:
        db.add(Skill(name="钣金"))
    assert await skill_names(database) == {"液压系统", "钣金"}


async def test_a_unit_cancelled_while_it_waits_leaves_the_queue(sqlite: Sqlite) -> None:
    async with opened(sqlite.fresh()) as database:

        async def add() -> None:
            async with database.writing() as db:
                db.add(Skill(name="焊接"))

        async with database.writing() as db:
            db.add(Skill(name="钣金"))
            waiting = asyncio.create_task(add())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await add()
        assert await skill_names(database) == {"液压系统", "钣金", "焊接"}


async def test_sqlite_runs_with_what_keeps_every_commit(sqlite: Sqlite) -> None:
    database = Database(sqlite.fresh())
    async with database.reading() as db:
        found = {
            name: await db.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    await database.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


@pytest.mark.postgresql
async def test_postgresql_waits_for_a_lock_only_so_long(postgres_url: str) -> None:
    async with opened(postgres_url) as database, database.reading() as db:
        assert await db.scalar(text("show lock_timeout")) == "10s"


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    return postgres.fresh()


@contextmanager
def another_process_writes(path: Path) -> Iterator[None]:
    """Hold the write lock of the file at ``path`` in a process of its own."""
    program = (
        "import sqlite3, sys\n"
        "held = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "held.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield


async def test_a_lock_held_elsewhere_is_an_error_and_not_a_success(sqlite: Sqlite) -> None:
    url = sqlite.fresh()
    database = Database(url, patience=0.05)
    with another_process_writes(Path(url.partition("///")[2])):
        with pytest.raises(OperationalError, match="locked"):
            async with database.writing() as db:
                db.add(Skill(name="焊接"))
        assert "焊接" not in await skill_names(database)  # readers are not held up
    async with database.writing() as db:
        db.add(Skill(name="钣金"))
    assert await skill_names(database) == {"液压系统", "钣金"}
    await database.close()


@pytest.mark.postgresql
async def test_a_row_locked_elsewhere_is_an_error_and_not_a_success(postgres_url: str) -> None:
    impatient = Database(postgres_url, patience=0.05)
    async with opened(postgres_url) as holder, holder.writing() as db:
        await db.execute(select(Skill).with_for_update())
        with pytest.raises(OperationalError, match="lock timeout"):
            async with impatient.writing() as other:
                await other.execute(update(Skill).values(name="改了"))
    assert await skill_names(impatient) == {"液压系统"}
    await impatient.close()


async def test_a_unit_inside_a_unit_ends_as_busy_instead_of_never(sqlite: Sqlite) -> None:
    database = Database(sqlite.fresh(), patience=0.05)
    with pytest.raises(Problem) as refused:
        async with database.writing(), database.writing():
            raise AssertionError("both were let in")
    assert refused.value.kind is BUSY
    async with database.writing() as db:
        db.add(Skill(name="钣金"))
    await database.close()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense", ""])
def test_another_database_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(BadSetting, match="BIHUAN_DATABASE_URL") as refused:
        Database(url)
    assert "\n" not in str(refused.value)


async def test_errors_of_the_database_do_not_show_what_was_written(database: Database) -> None:
    with pytest.raises(DBAPIError) as refused:
        async with database.writing() as db:
            await db.execute(text("insert into nowhere values (:phone)"), {"phone": "13912345678"})
    assert "13912345678" not in str(refused.value)
