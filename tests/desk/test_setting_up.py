"""The desk of a new portal: what is still to be set up, until it is."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import delete, event, select, update

from portal.company.models import CalendarYear
from portal.desk.setting_up import lacking
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.people.employing import depart
from portal.people.models import (
    Department,
    Headship,
    Person,
    PersonRegion,
    PersonSkill,
    Region,
    RoleGrant,
    Skill,
)
from portal.people.roles import Role
from tests.people.support import NewBrowser, person
from tests.support.cast import NOON, system

TODAY = date(2026, 6, 1)


async def titles(database: Database, settings: Settings, today: date = TODAY) -> list[str]:
    async with database.reading() as db:
        return [one.title for one in await lacking(db, settings, today)]


@pytest.fixture
def whole(settings: Settings) -> Settings:
    """Settings of a server that lack nothing."""
    return replace(
        settings,
        company="某某农机有限公司",
        public_url="https://service.example.cn",
        smtp_url="smtp://mail.example.cn",
    )


async def give_head(database: Database) -> None:
    async with database.writing() as db:
        department = (await db.scalars(select(Department))).one()
        head = await person(db, "head")
        db.add(Headship(department_id=department.id, person_id=head.id, at=NOON))


async def empty(database: Database) -> None:
    """Only the administrator is left of what the cast has."""
    async with database.writing() as db:
        for table in (PersonSkill, PersonRegion, Skill, Region, CalendarYear):
            await db.execute(delete(table))
        await db.execute(delete(RoleGrant).where(RoleGrant.role != Role.ADMINISTRATOR))
        await db.execute(update(Person).values(department_id=None))
        await db.execute(delete(Department))


async def test_each_line_vanishes_when_it_is_done(database: Database, whole: Settings) -> None:
    assert await titles(database, whole) == ["Heads of departments"]
    await give_head(database)
    assert await titles(database, whole) == []


async def test_an_empty_portal_lacks_everything_in_order(
    database: Database, settings: Settings
) -> None:
    await empty(database)
    assert await titles(database, settings) == [
        "Departments",
        "People and their roles",
        "Regions",
        "Skills",
        "Holidays of the year",
        "The company's name",
        "The address of the portal",
        "Mail",
    ]


async def test_a_role_whose_only_holder_has_left_is_vacant(
    database: Database, whole: Settings
) -> None:
    await give_head(database)
    async with database.writing() as db:
        await depart(db, system(), await person(db, "dispatcher"))
    async with database.reading() as db:
        (line,) = await lacking(db, whole, TODAY)
    assert (line.href, line.names) == ("/people", ("Dispatcher",))


async def test_the_calendar_is_due_as_administrators_are_reminded_of_it(
    database: Database, whole: Settings
) -> None:
    await give_head(database)
    assert await titles(database, whole, date(2026, 10, 31)) == []
    async with database.reading() as db:
        (line,) = await lacking(db, whole, date(2026, 11, 1))
    assert line.href == "/calendar?year=2027"


async def test_it_is_asked_in_one_statement(database: Database, whole: Settings) -> None:
    asked: list[str] = []
    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    await titles(database, whole)
    assert sum("EXISTS" in one for one in asked) == len([one for one in asked if "SELECT" in one])
    assert sum("EXISTS" in one for one in asked) == 1


@pytest.mark.parametrize(
    ("language", "heading", "vacant"),
    [
        ("en", "Set up next", "Intake clerk, Dispatcher"),
        ("zh-CN", "接下来要设置", "接待员、派工员"),
    ],
)
async def test_administrators_find_it_on_their_desk_and_nobody_else_does(
    database: Database, browser: NewBrowser, language: str, heading: str, vacant: str
) -> None:
    assert heading not in (await (await browser("clerk", language)).get("/")).text
    await empty(database)
    text = (await (await browser("admin", language)).get("/")).text
    assert heading in text
    assert vacant in text
    for href in ("/departments", "/people", "/regions", "/skills", "/calendar?year=2026"):
        assert f'href="{href}"' in text[text.index(heading) :]
    assert "BIHUAN_COMPANY" in text
