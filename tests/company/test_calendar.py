"""The company's calendar: what counting gets from it, and who keeps it (R5)."""

from datetime import date

from portal.calendar.counting import due
from portal.calendar.days import SHANGHAI, Kind
from portal.calendar.durations import parse_duration
from portal.company.keeping import Listed, company_calendar, confirm_year, seed, set_day
from portal.kernel.db.unit import Database
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
    assert calendar.confirmed_until == date(2027, 12, 31)
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
    await admin.post("/calendar/week", {"day_5": "09:00-12:00", "day_6": "9:00至12:00"})
    assert await reached(database, "1 wd") == "2026-11-22 09:00"


async def test_trial_dates_far_from_our_time_are_refused_next_to_the_field(
    browser: NewBrowser,
) -> None:
    plain = await browser("plain")
    for year in ("0001-01-01", "9999-12-31"):
        page = await plain.get(f"/procedures/P06?received_at={year}T00:00")
        assert page.status_code == 422
        assert "field-error" in page.text
