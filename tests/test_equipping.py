"""Equipping: two first starts at once leave one portal, and not two halves."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.calendar.days import SHANGHAI
from portal.company.models import WorkingSpan
from portal.demonstration.making import make
from portal.equipping import equip
from portal.kernel.db.migrating import migrate
from portal.kernel.db.turns import take_turn
from portal.kernel.db.unit import Database
from portal.people.models import Person
from portal.procedures.models import ProcedureVersion
from tests.kernel.writing import empty_database
from tests.people.support import words
from tests.support.cast import system
from tests.support.databases import opened


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgresql)])
async def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated database in which nobody is."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"
    if request.param == "postgres":
        url = empty_database(request.getfixturevalue("postgres_cluster"))
    async with opened(url) as database:
        await migrate(database)
    return url


@pytest.fixture
async def two(new_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' ways to that database."""
    async with opened(new_url) as one, opened(new_url) as other:
        yield one, other


async def test_of_two_who_equip_at_once_one_does(two: tuple[Database, Database]) -> None:
    async def start(database: Database) -> int:
        async with database.writing() as db:
            return len(await equip(db, system(), SHANGHAI))

    none, shipped = sorted(await asyncio.gather(*map(start, two)))
    assert none == 0 < shipped
    async with two[0].reading() as db:
        assert await db.scalar(select(func.count()).select_from(ProcedureVersion)) == shipped
        assert await db.scalar(select(func.count()).select_from(WorkingSpan)) == 10
    assert Counter(await words(two[0])) == {
        "calendar.seeded": 1,
        "calendar.year_confirmed": 1,
        "procedure.stored": shipped,
        "survey_template.stored": 2,
    }


async def test_of_two_who_make_the_demonstration_at_once_one_does(
    two: tuple[Database, Database],
) -> None:
    async with two[0].writing() as db:
        await equip(db, system(), SHANGHAI)
    await asyncio.gather(*(make(database, system(), SHANGHAI) for database in two))
    assert (await words(two[0])).count("demonstration.made") == 1
    async with two[1].reading() as db:
        assert await db.scalar(select(func.count()).where(Person.login == "admin")) == 1


async def test_a_turn_ends_with_its_unit(two: tuple[Database, Database]) -> None:
    order: list[str] = []
    held = asyncio.Event()

    async def first() -> None:
        async with two[0].writing() as db:
            await take_turn(db, "one")
            held.set()
            order.append("first")
            await asyncio.sleep(0)
            order.append("first ends")

    async def second() -> None:
        await held.wait()
        async with two[1].writing() as db:
            await take_turn(db, "one")
            order.append("second")

    async with asyncio.timeout(10):
        await asyncio.gather(first(), second())
    assert order == ["first", "first ends", "second"]


_START = """
import asyncio, sys
from portal.calendar.days import SHANGHAI
from portal.equipping import equip
from portal.kernel.db.unit import Database
from tests.support.cast import system
async def start():
    async with Database(sys.argv[1]).writing() as db:
        return len(await equip(db, system(), SHANGHAI))
sys.stdin.readline()
print(asyncio.run(start()))
"""


async def test_of_processes_that_start_at_once_one_equips(new_url: str) -> None:
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", _START, new_url],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    counts = sorted(int(start.communicate("go\n", timeout=60)[0]) for start in starts)
    assert counts[:2] == [0, 0]
    assert counts[2] > 0
