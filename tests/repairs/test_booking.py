"""A window agreed takes the engineer's time, once, and gives it back (P06.4)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.cases.handing_over import give_on
from portal.cases.models import Case
from portal.cases.reassigning import reassign
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.problems import Kind, Problem
from portal.people.employing import depart
from portal.people.models import Person
from portal.procedures.events import Withdrawn
from portal.procedures.forms import Value
from portal.repairs.booking import Slot, book, release
from portal.repairs.models import Visit
from portal.repairs.problems import ENGINEER_MISSING, SLOT_TAKEN, WINDOW_IMPOSSIBLE
from portal.repairs.windows import Window
from tests.cases.support import ZONE, Matter, happen
from tests.people.support import act_of, person, person_id
from tests.repairs.support import HOUR, NINE, at_step, employed, visits, window
from tests.support.cast import NOON, system

pytestmark = pytest.mark.every_value

LATER = NINE + 3 * HOUR


async def refused(doing: Awaitable[None]) -> Kind:
    with pytest.raises(Problem) as problem:
        await doing
    return problem.value.kind


async def test_an_agreed_window_is_a_visit_of_the_engineer_and_on_record(
    database: Database,
) -> None:
    it = await at_step(database, "visit")
    (visit,) = await visits(database)
    assert (visit.case_id, visit.engineer_id) == (it.id, await person_id(database, "engineer"))
    assert (visit.from_at, visit.until_at) == (NINE, NINE + 2 * HOUR)
    assert (visit.booked_at, visit.released_at) == (NOON, None)
    async with database.reading() as db:
        query = select(JournalEntry).where(JournalEntry.word == "visit.booked")
        entry = (await db.scalars(query)).one()
        assert visit.task_id == (await it.row(db, "appoint")).id
    assert entry.subject == f"case:{it.id}"
    assert f'"visit":{visit.id}' in entry.body.replace(" ", "")


async def test_a_taken_slot_rolls_the_whole_answer_back(database: Database) -> None:
    await at_step(database, "visit")
    other = await at_step(database, "appoint")
    overlapping = window(NINE + HOUR)
    assert await refused(other.answer("clerk", "appoint", "agreed", **overlapping)) is SLOT_TAKEN
    assert await other.open_steps() == ["appoint"]
    assert len(await visits(database)) == 1


async def test_windows_may_touch_and_other_engineers_are_free(database: Database) -> None:
    await at_step(database, "visit")
    after, before = [await at_step(database, "appoint") for _ in range(2)]
    await after.answer("clerk", "appoint", "agreed", **window(NINE + 2 * HOUR))
    await before.answer("clerk", "appoint", "agreed", **window(NINE - 2 * HOUR))
    await employed(database, "second")
    another = await at_step(database, "dispatch")
    await another.answer("dispatcher", "dispatch", "assigned", engineer="second", reason="近")
    await another.answer("clerk", "appoint", "agreed", **window())
    assert len(await visits(database)) == 4


async def test_twenty_who_take_the_same_slot_at_once_are_one_who_gets_it(
    database: Database,
) -> None:
    cases = [await at_step(database, "appoint") for _ in range(20)]
    found = await asyncio.gather(
        *(it.answer("clerk", "appoint", "agreed", **window()) for it in cases),
        return_exceptions=True,
    )
    assert [one for one in found if one is None] == [None]
    problems = [one.kind for one in found if isinstance(one, Problem)]
    assert problems == [SLOT_TAKEN] * 19
    assert len(await visits(database)) == 1
    assert sum([await it.open_steps() == ["visit"] for it in cases]) == 1


@pytest.mark.parametrize(
    ("begin", "hours"),
    [(NOON, 2), (NOON - HOUR, 4), (NINE, 0), (NINE, -1), (NINE, 25)],
    ids=["now", "past", "empty", "backwards", "more than a day"],
)
async def test_a_window_lies_ahead_and_ends_within_a_day_after_it_begins(
    database: Database, begin: datetime, hours: float
) -> None:
    it = await at_step(database, "appoint")
    slot = Slot(await person_id(database, "engineer"), Window(begin, begin + hours * HOUR))

    async def booking() -> None:
        async with database.writing() as db:
            await book(db, system(), await it.row(db, "appoint"), slot)

    assert await refused(booking()) is WINDOW_IMPOSSIBLE
    assert await visits(database) == []


async def test_nobody_who_has_left_is_booked(database: Database) -> None:
    it = await at_step(database, "appoint")
    async with database.writing() as db:
        await depart(db, system(), await person(db, "engineer"))
    answered = it.answer("clerk", "appoint", "agreed", **window())
    assert await refused(answered) is ENGINEER_MISSING


async def test_a_case_without_an_engineer_books_nobody(database: Database) -> None:
    it = await at_step(database, "appoint")
    async with database.writing() as db:
        case = await db.get_one(Case, it.id)
        case.facts = {key: value for key, value in case.facts.items() if key != "engineer"}
    answered = it.answer("clerk", "appoint", "agreed", **window())
    assert await refused(answered) is ENGINEER_MISSING


def _nobody_home(it: Matter) -> Awaitable[None]:
    return it.answer("engineer", "visit", "nobody_home")


def _moved(it: Matter) -> Awaitable[None]:
    return it.answer("engineer", "visit", "moved")


def _cannot(it: Matter) -> Awaitable[None]:
    return it.answer("engineer", "visit", "engineer_cannot")


def _not_solved(it: Matter) -> Awaitable[None]:
    fields: dict[str, Value] = {"fault": "缺件", "minutes": 30, "remaining": "等配件"}
    return it.answer("engineer", "visit", "not_solved", **fields)


def _repaired(it: Matter) -> Awaitable[None]:
    fields: dict[str, Value] = {"fault": "缺氟", "tools": "压力表", "parts": "无", "minutes": 45}
    return it.answer("engineer", "visit", "repaired", **fields)


async def _withdrawn(it: Matter) -> None:
    assert await happen(it.database, it.id, Withdrawn("不用修了"), it.now) is None


@pytest.mark.parametrize("end", [_nobody_home, _moved, _cannot, _not_solved, _repaired, _withdrawn])
async def test_whatever_ends_a_visit_gives_the_time_back(
    database: Database, end: Callable[[Matter], Awaitable[None]]
) -> None:
    it = await at_step(database, "visit")
    it.now = NINE - HOUR
    await end(it)
    (visit,) = await visits(database)
    assert visit.released_at == it.now
    other = await at_step(database, "appoint")
    await other.answer("clerk", "appoint", "agreed", **window())
    assert [one.released_at for one in await visits(database)] == [it.now, None]


async def test_releasing_again_changes_nothing(database: Database) -> None:
    it = await at_step(database, "visit")
    for hours in (1, 2):
        async with database.writing() as db:
            await release(db, system(NOON + timedelta(hours=hours)), it.id)
    (visit,) = await visits(database)
    assert visit.released_at == NOON + HOUR
    async with database.reading() as db:
        query = select(JournalEntry).where(JournalEntry.word == "visit.released")
        assert len((await db.scalars(query)).all()) == 1


async def test_a_case_that_agrees_anew_keeps_one_visit(database: Database) -> None:
    it = await at_step(database, "visit")
    await it.answer("engineer", "visit", "moved")
    await it.answer("clerk", "appoint", "agreed", **window(NINE + HOUR))
    assert [one.released_at is None for one in await visits(database)] == [False, True]


async def test_a_visit_lasts_until_it_is_released(database: Database) -> None:
    await at_step(database, "visit")
    (visit,) = await visits(database)
    assert visit.ended_at == NINE + 2 * HOUR
    visit.released_at = NINE + HOUR
    assert visit.ended_at == NINE + HOUR
    visit.released_at = LATER
    assert visit.ended_at == NINE + 2 * HOUR


async def _add(database: Database, like: Visit, **other: object) -> int:
    given = {
        "case_id": like.case_id,
        "task_id": like.task_id,
        "engineer_id": like.engineer_id,
        "from_at": like.from_at,
        "until_at": like.until_at,
        "booked_at": NOON,
    }
    visit = Visit(**(given | other))
    async with database.writing() as db:
        db.add(visit)
    return visit.id


@pytest.mark.parametrize(("begin", "end"), [(0, 2), (-1, 1), (1, 3), (0.5, 1), (-1, 4)])
async def test_the_database_itself_refuses_an_overlap(
    database: Database, begin: float, end: float
) -> None:
    await at_step(database, "visit")
    (visit,) = await visits(database)
    span = {"from_at": NINE + begin * HOUR, "until_at": NINE + end * HOUR}
    with pytest.raises(IntegrityError):
        await _add(database, visit, **span)
    await _add(database, visit, **span, released_at=NOON)
    await _add(database, visit, **span, engineer_id=await person_id(database, "head"))


async def test_the_database_itself_refuses_to_move_or_revive_a_visit_into_another(
    database: Database,
) -> None:
    await at_step(database, "visit")
    (visit,) = await visits(database)
    gone = await _add(database, visit, released_at=NOON)
    apart = await _add(database, visit, from_at=LATER, until_at=LATER + HOUR)
    changes: list[tuple[int, dict[str, datetime | None]]] = [
        (gone, {"released_at": None}),
        (apart, {"from_at": NINE}),
        (visit.id, {"until_at": LATER + HOUR}),
    ]
    for key, change in changes:
        with pytest.raises(IntegrityError):
            await _change(database, key, **change)
    await _change(database, visit.id, until_at=LATER)
    first, *_ = await visits(database)
    assert first.until_at == LATER


async def _change(database: Database, visit_id: int, **change: datetime | None) -> None:
    async with database.writing() as db:
        found = await db.get_one(Visit, visit_id)
        for name, value in change.items():
            setattr(found, name, value)


async def test_what_the_journal_keeps_of_a_visit_names_nobody(database: Database) -> None:
    await at_step(database, "visit")
    async with database.reading() as db:
        entry = (
            await db.scalars(select(JournalEntry).where(JournalEntry.word == "visit.booked"))
        ).one()
        names = list(await db.scalars(select(Person.name)))
    assert not any(name in entry.body for name in (*names, "孙大爷"))


async def hand(database: Database, it: Matter, to: str, reason: str = "病了") -> None:
    act = await act_of(database, "dispatcher")
    taker = await person_id(database, to)
    async with database.writing() as db:
        await reassign(db, act, await it.row(db, "visit"), taker, reason, ZONE)


async def test_a_visit_that_changes_hands_takes_its_window_along(database: Database) -> None:
    other = await employed(database, "second")
    it = await at_step(database, "visit")
    await hand(database, it, "second")
    held = [visit for visit in await visits(database) if visit.released_at is None]
    assert [(one.engineer_id, one.from_at) for one in held] == [(other, NINE)]


async def test_a_visit_is_not_handed_to_who_has_another_then(database: Database) -> None:
    second = await employed(database, "second")
    other = await at_step(database, "appoint")
    async with database.writing() as db:
        task = await other.row(db, "appoint")
        await book(db, system(), task, Slot(second, Window(NINE, LATER)))
    it = await at_step(database, "visit")
    assert await refused(hand(database, it, "second")) is SLOT_TAKEN
    async with database.reading() as db:
        assert (await it.row(db, "visit")).owner_id == await person_id(database, "engineer")


@pytest.mark.parametrize("is_taken", [False, True])
async def test_what_a_leaver_was_to_visit_goes_on_or_is_agreed_anew_r1(
    database: Database, is_taken: bool
) -> None:
    it = await at_step(database, "visit")
    manager = await person_id(database, "manager")
    if is_taken:
        other = await at_step(database, "appoint")
        async with database.writing() as db:
            task = await other.row(db, "appoint")
            await book(db, system(), task, Slot(manager, Window(NINE, LATER)))
    async with database.writing() as db:
        await depart(db, system(), await person(db, "engineer"))
    assert await give_on(database, ZONE, NOON) >= 1
    held = [
        visit
        for visit in await visits(database)
        if visit.released_at is None and visit.case_id == it.id
    ]
    assert [visit.engineer_id for visit in held] == ([] if is_taken else [manager])
