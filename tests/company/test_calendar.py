"""The company's calendar: what counting gets from it, and who keeps it (R5)."""

from datetime import date

import pytest

from portal.calendar.counting import due
from portal.calendar.days import SHANGHAI, Kind
from portal.calendar.durations import parse_duration
from portal.company.keeping import (
    Listed,
    company_calendar,
    confirm_year,
    confirmed_years,
    listed_days,
    set_day,
    set_week,
    year_to_import,
)
from portal.company.seeding import seed
from portal.kernel.db.unit import Database
from tests.company.support import bodies, version_at
from tests.people.support import NewBrowser
from tests.support.cast import NOON, system


async def reached(database: Database, duration: str) -> str:
    """When a limit from Friday, 20 November 2026, 10:00 is due."""
    async with database.reading() as db:
        found = due(await company_calendar(db, SHANGHAI), NOON, parse_duration(duration))
    return f"{found.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}{' provisional' * found.provisional}"


async def test_a_new_portal_counts_by_the_usual_week_and_the_official_days(
    database: Database,
) -> None:
    assert await reached(database, "1 wd") == "2026-11-23 10:00"
    assert await reached(database, "3 months") == "2027-02-22 17:30 provisional"


async def test_seeding_again_changes_nothing(database: Database) -> None:
    async with database.writing() as db:
        await set_day(db, system(), None, date(2026, 10, 1))
    async with database.writing() as db:
        await seed(db, system(), first_year=2026)
    async with database.reading() as db:
        calendar = await company_calendar(db, SHANGHAI)
    assert calendar.spans_on(date(2026, 10, 1)) != ()


async def test_a_day_off_moves_what_is_counted_over_it_and_an_ordinary_day_moves_it_back(
    database: Database,
) -> None:
    monday = date(2026, 11, 23)
    async with database.writing() as db:
        await set_day(db, system(), Listed(monday, Kind.DAY_OFF, "盘点"), monday)
    assert await reached(database, "1 wd") == "2026-11-24 10:00"
    async with database.writing() as db:
        await set_day(db, system(), None, monday)
    assert await reached(database, "1 wd") == "2026-11-23 10:00"


async def test_a_confirmed_year_is_no_longer_provisional(database: Database) -> None:
    listed = [Listed(date(2027, 2, 22), Kind.HOLIDAY, "停工")]
    async with database.writing() as db:
        assert await confirm_year(db, system(), 2027, listed) == 1
    assert await reached(database, "3 months") == "2027-02-23 17:30"


async def test_r5_an_older_year_takes_nothing_back_and_a_gap_stays_a_gap(
    database: Database,
) -> None:
    for year in (2028, 2020):
        async with database.writing() as db:
            await confirm_year(db, system(), year, [])
    async with database.reading() as db:
        assert await confirmed_years(db) == {2020, 2026, 2028}
    assert await reached(database, "1 wd") == "2026-11-23 10:00"
    assert await reached(database, "3 months") == "2027-02-22 17:30 provisional"
    assert await reached(database, "15 months") == "2028-02-21 17:30"


async def test_a_program_that_knows_a_newer_year_brings_it_to_a_portal_that_is_there(
    database: Database, known_2027: dict[date, str]
) -> None:
    company_day = Listed(date(2027, 5, 4), Kind.DAY_OFF, "厂庆")
    async with database.writing() as db:
        await set_day(db, system(), company_day, company_day.day)
    for new in ([2027], []):
        async with database.writing() as db:
            assert await seed(db, system(), first_year=2026) == new
    async with database.reading() as db:
        assert await confirmed_years(db) == {2026, 2027}
        days = await listed_days(db, 2027)
    assert days.pop(company_day.day) == company_day
    assert days.keys() == known_2027.keys()
    changes = (await bodies(database, "calendar.year_confirmed"))[-1]
    assert changes["year"] == 2027
    assert [day["day"] for day in changes["changed"]] == ["2027-01-01", "2027-10-01"]


