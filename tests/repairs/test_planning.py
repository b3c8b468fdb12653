"""The engineers' days as they are stored: hours, holidays, leave, visits, places (P06.3)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import event

from portal.company.keeping import company_calendar
from portal.customers.models import Site
from portal.kernel.db.unit import Database
from portal.people.employing import depart
from portal.people.going_away import Absence, call_off, go_away
from portal.people.models import PersonRegion, Region
from portal.people.qualifying import set_hours
from portal.repairs.booking import release
from portal.repairs.planning import Plans, dates_ahead, load_plans, middle_of, position_of
from portal.repairs.travel import Position, Source
from portal.repairs.windows import Engineer
from tests.cases.support import ZONE
from tests.people.support import act_of, person, person_id
from tests.repairs.support import HOUR, NINE, at_step, employed, only_region, place, qualified
from tests.support.cast import NOON, system

MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 28)


async def plans(database: Database, *dates: date, only: int | None = None) -> Plans:
    async with database.reading() as db:
        return await load_plans(db, await company_calendar(db, ZONE), dates or [MONDAY], only)


async def the_engineer(database: Database, *dates: date) -> Engineer:
    found = await plans(database, *dates)
    (engineer,) = found.engineers
    return engineer


def spans(engineer: Engineer, day: int = 0) -> list[str]:
    return [
        f"{begin.astimezone(ZONE):%H:%M}-{end.astimezone(ZONE):%H:%M}"
        for begin, end in engineer.days[day].shifts
    ]


async def leave(database: Database, begin: datetime, end: datetime) -> int:
    async with database.writing() as db:
        who = (await person(db, "engineer")).id
        return (await go_away(db, system(), who, Absence(begin, end, "", None))).id


async def test_those_who_can_be_sent_are_the_engineers_who_are_still_here(
    database: Database,
) -> None:
    second = await employed(database, "second")
    assert [one.name for one in (await plans(database)).engineers] == ["赵磊", "工程师second"]
    async with database.writing() as db:
        await depart(db, system(), await person(db, "engineer"))
    assert [one.id for one in (await plans(database)).engineers] == [second]
    clerk = await person_id(database, "clerk")
    assert [one.id for one in (await plans(database, only=clerk)).engineers] == [clerk]


async def test_somebody_without_hours_works_by_the_companys_calendar(database: Database) -> None:
    engineer = await the_engineer(database, MONDAY, SATURDAY)
    assert spans(engineer) == ["08:30-12:00", "13:30-17:30"]
    assert spans(engineer, 1) == []


async def test_hours_of_ones_own_hold_but_not_on_the_companys_holidays(database: Database) -> None:
    async with database.writing() as db:
        hours = {0: (480, 1200), 5: (540, 720)}
        await set_hours(db, system(), await person(db, "engineer"), hours)
    tuesday, spring = MONDAY + timedelta(days=1), date(2026, 2, 16)  # 春节, a Monday
    engineer = await the_engineer(database, MONDAY, tuesday, SATURDAY, spring)
    assert [spans(engineer, day) for day in range(4)] == [["08:00-20:00"], [], ["09:00-12:00"], []]


async def test_on_a_make_up_day_people_work_as_on_the_weekday_it_is_like(
    database: Database,
) -> None:
    sunday = date(2026, 9, 20)  # 国庆节调休, like a Monday
    assert spans(await the_engineer(database, sunday)) == ["08:30-12:00", "13:30-17:30"]
    async with database.writing() as db:
        await set_hours(db, system(), await person(db, "engineer"), {0: (600, 700), 6: (0, 60)})
    assert spans(await the_engineer(database, sunday)) == ["10:00-11:40"]


async def test_leave_is_cut_out_and_what_was_called_off_is_not(database: Database) -> None:
    leave_id = await leave(database, NINE + HOUR, NINE + 6 * HOUR)
    assert spans(await the_engineer(database)) == ["08:30-10:00", "15:00-17:30"]
    found = await plans(database)
    assert [len(windows) for windows in found.leaves.values()] == [1]
    act = await act_of(database, "engineer", NINE + 2 * HOUR)
    async with database.writing() as db:
        await call_off(db, act, leave_id)
    assert spans(await the_engineer(database)) == ["08:30-10:00", "11:00-12:00", "13:30-17:30"]


async def test_a_leave_called_off_before_it_began_is_none(database: Database) -> None:
    leave_id = await leave(database, NINE, NINE + HOUR)
    act = await act_of(database, "engineer")
    async with database.writing() as db:
        await call_off(db, act, leave_id)
    assert (await plans(database)).leaves == {}
    assert spans(await the_engineer(database)) == ["08:30-12:00", "13:30-17:30"]


async def test_visits_stand_in_the_day_with_their_place_until_they_are_released(
    database: Database,
) -> None:
    it = await at_step(database, "visit")
    region = await only_region(database)
    await place(database, it, region_id=region.id)
    engineer = await the_engineer(database, MONDAY, MONDAY + timedelta(days=1))
    (booked,) = engineer.days[0].booked
    assert (booked.from_at, booked.until_at) == (NINE, NINE + 2 * HOUR)
    assert booked.position == Position(30.6, 104.12, Source.REGION)
    assert engineer.days[1].booked == ()
    async with database.writing() as db:
        await release(db, system(), it.id)
    assert (await the_engineer(database)).days[0].booked == ()


async def test_skills_levels_regions_and_the_middle_of_them_are_known(database: Database) -> None:
    await qualified(database, level=3)
    engineer = await the_engineer(database)
    assert list(engineer.skills.values()) == [3]
    assert engineer.regions == {(await only_region(database)).id}
    assert engineer.base == Position(30.6, 104.12, Source.REGION)


def test_the_base_is_the_middle_of_the_regions_whose_middle_is_known() -> None:
    places: Sequence[tuple[float | None, float | None]] = [(30.0, 104.0), (31.0, 105.0)]
    regions = [Region(name="x", latitude=north, longitude=east) for north, east in places]
    unknown = Region(name="y", latitude=None, longitude=None)
    assert middle_of([*regions, unknown]) == Position(30.5, 104.5, Source.REGION)
    assert middle_of([unknown]) is None
    assert middle_of([]) is None


def test_a_position_comes_from_the_site_or_its_region_or_is_unknown() -> None:
    region = Region(name="锦江区", latitude=30.6, longitude=104.12)
    assert position_of(None) is None
    assert position_of(Site(region=None)) is None
    assert position_of(Site(region=region)) == Position(30.6, 104.12, Source.REGION)
    known = Site(region=region, latitude=30.0, longitude=104.0, position_source="arrival")
    assert position_of(known) == Position(30.0, 104.0, Source.ARRIVAL)
    known.position_source = None
    assert position_of(known) == Position(30.0, 104.0, Source.TYPED)


async def test_ten_working_days_ahead_span_the_weekends_between(database: Database) -> None:
    async with database.reading() as db:
        calendar = await company_calendar(db, ZONE)
    dates = dates_ahead(calendar, NOON)  # a Friday
    assert (dates[0], dates[-1], len(dates)) == (date(2026, 11, 20), date(2026, 12, 3), 14)


async def test_the_number_of_statements_does_not_grow_with_the_engineers(
    database: Database,
) -> None:
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    await qualified(database)
    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    await plans(database)
    few = len(statements)
    for number in range(5):
        login = f"more{number}"
        await employed(database, login)
        await qualified(database, login)
    await at_step(database, "visit")
    statements.clear()
    found = await plans(database)
    assert len(found.engineers) == 6
    assert len(statements) == few <= 11, "\n".join(statements)


async def test_a_region_without_a_middle_leaves_the_base_unknown(database: Database) -> None:
    async with database.writing() as db:
        region = Region(name="新区")
        db.add(region)
        await db.flush()
        db.add(PersonRegion(person_id=(await person(db, "engineer")).id, region_id=region.id))
    engineer = await the_engineer(database)
    assert (len(engineer.regions), engineer.base) == (1, None)
