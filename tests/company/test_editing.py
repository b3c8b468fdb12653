"""Changing a day and the week: two administrators at once, and days that are too far away."""

import asyncio
from datetime import date

import pytest

from portal.calendar.days import SHANGHAI, Kind
from portal.company.keeping import Listed, company_calendar, confirm_year, listed_days, set_day
from portal.kernel.db.unit import Database
from tests.company.support import bodies, version_at
from tests.people.support import NewBrowser
from tests.support.cast import system

DAY = date(2026, 12, 24)
PAGE, PATH = "/calendar/days?day=2026-12-24", "/calendar/days/2026-12-24"
WEEK = "/calendar/week"


async def of_day(database: Database) -> Listed | None:
    async with database.reading() as db:
        return (await listed_days(db, DAY.year)).get(DAY)


async def test_a_day_is_picked_changed_and_made_ordinary_again(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    form = {
        "version": await version_at(admin, PAGE),
        "kind": "working",
        "name": "补班",
        "like": "4",
    }
    assert (await admin.post(PATH, form)).headers["location"] == "/calendar?year=2026"
    assert await of_day(database) == Listed(DAY, Kind.WORKING, "补班", 4)
    page = await admin.get(PAGE)
    assert 'value="补班"' in page.text
    form = {"version": await version_at(admin, PAGE), "kind": "usual", "name": "", "like": "4"}
    assert (await admin.post(PATH, form)).status_code == 303
    assert await of_day(database) is None


async def test_what_is_wrong_stands_at_the_field_and_nothing_typed_is_lost(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    form = {"version": await version_at(admin, PAGE), "kind": "holiday", "name": "长" * 61}
    page = await admin.post(PATH, form)
    assert page.status_code == 422
    assert "长" * 61 in page.text
    assert await of_day(database) is None


async def test_a_day_that_somebody_else_changed_meanwhile_is_refused_with_both_sides(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    form = {
        "version": await version_at(admin, PAGE),
        "kind": "holiday",
        "name": "停工",
        "like": "0",
    }
    async with database.writing() as db:
        await set_day(db, system(), Listed(DAY, Kind.DAY_OFF, "盘点"), DAY)
    page = await admin.post(PATH, form)
    assert page.status_code == 409
    assert "盘点" in page.text
    assert "停工" in page.text
    assert await of_day(database) == Listed(DAY, Kind.DAY_OFF, "盘点")
    assert (await admin.post(PATH, {**form, "version": ""})).status_code == 409


async def test_an_import_of_the_year_makes_a_days_form_old_only_where_it_changed_the_day(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    form = {"version": await version_at(admin, PAGE), "kind": "holiday", "name": "停工"}
    async with database.writing() as db:
        await confirm_year(db, system(), 2026, [Listed(date(2026, 1, 1), Kind.HOLIDAY, "元旦")])
    assert (await admin.post(PATH, form)).status_code == 303


async def test_of_administrators_who_save_at_once_one_wins_and_the_others_see_it(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    version = await version_at(admin, PAGE)
    answers = await asyncio.gather(
        *(
            admin.post(PATH, {"version": version, "kind": "holiday", "name": name})
            for name in ("一", "二", "三")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409]
    assert len(await bodies(database, "calendar.day_set")) == 1


async def test_a_week_that_somebody_else_changed_meanwhile_is_refused_with_both_sides(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    version = await version_at(admin, WEEK)
    office = dict.fromkeys((f"day_{number}" for number in range(5)), "8:30至12:00，13:30-17:30")
    first = await admin.post(WEEK, {"version": version, **office, "day_5": "9:00-12:00"})
    assert first.status_code == 303
    page = await admin.post(WEEK, {"version": version, **office, "day_6": "10:00-11:00"})
    assert page.status_code == 409
    assert "09:00-12:00" in page.text
    assert "10:00-11:00" in page.text
    assert "08:30" not in page.text  # what is the same, however it was typed, is no difference
    async with database.reading() as db:
        week = (await company_calendar(db, SHANGHAI)).week
    assert [bool(spans) for spans in week] == [True] * 6 + [False]


@pytest.mark.parametrize("day", ["2025-01-01", "2031-12-31", ""])
async def test_a_day_within_reach_is_shown(browser: NewBrowser, day: str) -> None:
    admin = await browser("admin")
    assert (await admin.get(f"/calendar/days?day={day}" if day else "/calendar/days")).is_success


@pytest.mark.parametrize("day", ["2024-12-31", "2032-01-01", "0001-01-01", "9999-12-31", "x", ""])
async def test_a_day_out_of_reach_is_refused_at_the_field(browser: NewBrowser, day: str) -> None:
    admin = await browser("admin", language="en")
    page = await admin.get(f"/calendar/days?day={day}")
    assert page.status_code == 422
    assert "field-error" in page.text
    if day.startswith("20"):
        assert "Only days from last year to five years ahead can be changed." in page.text
    answer = await admin.post(f"/calendar/days/{day or 'x'}", {"kind": "holiday"})
    assert answer.status_code == 404


async def test_the_calendar_says_which_year_is_due(browser: NewBrowser, database: Database) -> None:
    admin = await browser("admin", language="en")
    said = "The holidays of 2027 are not in the calendar yet."
    assert said in (await admin.get("/calendar")).text
    async with database.writing() as db:
        await confirm_year(db, system(), 2027, [])
    assert said not in (await admin.get("/calendar")).text