async def test_a_year_that_somebody_imported_is_left_as_it_is(
    database: Database, known_2027: dict[date, str]
) -> None:
    imported = Listed(date(2027, 3, 1), Kind.HOLIDAY, "停工")
    async with database.writing() as db:
        await confirm_year(db, system(), 2027, [imported])
    async with database.writing() as db:
        assert await seed(db, system(), first_year=2026) == []
    async with database.reading() as db:
        assert await listed_days(db, 2027) == {imported.day: imported}
    assert known_2027.keys().isdisjoint({imported.day})


@pytest.mark.parametrize(
    ("confirmed", "today", "year"),
    [
        ({2026}, date(2026, 10, 31), None),
        ({2026}, date(2026, 11, 1), 2027),
        ({2026, 2028}, date(2026, 12, 31), 2027),
        ({2026, 2027}, date(2026, 12, 31), None),
        ({2026}, date(2027, 1, 1), 2027),
        (set(), date(2026, 12, 1), 2026),
    ],
)
def test_r5_a_year_is_due_from_november_before_it_on(
    confirmed: set[int], today: date, year: int | None
) -> None:
    assert year_to_import(confirmed, today) == year


async def test_r2_the_journal_keeps_what_a_day_a_week_and_a_year_were_and_became(
    database: Database,
) -> None:
    day = date(2027, 3, 1)
    stop, work = Listed(day, Kind.HOLIDAY, "停工"), Listed(day, Kind.WORKING, "补班", 4)
    unchanged = Listed(date(2027, 3, 2), Kind.HOLIDAY, "停工")
    async with database.writing() as db:
        await set_day(db, system(), stop, day)
        await set_day(db, system(), unchanged, unchanged.day)
        await confirm_year(db, system(), 2027, [work, unchanged])
        await set_day(db, system(), None, day)
        await set_week(db, system(), [[(540, 1440)], *[[]] * 6])
    was = {"kind": "holiday", "name": "停工", "like": None}
    became = {"kind": "working", "name": "补班", "like": 4}
    first, _, last = await bodies(database, "calendar.day_set")
    assert first == {"day": "2027-03-01", "was": None, "became": was}
    assert last == {"day": "2027-03-01", "was": became, "became": None}
    assert (await bodies(database, "calendar.year_confirmed"))[-1] == {
        "year": 2027,
        "changed": [{"day": "2027-03-01", "was": was, "became": became}],
    }
    office = [[510, 720], [810, 1050]]
    assert await bodies(database, "calendar.week_set") == [
        {"was": [office] * 5 + [[]] * 2, "became": [[[540, 1440]], *[[]] * 6]}
    ]


async def test_an_administrator_imports_a_year_and_a_faulty_list_changes_nothing(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    page = await admin.upload("/calendar/years", {"year": "2027"}, "2027-01-01,休息,元旦".encode())
    assert page.status_code == 422
    assert "2027-01-01,休息,元旦" in page.text
    page = await admin.upload("/calendar/years", {"year": "2027"}, "2027/1/1,放假,元旦".encode())
    assert page.status_code == 303
    async with database.reading() as db:
        calendar = await company_calendar(db, SHANGHAI)
    assert calendar.confirmed_years == {2026, 2027}
    assert calendar.exceptions[date(2027, 1, 1)].name == "元旦"


async def test_a_week_without_working_time_is_refused_and_what_was_typed_stays(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    assert (await admin.post("/calendar/week", {})).status_code == 422
    page = await admin.post("/calendar/week", {"day_0": "12:00-8:00"})
    assert page.status_code == 422
    assert "12:00-8:00" in page.text
    assert await reached(database, "1 wd") == "2026-11-23 10:00"
    version = await version_at(admin, "/calendar/week")
    await admin.post(
        "/calendar/week", {"version": version, "day_5": "09:00-12:00", "day_6": "9:00至12:00"}
    )
    assert await reached(database, "1 wd") == "2026-11-22 09:00"


async def test_trial_dates_far_from_our_time_are_refused_next_to_the_field(
    browser: NewBrowser,
) -> None:
    plain = await browser("plain")
    for year in ("0001-01-01", "9999-12-31"):
        page = await plain.get(f"/procedures/P06?received_at={year}T00:00")
        assert page.status_code == 422
        assert "field-error" in page.text
