"""SQLite's driver: one trip to its thread for a statement, and all that SQLAlchemy asks of it."""

from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import OperationalError

from portal.kernel.db import one_trip
from portal.kernel.db.unit import Database
from portal.people.models import Skill

MANY = 2_500


async def fill(database: Database) -> None:
    async with database.writing() as db:
        await db.execute(insert(Skill), [{"name": f"s{n:04}"} for n in range(MANY)])


async def test_a_statement_is_one_trip(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[str] = []
    in_thread = one_trip.OneTripConnection.in_thread

    async def counted(self: Any, function: Any, *arguments: Any) -> Any:
        trips.append(str(arguments[1]))
        return await in_thread(self, function, *arguments)

    async with sqlite_database.writing() as db:
        await db.execute(select(Skill))  # the connection is made
        monkeypatch.setattr(one_trip.OneTripConnection, "in_thread", counted)
        await db.execute(select(func.count()).select_from(Skill))
        await db.execute(update(Skill).values(name=Skill.name + "x"))
        db.add(Skill(name="焊工"))
        await db.flush()
    assert [trip.split()[0] for trip in trips] == ["SELECT", "UPDATE", "INSERT"]


async def test_more_rows_than_come_at_once_all_come(sqlite_database: Database) -> None:
    await fill(sqlite_database)
    names = select(Skill.name).where(Skill.name.like("s%")).order_by(Skill.name)
    wanted = [f"s{n:04}" for n in range(MANY)]
    async with sqlite_database.reading() as db:
        assert list(await db.scalars(names)) == wanted
        assert [name async for name in await db.stream_scalars(names)] == wanted
        parts = (await db.stream_scalars(names)).partitions(700)
        assert [len(part) async for part in parts] == [700, 700, 700, 400]


async def test_what_is_left_unread_hinders_nobody(sqlite_database: Database) -> None:
    await fill(sqlite_database)
    async with sqlite_database.reading() as db:
        stream = await db.stream_scalars(select(Skill.name))
        await anext(aiter(stream))
        await stream.close()
        assert await db.scalar(select(func.count()).select_from(Skill)) or MANY <= 0
    async with sqlite_database.writing() as db:
        changed: Any = await db.execute(update(Skill).values(name=Skill.name + "x"))
        assert changed.rowcount >= MANY


async def test_a_statement_that_fails_leaves_the_connection_usable(
    sqlite_database: Database,
) -> None:
    async with sqlite_database.reading() as db:
        with pytest.raises(OperationalError):
            await db.execute(text("select nonsense from nowhere"))
        assert await db.scalar(text("select 1")) == 1
