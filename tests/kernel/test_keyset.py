"""Paging by place: rows that come or go meanwhile neither repeat nor hide others."""

import base64
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from portal.kernel.db.base import BigId, UtcTime
from portal.kernel.db.keyset import Order, Slice, fetch
from portal.kernel.db.unit import Database


class Base(DeclarativeBase):
    """Tables of these tests only."""


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    rank: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcTime())
    on: Mapped[date]


COLUMNS = {"name": Thing.name, "rank": Thing.rank, "at": Thing.at, "on": Thing.on}
START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
# A few values only, so that rows tie.
Ranks = st.lists(st.integers(0, 3), max_size=14)
walking = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def thing(number: int, rank: int) -> dict[str, object]:
    return {
        "id": number,
        "name": f"名{rank}",
        "rank": rank,
        "at": START + timedelta(microseconds=rank),
        "on": START.date() + timedelta(days=rank),
    }


@pytest.fixture
async def things(database: Database) -> Database:
    async with database.writing() as db:
        await (await db.connection()).run_sync(Base.metadata.create_all)
    return database


async def fill(database: Database, ranks: list[int]) -> None:
    async with database.writing() as db:
        await db.execute(delete(Thing))
        if ranks:
            await db.execute(insert(Thing), [thing(2 * n, rank) for n, rank in enumerate(ranks)])


async def page(database: Database, order: Order, cursor: str = "", size: int = 3) -> Slice[Thing]:
    async with database.reading() as db:
        return await fetch(db, select(Thing), order, cursor, size)


async def in_order(database: Database, order: Order) -> list[int]:
    by = [column.desc() if order.falls else column for column in (order.column, order.id)]
    async with database.reading() as db:
        return list(await db.scalars(select(Thing.id).order_by(*by)))


@walking
@given(ranks=Ranks, column=st.sampled_from(sorted(COLUMNS)), falls=st.booleans())
async def test_a_walk_forward_and_back_meets_every_row_once(
    things: Database, ranks: list[int], column: str, falls: bool
) -> None:
    await fill(things, ranks)
    order = Order(COLUMNS[column], Thing.id, falls)
    expected = await in_order(things, order)
    shown = await page(things, order)
    assert shown.newer is None
    pages = [[row.id for row in shown.rows]]
    while shown.older:
        shown = await page(things, order, shown.older)
        assert shown.newer is not None
        pages.append([row.id for row in shown.rows])
    assert [row for rows in pages for row in rows] == expected
    assert all(len(rows) == 3 for rows in pages[:-1])
    back = [[row.id for row in shown.rows]]
    while shown.newer:
        shown = await page(things, order, shown.newer)
        assert shown.older is not None
        back.append([row.id for row in shown.rows])
    assert back[::-1] == pages


@walking
@given(
    ranks=Ranks,
    changes=st.lists(st.tuples(st.integers(0, 27), st.integers(0, 3)), max_size=8),
    falls=st.booleans(),
)
async def test_rows_that_come_and_go_meanwhile_neither_repeat_nor_hide_others(
    things: Database, ranks: list[int], changes: list[tuple[int, int]], falls: bool
) -> None:
    await fill(things, ranks)
    order = Order(Thing.rank, Thing.id, falls)
    at_first = await in_order(things, order)
    met: list[int] = []
    left = list(changes)
    cursor: str | None = ""
    while cursor is not None:
        shown = await page(things, order, cursor)
        met += [row.id for row in shown.rows]
        cursor = shown.older
        if left:
            # Even numbers are the rows that were there: those go. Odd ones come.
            number, rank = left.pop()
            async with things.writing() as db:
                await db.execute(delete(Thing).where(Thing.id == number))
                if number % 2:
                    await db.execute(insert(Thing), [thing(number, rank)])
    gone = {number for number, _ in changes if number % 2 == 0}
    stayed = [number for number in at_first if number not in gone]
    assert len([n for n in met if n % 2 == 0]) == len({n for n in met if n % 2 == 0})
    assert [number for number in met if number in stayed] == stayed


async def test_behind_rows_that_are_all_gone_there_is_a_way_back(things: Database) -> None:
    for falls in (False, True):
        await fill(things, [0, 1, 2, 3])
        order = Order(Thing.rank, Thing.id, falls)
        first = await page(things, order)
        assert first.older
        async with things.writing() as db:
            await db.execute(delete(Thing).where(Thing.id.not_in([row.id for row in first.rows])))
        empty = await page(things, order, first.older)
        assert (empty.rows, empty.older) == ([], None)
        assert empty.newer
        back = await page(things, order, empty.newer)
        assert [row.id for row in back.rows] == [row.id for row in first.rows]


@pytest.mark.parametrize("column", sorted(COLUMNS))
async def test_the_way_back_works_for_every_kind_of_column(things: Database, column: str) -> None:
    await fill(things, [0, 1, 2, 3])
    order = Order(COLUMNS[column], Thing.id)
    first = await page(things, order)
    async with things.writing() as db:
        await db.execute(delete(Thing).where(Thing.id == 6))
    empty = await page(things, order, first.older or "")
    back = await page(things, order, empty.newer or "")
    assert [row.id for row in back.rows] == [0, 2, 4]


async def test_before_rows_that_are_all_gone_the_first_page_is_shown(things: Database) -> None:
    await fill(things, [0, 0, 0, 0])
    order = Order(Thing.rank, Thing.id)
    second = await page(things, order, (await page(things, order)).older or "")
    async with things.writing() as db:
        await db.execute(delete(Thing).where(Thing.id < 6))
    shown = await page(things, order, second.newer or "")
    assert ([row.id for row in shown.rows], shown.newer, shown.older) == ([6], None, None)


def packed(content: object) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


GARBAGE = [
    "x",
    "====",
    "中文",
    "a" * 5000,
    packed("null"),
    packed("[" * 20000),
    packed([]),
    packed([">"]),
    packed([">", 1]),
    packed({"a": 1}),
    packed([">", None, 1]),
    packed([">", [], 1]),
    packed([">", {}, {}]),
    packed([">", 1, "1"]),
    packed([">", 1, None]),
    packed([">", 1, 1.5]),
    packed([">", 1, 10**30]),
    packed([">", 10**30, 1]),
    packed('[">", 1e999, 1]'),
    packed('[">", 1, NaN]'),
    packed([">", "\x00", 1]),
    packed([">", "\ud800", 1]),
    packed([">", "2026-11-20T02:00:00", 1]),
    packed([">", "0001-01-01T00:00:00+23:00", 1]),
    packed([">", "9999-99-99", 1]),
]


@pytest.mark.parametrize("column", sorted(COLUMNS))
async def test_a_cursor_that_cannot_be_read_leads_to_the_first_page(
    things: Database, column: str
) -> None:
    await fill(things, [0, 1, 2, 3])
    order = Order(COLUMNS[column], Thing.id)
    for cursor in GARBAGE:
        shown = await page(things, order, cursor)
        assert [row.id for row in shown.rows] in ([0, 2, 4], []), cursor
        if column == "on":
            assert [row.id for row in shown.rows] == [0, 2, 4], cursor
